import { parse as parseTOML } from 'smol-toml';
import { z } from 'zod';
import { ReportError } from './report-error.ts';
import { compareText } from './exposure-table.ts';
import { isOpen } from './access-class.ts';
import type { ScanReport } from './report-data.ts';

/** What is known of one owner's reaction. Dates are days, as people write them. */
export interface FollowUpEntry {
  readonly owner: string;
  /** YYYY-MM-DD */
  readonly notified?: string;
  readonly answered?: string;
  /** As told by the owner; the next run says whether it is so. */
  readonly fixed?: string;
}

/** Table T6, one row. */
export interface FollowUpRow {
  readonly owner: string;
  /** Systems of this owner that are open now. */
  readonly openSystems: number;
  readonly notified: string | undefined;
  readonly answered: string | undefined;
  readonly fixed: string | undefined;
  /** The owner said fixed, and this run found it open. */
  readonly isContradicted: boolean;
}

export interface FollowUpTable {
  readonly rows: readonly FollowUpRow[];
  readonly owners: number;
  readonly notified: number;
  readonly answered: number;
  readonly fixed: number;
}

/** Largest follow-up file: 10,000 owners with four lines each stay well below it. */
export const followUpBytesMax = 4 * 1024 * 1024;
const ownerCountMax = 100_000;

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date written YYYY-MM-DD');
const followUpSchema = z.strictObject({
  owner: z
    .array(
      z.strictObject({
        owner: z.string().min(1).max(2048),
        notified: day.exactOptional(),
        answered: day.exactOptional(),
        fixed: day.exactOptional(),
      }),
    )
    .max(ownerCountMax),
});

/**
 * Reads a follow-up file: TOML with one `[[owner]]` for each, or the same as JSON (`{"owner": [...]}`).
 * @throws ReportError TOO_LARGE, NOT_READABLE (neither TOML nor JSON), NOT_A_FOLLOW_UP
 */
export function parseFollowUp(content: string): FollowUpEntry[] {
  if (content.length > followUpBytesMax) {
    throw new ReportError('TOO_LARGE', `the follow-up file is larger than ${followUpBytesMax} characters`);
  }
  const parsed = followUpSchema.safeParse(plainDates(parseEither(content)));
  if (parsed.success) return parsed.data.owner;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new ReportError('NOT_A_FOLLOW_UP', `the follow-up file, at ${where}: ${issue?.message ?? 'invalid'}`);
}

function parseEither(content: string): unknown {
  try {
    return content.trimStart().startsWith('{') ? JSON.parse(content) : parseTOML(content);
  } catch {
    throw new ReportError('NOT_READABLE', 'the follow-up file is neither TOML nor JSON');
  }
}

/** TOML has dates of its own, which are written without quotes. */
function plainDates(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (Array.isArray(value)) return value.map(plainDates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainDates(inner)]));
}

/** T6: every owner with something open, and every owner in the follow-up file. */
export function followUpTable(report: ScanReport, entries: readonly FollowUpEntry[] = []): FollowUpTable {
  const open = new Map<string, number>();
  for (const system of report.systems) {
    if (isOpen(system)) open.set(system.owner, (open.get(system.owner) ?? 0) + 1);
  }
  const known = new Map(entries.map((entry) => [entry.owner, entry]));
  const rows = [...new Set([...open.keys(), ...known.keys()])]
    .map((owner): FollowUpRow => {
      const entry = known.get(owner);
      const openSystems = open.get(owner) ?? 0;
      return {
        owner,
        openSystems,
        notified: entry?.notified,
        answered: entry?.answered,
        fixed: entry?.fixed,
        isContradicted: isContradicted(entry?.fixed, openSystems, report.started),
      };
    })
    .sort((a, b) => b.openSystems - a.openSystems || compareText(a.owner, b.owner));
  const having = (field: 'notified' | 'answered' | 'fixed'): number =>
    rows.filter((row) => row[field] !== undefined).length;
  return {
    rows,
    owners: rows.length,
    notified: having('notified'),
    answered: having('answered'),
    fixed: having('fixed'),
  };
}

/** A fix of the same day may have come after the run. */
function isContradicted(fixed: string | undefined, openSystems: number, started: string): boolean {
  return fixed !== undefined && openSystems > 0 && fixed < started.slice(0, 10);
}
