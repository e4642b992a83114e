import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePart10Header } from '@leadglass/dicom';
import { type Association, collectDataSet, get, type RequestHandler } from '@leadglass/network';
import type { TestDevice } from './archive.ts';
import { CT_IMAGE_STORAGE, EXPLICIT_LITTLE_ENDIAN } from './instances.ts';
import { identifierBytes, type QueryKeys, type QueryLevel } from './queries.ts';
import { associate, TEST_IMPLEMENTATION } from './tls-client.ts';

export const STUDY_ROOT_GET = '1.2.840.10008.5.1.4.1.2.2.3';
/** Longer than any file of the corpus. */
const FETCHED_MAX_BYTES = 64 * 1024 * 1024;

/** An association for C-GET of CT images: this side is SCP of their storage (PS3.4 C.5.3). */
export function associateForGet(
  device: TestDevice,
  port: number,
  storage: readonly { sopClassUID: string; transferSyntaxUID: string }[] = [
    { sopClassUID: CT_IMAGE_STORAGE, transferSyntaxUID: EXPLICIT_LITTLE_ENDIAN },
  ],
): Promise<Association> {
  return associate(device, port, [
    { abstractSyntax: STUDY_ROOT_GET, transferSyntaxes: [EXPLICIT_LITTLE_ENDIAN] },
    ...storage.map(({ sopClassUID, transferSyntaxUID }) => ({
      abstractSyntax: sopClassUID,
      transferSyntaxes: [transferSyntaxUID],
      scuRole: false,
      scpRole: true,
    })),
  ]);
}

/** C-GET: SOPInstanceUID to the SHA-256 of the data set that came. */
export async function fetchSums(
  association: Association,
  level: QueryLevel,
  keys: QueryKeys,
): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  await fetch(association, level, keys, (request) => {
    const hash = createHash('sha256');
    return {
      keepsFragments: false,
      write: (fragment) => void hash.update(fragment),
      end: async () => {
        sums.set(request.command.affectedSOPInstanceUID ?? '', hash.digest('hex'));
        await request.respond({ status: 0 });
      },
      abort: () => undefined,
    };
  });
  return sums;
}

/** C-GET into files: SOPInstanceUID to the path of a Part 10 file with exactly the data set that came. */
export async function fetchFiles(
  association: Association,
  level: QueryLevel,
  keys: QueryKeys,
  folder: string,
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  await fetch(association, level, keys, (request) => {
    const { affectedSOPClassUID = '', affectedSOPInstanceUID = '' } = request.command;
    const header = writePart10Header({
      sopClassUID: affectedSOPClassUID,
      sopInstanceUID: affectedSOPInstanceUID,
      transferSyntaxUID: request.presentationContext.transferSyntax,
      ...TEST_IMPLEMENTATION,
    });
    return collectDataSet(FETCHED_MAX_BYTES, async (dataSet) => {
      const path = join(folder, `${affectedSOPInstanceUID}.dcm`);
      writeFileSync(path, Buffer.concat([header, dataSet]));
      paths.set(affectedSOPInstanceUID, path);
      await request.respond({ status: 0 });
    });
  });
  return paths;
}

async function fetch(
  association: Association,
  level: QueryLevel,
  keys: QueryKeys,
  onStore: RequestHandler,
): Promise<void> {
  const identifier = identifierBytes(level, keys);
  for await (const { failed = 0, status } of get(association, {
    sopClassUID: STUDY_ROOT_GET,
    identifier,
    onStore,
  })) {
    if (failed > 0) throw new Error(`C-GET: ${failed} failed, status ${status.toString(16)}`);
  }
}
