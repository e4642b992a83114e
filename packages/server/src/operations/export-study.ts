import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePart10Header } from '@leadglass/dicom';
import type { InstanceRecord } from '../archive/index/index.ts';
import { ReadFailed } from '../archive/packs/pack-reader.ts';
import type { Caller } from './caller.ts';
import type { Workplace } from './operation.ts';
import { retrieve, type RetrieveCounts } from './retrieve.ts';

/** Who wrote the files (PS3.10 7.1, Implementation Class UID). */
export interface Exporter {
  implementationClassUID: string;
  implementationVersionName: string;
}

/**
 * Writes a study as files, one folder a series: DIR/<series>/<instance>.dcm. Names are UIDs, which hold
 * digits and dots only; a file that exists is never written over.
 */
export async function exportStudy(
  workplace: Workplace,
  caller: Caller,
  studyInstanceUID: string,
  folder: string,
  exporter: Exporter,
  onProgress?: (done: number, total: number) => void,
): Promise<RetrieveCounts> {
  const selection = { studyInstanceUIDs: [studyInstanceUID] };
  return retrieve(workplace, 'export', caller, selection, {}, async (retrieval) => {
    const counts = { completed: 0, failed: 0, warning: 0, cancelled: false };
    for (const record of retrieval.instances()) {
      const dataSet = retrieval.read(record);
      const written = dataSet !== undefined && (await writeInstance(record, dataSet, folder, exporter));
      if (written) counts.completed++;
      else counts.failed++;
      onProgress?.(counts.completed + counts.failed, retrieval.total);
    }
    return counts;
  });
}

/** False: it could not be read to its end, and no file is left of it. Whatever else goes wrong is thrown. */
async function writeInstance(
  record: InstanceRecord,
  dataSet: AsyncIterable<Uint8Array>,
  folder: string,
  exporter: Exporter,
): Promise<boolean> {
  const seriesFolder = join(folder, record.seriesInstanceUID);
  await mkdir(seriesFolder, { recursive: true, mode: 0o700 });
  const path = join(seriesFolder, `${record.sopInstanceUID}.dcm`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(
      writePart10Header({
        sopClassUID: record.sopClassUID,
        sopInstanceUID: record.sopInstanceUID,
        transferSyntaxUID: record.transferSyntaxUID,
        ...exporter,
      }),
    );
    for await (const chunk of dataSet) await file.writeFile(chunk);
    return true;
  } catch (error) {
    // Half an image must not be taken for a whole one.
    await rm(path, { force: true });
    if (error instanceof ReadFailed) return false;
    throw error;
  } finally {
    await file.close();
  }
}
