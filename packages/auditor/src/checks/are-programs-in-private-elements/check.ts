import { dictionaryEntry, Tag } from '@leadglass/dicom';
import type { FileCheck, ValueElement } from '../../files/file-check.ts';
import {
  entropyBitsPerByte,
  isELF,
  isPortableExecutable,
  programKinds,
  signatureAt,
} from '../../files/signatures.ts';
import type { SignatureKind } from '../../files/signatures.ts';
import { meta } from './meta.ts';

/** Compressed and encrypted bytes come near 8; below this many bytes a high figure is chance. */
const entropyHighBits = 7.8;
const entropyMatters = 2_048;

/** Compressed blocks that vendors document: (0025,xx1B) is the Protocol Data Block of GE, a gzip stream. */
function isVendorsOwn(element: ValueElement, kind: SignatureKind): boolean {
  return kind === 'gzip' && /^GEMS_/.test(element.privateCreator);
}

/** P05: programs and archives in private and unknown values, in padding, and behind the data set. */
export const check: FileCheck = {
  meta,
  visit({ trailing }, notes) {
    const look = (bytes: Uint8Array, place: string, element?: ValueElement): void => {
      const program = findProgram(bytes);
      const kind = program ?? signatureAt(bytes);
      if (program !== undefined) notes.expose(`${program}-${place}`);
      else if (kind !== undefined && !programKinds.has(kind)) {
        if (element !== undefined && isVendorsOwn(element, kind)) notes.count('vendor-archive');
        else if (kind === 'pdf') notes.count(`pdf-${place}`);
        else notes.expose(`${kind}-${place}`);
      } else if (bytes.length >= entropyMatters && entropyBitsPerByte(bytes) >= entropyHighBits) {
        notes.count('high-entropy');
      }
    };
    if (trailing !== undefined) {
      notes.count('bytes-behind-data-set');
      look(trailing, 'behind-data-set');
    }
    return {
      value(element) {
        const { tag } = element;
        const isPadding = tag === Tag.DataSetTrailingPadding;
        const isMeta = tag === Tag.PrivateInformation;
        const isUnknown = dictionaryEntry(tag) === undefined;
        if (!element.isPrivate && !isPadding && !isMeta && !isUnknown) return;
        const place = element.isPrivate
          ? 'in-private-element'
          : isPadding
            ? 'in-padding'
            : 'in-unknown-element';
        look(element.prefix, place, element);
      },
    };
  },
};

/** A program at the start, or behind a header of the one who hid it. */
function findProgram(bytes: Uint8Array): SignatureKind | undefined {
  const first = signatureAt(bytes);
  if (first === 'script' || first === 'shortcut' || first === 'java-class') return first;
  if (first === 'mach-o' && bytes.length >= machHeaderBytes) return first;
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = found.indexOf('MZ'); at >= 0; at = found.indexOf('MZ', at + 1)) {
    if (isPortableExecutable(bytes, at)) return 'pe';
  }
  for (
    let at = found.indexOf('\x7fELF', 0, 'latin1');
    at >= 0;
    at = found.indexOf('\x7fELF', at + 1, 'latin1')
  ) {
    if (isELF(bytes, at)) return 'elf';
  }
  return undefined;
}

const machHeaderBytes = 28;
