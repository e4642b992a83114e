import { Tag } from '@leadglass/dicom';
import type { DataSet, VR } from '@leadglass/dicom';
import type { FileCheck } from '../../files/file-check.ts';
import { meta } from './meta.ts';
import { nationalNumbers } from './patterns.ts';

/** VRs that people type into. */
const typed: ReadonlySet<VR> = new Set<VR>(['PN', 'LO', 'SH', 'LT', 'ST', 'UT', 'UC', 'UN']);

/** Every such number has two digits together and seven signs more, of digits, letters and what separates them. */
const long = /\d\d[\d .+\w-]{5}/;

const freeText: ReadonlySet<VR> = new Set<VR>(['LT', 'ST', 'UT']);

/** Groups of attributes of patient and visit (PS3.6). */
const personalGroups: ReadonlySet<number> = new Set([0x0010, 0x0038]);

/** A nine-digit number is anybody's, unless it is said to be a social security number. */
const declared = /\b(?:ssn|ss#|social security|soc\.? ?sec)\b/i;
const nineDigits = /(?<!\d)(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}(?!\d)/;

/** P11: numbers of citizens, by country. Counted, never kept. */
export const check: FileCheck = {
  meta,
  visit({ dataSet }, notes) {
    if (dataSet !== undefined && isDeclared(dataSet)) notes.expose('us-ssn');
    return {
      text({ tag, text, vr }) {
        if (!typed.has(vr) || !long.test(text)) return;
        const isPersonal = vr === 'PN' || freeText.has(vr) || personalGroups.has(Math.floor(tag / 0x10000));
        for (const { kind, pattern, isValid, isBare } of nationalNumbers) {
          if (isBare === true && !isPersonal) continue;
          for (const [match] of text.matchAll(pattern)) {
            if (isValid(match.replace(/[^0-9A-Za-z]/g, '').toUpperCase())) notes.expose(kind);
          }
        }
        if (declared.test(text) && nineDigits.test(text)) notes.expose('us-ssn');
      },
    };
  },
};

/** An identifier whose issuer is the social security administration (PS3.3 Table C.2-1). */
function isDeclared(dataSet: DataSet): boolean {
  return [dataSet, ...dataSet.items(Tag.OtherPatientIDsSequence)].some(
    (item) =>
      declared.test(item.string(Tag.IssuerOfPatientID) ?? '') &&
      nineDigits.test(item.string(Tag.PatientID) ?? ''),
  );
}
