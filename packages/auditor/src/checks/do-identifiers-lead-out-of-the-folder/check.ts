import { Tag } from '@leadglass/dicom';
import type { FileCheck, TextElement } from '../../files/file-check.ts';
import { meta } from './meta.ts';

/** '..' as a component, a drive, a share, the root, or the same in percent encoding. */
const traversal = /(?:^|[\\/])\.\.(?:[\\/]|$)|%2e%2e(?:%2f|%5c|[\\/])|\.\.%(?:2f|5c)/i;
const absolute =
  /^\s*(?:[a-z]:[\\/]|\\\\[\w.]|\/(?:etc|usr|var|tmp|home|root|opt|bin|dev|proc|windows)(?:\/|$)|~\/|file:)/i;

/** Attributes that software makes file and folder names of. */
const identifiers: ReadonlySet<number> = new Set([
  Tag.PatientID,
  Tag.IssuerOfPatientID,
  Tag.PatientName,
  Tag.StudyID,
  Tag.AccessionNumber,
  Tag.SeriesDescription,
  Tag.StudyDescription,
  Tag.ProtocolName,
  Tag.InstanceNumber,
  Tag.SeriesNumber,
  Tag.Modality,
  Tag.FileSetID,
  Tag.FileSetDescriptorFileID,
  Tag.DocumentTitle,
]);

/** P06: identifiers that are paths (CWE-22). */
export const check: FileCheck = {
  meta,
  visit(_file, notes) {
    return {
      text(element) {
        const kind = kindOf(element);
        if (kind !== undefined) notes.expose(kind);
      },
    };
  },
};

function kindOf(element: TextElement): string | undefined {
  const { tag, vr, text } = element;
  if (vr === 'UI') return /[/]|\.\./.test(text) || isPath(text) ? 'path-in-uid' : undefined;
  if (tag === Tag.ReferencedFileID || tag === Tag.FileSetDescriptorFileID) return fileID(text);
  if (identifiers.has(tag) || vr === 'AE') return isPath(text) ? 'path-in-identifier' : undefined;
  return undefined;
}

function isPath(text: string): boolean {
  return traversal.test(text) || absolute.test(text);
}

/** Components of a File ID are separated by backslashes and hold capitals, digits and underscores (PS3.10 8.2). */
function fileID(text: string): string | undefined {
  const components = text.split('\\');
  if (components.some((component) => component.trim() === '..') || isPath(text)) return 'path-in-file-id';
  return components.some((component) => component.includes('/')) ? 'separator-in-file-id' : undefined;
}
