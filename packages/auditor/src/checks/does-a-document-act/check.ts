import { Tag } from '@leadglass/dicom';
import type { FileCheck } from '../../files/file-check.ts';
import { meta } from './meta.ts';

/** P04: active content of an encapsulated document (PS3.3 C.24.2). The scan is done while the file is read. */
export const check: FileCheck = {
  meta,
  visit({ document, dataSet }, notes) {
    if (document === undefined) {
      if (dataSet?.has(Tag.EncapsulatedDocument) === true) notes.count('not-scanned');
      return undefined;
    }
    notes.count('documents');
    for (const kind of document.activeContent) notes.expose(kind);
    // What an encrypted document does is known to nobody who lacks the password.
    if (document.encrypted) notes.count('pdf-encrypted');
    return undefined;
  },
};
