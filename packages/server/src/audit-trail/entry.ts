export type TrailOutcome = 'success' | 'refused' | 'failed' | 'pending';

/** One thing that happened, or was refused. Texts from outside are clipped, never a reason not to record. */
export interface TrailEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly verb: string;
  readonly outcome: TrailOutcome;
  readonly principal: { readonly kind: string; readonly id: string; readonly via: string };
  readonly peer?: { readonly address: string; readonly port: number };
  readonly subject?: {
    readonly patientID?: string;
    readonly studyInstanceUID?: string;
    readonly seriesInstanceUID?: string;
    readonly sopInstanceUID?: string;
    readonly sopClassUID?: string;
    readonly count?: number;
  };
  readonly reason?: string;
  readonly detail?: Readonly<Record<string, string | number>>;
}

/** Longest text kept of one field: a UID has 64 characters, a PatientID 64 (PS3.5 Table 6.2-1). */
export const TRAIL_TEXT_LENGTH_MAX = 256;
/** Facts in `detail`: an entry is a record of an act, not a store for data. */
export const TRAIL_DETAIL_COUNT_MAX = 16;
/** The longest plain entry the limits above allow, with JSON's escaping at its worst (6 bytes a character). */
export const TRAIL_ENTRY_LENGTH_MAX = 64 * 1024;

/**
 * The entry as UTF-8 JSON within the limits. Hostile lengths are cut (the record must be made whatever a
 * stranger sends), so that no input can keep its own refusal out of the trail.
 */
export function encodeEntry(entry: TrailEntry): Buffer {
  return Buffer.from(JSON.stringify(needsClipping(entry) ? clipEntry(entry) : entry), 'utf8');
}

/** @throws SyntaxError for bytes that were never an entry; they are authenticated before they come here */
export function decodeEntry(bytes: Uint8Array): TrailEntry {
  return JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  ) as TrailEntry;
}

/** The common entry is short and goes through untouched: one pass over its fields decides. */
function needsClipping(entry: TrailEntry): boolean {
  const { principal, peer, subject, detail } = entry;
  if (tooLong(entry.verb) || tooLong(entry.reason)) return true;
  if (tooLong(principal.kind) || tooLong(principal.id) || tooLong(principal.via) || tooLong(peer?.address))
    return true;
  if (subject !== undefined && Object.values(subject).some(tooLong)) return true;
  if (detail === undefined) return false;
  const facts = Object.entries(detail);
  return (
    facts.length > TRAIL_DETAIL_COUNT_MAX || facts.some(([key, value]) => tooLong(key) || tooLong(value))
  );
}

function tooLong(value: unknown): boolean {
  return typeof value === 'string' && value.length > TRAIL_TEXT_LENGTH_MAX;
}

function clipEntry(entry: TrailEntry): TrailEntry {
  const { principal, peer, subject, reason, detail } = entry;
  return {
    at: entry.at,
    verb: clip(entry.verb),
    outcome: entry.outcome,
    principal: { kind: clip(principal.kind), id: clip(principal.id), via: clip(principal.via) },
    ...(peer === undefined ? {} : { peer: { address: clip(peer.address), port: peer.port } }),
    ...(subject === undefined ? {} : { subject: clipRecord(subject, Object.keys(subject).length) }),
    ...(reason === undefined ? {} : { reason: clip(reason) }),
    ...(detail === undefined ? {} : { detail: clipRecord(detail, TRAIL_DETAIL_COUNT_MAX) }),
  };
}

function clipRecord(record: object, countMax: number): Record<string, string | number> {
  const clipped: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(record).slice(0, countMax)) {
    if (typeof value === 'string') clipped[clip(key)] = clip(value);
    else if (typeof value === 'number') clipped[clip(key)] = value;
  }
  return clipped;
}

/** The cut shows, so that nobody takes a clipped identifier for a whole one. */
function clip(text: string): string {
  return text.length > TRAIL_TEXT_LENGTH_MAX ? `${text.slice(0, TRAIL_TEXT_LENGTH_MAX - 1)}…` : text;
}
