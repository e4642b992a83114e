import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10Header, transferSyntax } from '@leadglass/dicom';
import { runTool } from './tools.ts';

/** Tools of DCMTK at the same time: one for each core of a small machine. */
const AT_ONCE = 2;

/** What DCMTK makes of a file; undefined where it fails. */
export interface Reading {
  /** Lines of `dcmdump` for the data set: tags, VRs, values as far as a line goes, lengths. */
  readonly dump: string | undefined;
  /** DICOM JSON of `dcm2json`, every value in full. The Pixel Data is left out where it is encapsulated. */
  readonly json: unknown;
}

/** How DCMTK reads these files, in their order. `folder` takes the copies that dcm2json needs. */
export async function readingsOf(files: readonly string[], folder: string): Promise<Reading[]> {
  const readings: Reading[] = [];
  const numbers = files.entries();
  const work = async (): Promise<void> => {
    for (const [number, file] of numbers) {
      readings[number] = {
        dump: await dumpOf(file),
        json: await jsonOf(file, join(folder, `${number}.dcm`)),
      };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return readings;
}

async function dumpOf(file: string): Promise<string | undefined> {
  const { code, stdout } = await runTool('dcmdump', ['-q', file]);
  const start = stdout.indexOf('# Dicom-Data-Set');
  return code === 0 && start >= 0 ? stdout.slice(start) : undefined;
}

async function jsonOf(file: string, copy: string): Promise<unknown> {
  const { transferSyntaxUID } = readPart10Header(new Uint8Array(readFileSync(file)));
  let path = file;
  if (transferSyntax(transferSyntaxUID)?.encapsulated !== false) {
    // dcm2json refuses encapsulated Pixel Data, in items of sequences (icons) as well.
    copyFileSync(file, copy);
    await runTool('dcmodify', ['-q', '-nb', '-ie', '-imt', '-ea', '(7fe0,0010)', copy]);
    path = copy;
  }
  const { code, stdout } = await runTool('dcm2json', ['-q', '-ee', '-fc', path]);
  if (code !== 0) return undefined;
  const json = JSON.parse(stdout) as Record<string, unknown>;
  // Data Set Trailing Padding (PS3.10 7.2) is no attribute: DCMTK leaves it out when it writes a data set anew.
  delete json['FFFCFFFC'];
  return json;
}

/** A dump without what a program may write anew: lengths, group lengths, padding (PS3.5 7.2, 7.5, 7.1.1). */
export function valuesOf(dump = ''): string[] {
  return dump
    .split('\n')
    .filter((line) => !/^ *\((?:....,0000|fffc,fffc|fffe,e0..)\)/.test(line))
    .map((line) => line.replace(/\(Sequence with .*\)/, 'Sequence').replace(/ +# .*$/, ''));
}
