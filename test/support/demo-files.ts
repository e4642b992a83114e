import { Tag, writePart10Header } from '@leadglass/dicom';
import { type DemoInstance, demoInstances } from '../../packages/server/src/demo/index.ts';
import { multipart, type WebClient } from './web-client.ts';

/** Files in one STOW-RS request. */
const FILES_AT_ONCE = 16;

/** The first `patients` of the demo, each instance as a Part 10 file. The first one has a CT with reports, a PDF and a segmentation. */
export function demoFiles(patients: number): { instance: DemoInstance; file: Buffer }[] {
  return Array.from(demoInstances({ patients }), (instance) => ({ instance, file: demoFile(instance) }));
}

function demoFile({ sopClassUID, sopInstanceUID, transferSyntaxUID, dataSet }: DemoInstance): Buffer {
  const about = { sopClassUID, sopInstanceUID, transferSyntaxUID, implementationClassUID: '2.25.9' };
  return Buffer.concat([writePart10Header(about), dataSet]);
}

/** STOW-RS; throws when anything was not stored. */
export async function storeFiles(client: WebClient, files: readonly Uint8Array[]): Promise<void> {
  for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
    const parts = files.slice(at, at + FILES_AT_ONCE).map((body) => ({ type: 'application/dicom', body }));
    const answer = await client.ask('/dicom-web/studies', { method: 'POST', ...multipart(parts) });
    const report = answer.body.toString('utf8');
    if (answer.status !== 200) throw new Error(`STOW-RS answered ${answer.status}: ${report.slice(0, 500)}`);
  }
}

/** Value of one tag in DICOM JSON, as a key: 8 capital hexadecimal digits. */
export const jsonKey = (tag: number): string => tag.toString(16).toUpperCase().padStart(8, '0');

export const PIXEL_DATA_KEY = jsonKey(Tag.PixelData);
