import {
  dictionaryEntry,
  type DicomJson,
  type DicomJsonAttribute,
  type DicomJsonValue,
} from '@leadglass/dicom';

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
/** PS3.5 6.2.1.1, in this order. */
const COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'] as const;

/** A data set in the Native DICOM Model (PS3.19 A.1) from its JSON form. */
export function dicomXML(dataSet: DicomJson): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">${elements(dataSet)}</NativeDicomModel>`
  );
}

function elements(dataSet: DicomJson): string {
  return Object.entries(dataSet)
    .map(([tag, attribute]) => element(tag, attribute))
    .join('');
}

function element(tag: string, { vr, Value, InlineBinary, BulkDataURI }: DicomJsonAttribute): string {
  const keyword = dictionaryEntry(Number.parseInt(tag, 16))?.keyword;
  const name = keyword === undefined || keyword === '' ? '' : ` keyword="${keyword}"`;
  const values = Value?.map((value, index) => valueElement(vr, value, index + 1)) ?? [];
  if (InlineBinary !== undefined) values.push(`<InlineBinary>${InlineBinary}</InlineBinary>`);
  if (BulkDataURI !== undefined) values.push(`<BulkData uri="${escaped(BulkDataURI)}"/>`);
  return `<DicomAttribute tag="${tag}" vr="${vr}"${name}>${values.join('')}</DicomAttribute>`;
}

function valueElement(vr: string, value: DicomJsonValue, number: number): string {
  if (vr === 'SQ') return `<Item number="${number}">${elements((value ?? {}) as DicomJson)}</Item>`;
  if (vr === 'PN') return `<PersonName number="${number}">${personName(value)}</PersonName>`;
  return `<Value number="${number}">${value === null ? '' : escaped(String(value))}</Value>`;
}

function personName(value: DicomJsonValue): string {
  if (typeof value !== 'object' || value === null) return '';
  return GROUPS.map((group) => {
    const text: unknown = (value as Readonly<Record<string, unknown>>)[group];
    if (typeof text !== 'string' || text === '') return '';
    const parts = text.split('^').slice(0, COMPONENTS.length);
    const named = parts.map((part, index) => {
      const name = COMPONENTS[index] ?? '';
      return part === '' ? '' : `<${name}>${escaped(part)}</${name}>`;
    });
    return `<${group}>${named.join('')}</${group}>`;
  }).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no way to write most control characters: they become the replacement character. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
