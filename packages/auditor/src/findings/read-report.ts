import { open } from 'node:fs/promises';
import { z } from 'zod';
import { ReportError } from './report-error.ts';
import { scanReportSchema } from './report-data.ts';
import type { ScanReport } from './report-data.ts';

/** Largest `findings.json` that is read. 2,300 systems with all checks take some 40 MB; a string ends near 512 MB. */
export const reportBytesMax = 256 * 1024 * 1024;

/**
 * Reads a `findings.json`, which may have come by mail from anybody.
 * @throws ReportError TOO_LARGE, NOT_READABLE, NOT_A_SCAN_REPORT, UNSUPPORTED_VERSION, DUPLICATE_SYSTEM
 */
export async function readScanReport(path: string, bytesMax = reportBytesMax): Promise<ScanReport> {
  return parseScanReport(await readBounded(path, bytesMax), bytesMax);
}

/** Reads one byte more than allowed at most, whatever the file says its size is: it may be a pipe, or growing. */
async function readBounded(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      const bytes = chunk as Uint8Array;
      length += bytes.length;
      if (length > bytesMax) throw tooLarge(bytesMax);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks, length);
  } finally {
    await file.close();
  }
}

/** The same for bytes that are here already. */
export function parseScanReport(bytes: Uint8Array, bytesMax = reportBytesMax): ScanReport {
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  const value = parseJSON(bytes);
  const head = formatSchema.safeParse(value);
  if (!head.success) {
    throw new ReportError('NOT_A_SCAN_REPORT', 'this is not a scan report: its format is another or absent');
  }
  if (head.data.version !== 1) {
    throw new ReportError('UNSUPPORTED_VERSION', 'this scan report has another version than 1');
  }
  const parsed = scanReportSchema.safeParse(value);
  if (!parsed.success) throw notAScanReport(parsed.error);
  refuseDuplicates(parsed.data);
  return parsed.data;
}

const formatSchema = z.looseObject({ format: z.literal('leadglass-auditor-scan'), version: z.int() });

function parseJSON(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ReportError('NOT_READABLE', 'this is not JSON in UTF-8');
  }
}

function tooLarge(bytesMax: number): ReportError {
  return new ReportError('TOO_LARGE', `a scan report of more than ${bytesMax} bytes is not read`);
}

/** How many characters of a hostile file's own key names an error repeats; odd ones could drive a terminal. */
const placeLengthMax = 120;

function notAScanReport(error: z.ZodError): ReportError {
  const issue = error.issues[0];
  const place = (issue?.path ?? [])
    .join('.')
    .replace(/[^\w.-]/g, '?')
    .slice(0, placeLengthMax);
  // The codes say what is wrong without repeating what stands there.
  const problem = issue === undefined ? 'invalid' : (problems[issue.code] ?? 'invalid');
  return new ReportError(
    'NOT_A_SCAN_REPORT',
    `scan report, at ${place === '' ? 'the top' : place}: ${problem}`,
  );
}

const problems: Readonly<Record<string, string>> = {
  invalid_type: 'missing, or of another type',
  too_big: 'too large',
  too_small: 'too small',
  invalid_format: 'not in the right form',
  unrecognized_keys: 'a field that is not known',
  invalid_value: 'not one of the values known',
  invalid_union: 'of another type',
};

/** Two records of one address would count it twice. */
function refuseDuplicates({ systems }: ScanReport): void {
  const seen = new Set<string>();
  for (const [index, { address }] of systems.entries()) {
    if (seen.has(address)) {
      throw new ReportError(
        'DUPLICATE_SYSTEM',
        `scan report, at systems.${index}: an address is there twice`,
      );
    }
    seen.add(address);
  }
}
