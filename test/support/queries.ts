import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DataSet,
  Tag,
  transferSyntax,
  TransferSyntaxUID,
  writeDataSet,
  writePart10Header,
} from '@leadglass/dicom';

export type QueryLevel = 'PATIENT' | 'STUDY' | 'SERIES' | 'IMAGE';

/** Keys of a query by keyword; an empty text asks for the value, a list is a list of UIDs. */
export type QueryKeys = Readonly<Record<string, string | readonly string[]>>;

/** An identifier of C-FIND, C-MOVE or C-GET (PS3.4 C.4). */
export function identifierOf(level: QueryLevel, keys: QueryKeys): DataSet {
  const identifier = new DataSet();
  identifier.set(Tag.QueryRetrieveLevel, level);
  for (const [keyword, value] of Object.entries(keys)) {
    const tag = Object.entries(Tag).find(([name]) => name === keyword)?.[1];
    if (tag === undefined) throw new Error(`no attribute has the keyword ${keyword}`);
    identifier.set(tag, typeof value === 'string' ? value : [...value]);
  }
  return identifier;
}

/** The identifier in explicit VR little endian. */
export function identifierBytes(level: QueryLevel, keys: QueryKeys): Uint8Array {
  return writeDataSet(identifierOf(level, keys), explicitLittleEndian());
}

/** The same as a file, as findscu, movescu and getscu read them: many queries then go over one association. */
export function writeQueryFile(folder: string, name: string, level: QueryLevel, keys: QueryKeys): string {
  const file = join(folder, `${name}.dcm`);
  const header = writePart10Header({
    sopClassUID: '1.2.840.10008.5.1.4.1.2.2.1',
    sopInstanceUID: '2.25.1',
    transferSyntaxUID: TransferSyntaxUID.ExplicitVRLittleEndian,
    implementationClassUID: '2.25.293478562039485729384756203948572',
  });
  writeFileSync(file, Buffer.concat([header, identifierBytes(level, keys)]));
  return file;
}

function explicitLittleEndian() {
  const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);
  if (syntax === undefined) throw new Error('explicit VR little endian is always known');
  return syntax;
}

/** All values of an attribute in the responses that findscu -v printed, padding removed. */
export function printedValues(output: string, tag: string): string[] {
  const blocks = output.split(/^(?=I: (?:Find Response|Request Identifiers|Sending Find Request|Received))/m);
  const responses = blocks
    .filter((block) => /^I: (?:Find Response|Response Identifiers|Received)/.test(block))
    .join('');
  const pattern = new RegExp(`^I: \\(${tag}\\) \\w\\w (?:\\[(.*)\\]|\\(no value available\\)|=(\\S+))`, 'gm');
  return [...responses.matchAll(pattern)].map(([, text, name]) =>
    (text ?? name ?? '').replace(/[\0 ]+$/, ''),
  );
}
