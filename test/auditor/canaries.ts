import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A patient nobody has: whoever repeats a part of it has read what must not be read. */
export const CANARY = {
  name: 'Zephyrinecanary^Quillon',
  patientID: 'CANARYID-77Q4',
  birthDate: '19031117',
  studyDate: '20060229',
  accessionNumber: 'CANARYACC0815',
} as const;

/** Parts that are looked for: long enough that chance does not make them. */
const NEEDLES = ['Zephyrinecanary', 'Quillon', 'CANARYID', 'CANARYACC', '19031117', '1903-11-17', '20060229'];

/** Each part as it may be written: plain, two bytes a character, in hexadecimal, in Base64 at each of its offsets. */
const FORMS: readonly (readonly [needle: string, bytes: Buffer])[] = NEEDLES.flatMap((needle) => {
  const plain = Buffer.from(needle, 'latin1');
  return [
    [needle, plain],
    [`${needle} as UTF-16`, Buffer.from(needle, 'utf16le')],
    [`${needle} in hexadecimal`, Buffer.from(plain.toString('hex'))],
    ...[0, 1, 2].map((offset): [string, Buffer] => [`${needle} in Base64`, base64Core(plain, offset)]),
  ];
});

/** What Base64 of a text contains that holds these bytes at an offset, whatever stands around them. */
function base64Core(bytes: Buffer, offset: number): Buffer {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  return Buffer.from(
    text.slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === 0 && offset === 0 ? undefined : -1),
  );
}

/** Parts of the canary in some bytes. */
export function canariesIn(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return FORMS.filter(([, form]) => buffer.includes(form)).map(([needle]) => needle);
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** 'path: part' for every canary in a file or a file's name below these folders. */
export function canariesBelow(folders: readonly string[]): string[] {
  return folders.flatMap(filesBelow).flatMap((path) => {
    const found = [...canariesIn(readFileSync(path)), ...canariesIn(Buffer.from(path))];
    return found.map((needle) => `${path}: ${needle}`);
  });
}
