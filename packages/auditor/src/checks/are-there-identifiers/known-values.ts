import { Tag } from '@leadglass/dicom';
import type { DataSet } from '@leadglass/dicom';
import { isStandIn } from './identifying-attributes.ts';

/** Shorter parts of names are words of a report as often as names. */
const namePartLengthMin = 3;
/** Shorter identifiers are numbers that come by chance. */
const identifierLengthMin = 5;
/** Parts that are searched for: a name has some five, and a hostile file could have thousands. */
const valueCountMax = 24;
const valueLengthMax = 64;

/** A kind and how to find it in a text. No pattern is made of values: its errors would quote them. */
export interface KnownValue {
  readonly kind: 'name' | 'id' | 'birth-date';
  /** Whether one of them stands in the text as a word or number of its own. */
  isIn(lowerCaseText: string): boolean;
}

const names = [Tag.PatientName, Tag.OtherPatientNames, Tag.PatientBirthName, Tag.PatientMotherBirthName];
const identifiers = [Tag.PatientID, Tag.OtherPatientIDs, Tag.AccessionNumber];

/** What the file itself says of its patient: found again elsewhere, it is an identifier there too. */
export function knownValues(dataSet: DataSet): KnownValue[] {
  const parts = names.flatMap((tag) => dataSet.strings(tag)).flatMap(nameParts);
  const numbers = identifiers.flatMap((tag) => dataSet.strings(tag)).filter(isIdentifier);
  const births = dataSet.strings(Tag.PatientBirthDate).flatMap(dateForms);
  return [...knownValue('name', parts), ...knownValue('id', numbers), ...knownValue('birth-date', births)];
}

function knownValue(kind: KnownValue['kind'], values: readonly string[]): KnownValue[] {
  const searched = [...new Set(values.map((value) => value.toLowerCase()))]
    .filter((value) => value.length <= valueLengthMax)
    .slice(0, valueCountMax);
  if (searched.length === 0) return [];
  return [{ kind, isIn: (text) => searched.some((value) => standsIn(text, value)) }];
}

/** Whether a value is in a text, with neither letter nor digit beside it, which would make it another word. */
function standsIn(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    if (!isWordSign(text[at - 1]) && !isWordSign(text[at + value.length])) return true;
  }
  return false;
}

function isWordSign(sign: string | undefined): boolean {
  return sign !== undefined && /[\p{L}\d]/u.test(sign);
}

function nameParts(name: string): string[] {
  return name
    .split(/[\^=,\s]+/)
    .filter(
      (part) => part.length >= namePartLengthMin && /^\p{L}[\p{L}'-]*$/u.test(part) && !isStandIn(part),
    );
}

function isIdentifier(value: string): boolean {
  return value.length >= identifierLengthMin && !isStandIn(value) && /\d/.test(value);
}

/** A DA value (PS3.5 Table 6.2-1) as people write dates. */
function dateForms(date: string): string[] {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(date) ?? [];
  if (year === undefined || month === undefined || day === undefined || isStandIn(date)) return [];
  const short = (digits: string): string => digits.replace(/^0/, '');
  const forms = [date, `${year}-${month}-${day}`];
  for (const between of ['.', '/', '-']) {
    forms.push([day, month, year].join(between), [month, day, year].join(between));
    forms.push(
      [short(day), short(month), year].join(between),
      [short(month), short(day), year].join(between),
    );
  }
  return forms;
}
