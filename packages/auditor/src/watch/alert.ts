import { z } from 'zod';
import { severities, wholeText } from '../findings/index.ts';
import { endpoint } from '../report/endpoint.ts';
import { plural } from '../report/headline.ts';
import { withheld } from '../report/redact.ts';
import { visible } from '../report/visible-text.ts';
import type { ChangeItem, Delta } from './delta.ts';
import { ITEMS_MAX, MAIL_ITEMS_MAX } from './limits.ts';
import type { WatchConfig } from './watch-config.ts';

/** What a mail and a webhook carry. Both are made when the run ends, for one audience. */
export const messageSchema = z.strictObject({ subject: z.string(), text: z.string(), json: z.string() });
export type Message = z.infer<typeof messageSchema>;

/** Facts of the run that an alert is about; the owner as the audience may see it. */
export interface AlertHead {
  readonly run: number;
  readonly due: string;
  readonly started: string;
  readonly ended: string;
  readonly owner: string;
  readonly audience: string;
}

/** Changes that the configuration wants to be told of. */
export function alarming(
  { items }: Pick<Delta, 'items'>,
  { alarms, severityMin }: Pick<WatchConfig, 'alarms' | 'severityMin'>,
): ChangeItem[] {
  const leastBad = severities.indexOf(severityMin);
  return items.filter(
    ({ change, severity }) => alarms.has(change) && severities.indexOf(severity) <= leastBad,
  );
}

/** The alert of a run that found something changed. */
export function changesMessage(head: AlertHead, delta: Delta, items: readonly ChangeItem[]): Message {
  const { counts, since, isSameScope, oldestDays } = delta;
  const count = (change: ChangeItem['change']): number =>
    items.filter((item) => item.change === change).length;
  const numbers = (['new', 'worse', 'gone'] as const)
    .map((change) => [count(change), change] as const)
    .filter(([number]) => number > 0)
    .map(([number, change]) => `${wholeText(number)} ${change}`);
  const subject = `${SUBJECT_PREFIX} ${numbers.join(', ')}${at(head.owner)}`;
  const shown = items.slice(0, MAIL_ITEMS_MAX);
  const stillOpen = counts.unchanged + counts.undecided + counts.new;
  const lines = [
    `Run ${head.run}, ${minute(head.started)} to ${minute(head.ended)}, ` +
      (since === undefined ? 'the first: everything is new.' : `compared with the run of ${minute(since)}.`),
    ...(isSameScope
      ? []
      : ['The scope file is another than last time: what is gone may merely not have been asked for.']),
    ...(['new', 'worse', 'gone'] as const).flatMap((change) => section(change, shown, count(change))),
    ...(items.length > shown.length
      ? [
          '',
          `${plural(items.length - shown.length, 'more change')}: leadglass-auditor history show ${head.run}`,
        ]
      : []),
    '',
    `Still open: ${plural(stillOpen, 'finding')}, the oldest for ${plural(oldestDays, 'day')} at least.`,
    ...(counts.undecided === 0
      ? []
      : [`Not decided: ${wholeText(counts.undecided)} that were open; they are not counted as gone.`]),
    ...audienceLines(head.audience),
    'What a check asked, and how to close what it found: leadglass-auditor checks ID',
  ];
  const json = {
    ...jsonHead('changes', head),
    isFirst: since === undefined,
    ...(since === undefined ? {} : { since }),
    isSameScope,
    counts,
    items: items.slice(0, ITEMS_MAX),
    itemsLeftOut: Math.max(0, items.length - ITEMS_MAX),
  };
  return messageOf(subject, lines, json);
}

/** Why a run failed or the watch ended. The detail may name hosts and files of the operator. */
export interface Trouble {
  readonly code: string;
  readonly detail: string;
}

/** The alert of a run that failed, or of a watch that ended. */
export function troubleMessage(
  kind: 'failed' | 'ended',
  head: Pick<AlertHead, 'owner' | 'audience'> & { readonly at: string },
  trouble: Trouble,
): Message {
  const reason = head.audience === 'public' ? trouble.code : `${trouble.code}: ${trouble.detail}`;
  const what =
    kind === 'failed'
      ? 'a run failed: nothing is known of what changed'
      : 'the watch has ended: nothing is examined any more';
  return messageOf(
    `${SUBJECT_PREFIX} ${kind === 'failed' ? 'a run failed' : 'the watch has ended'}${at(head.owner)}`,
    [`${minute(head.at)}: ${what}.`, reason, ...audienceLines(head.audience)],
    { ...jsonHead(kind, head), reason },
  );
}

const SUBJECT_PREFIX = 'leadglass-auditor watch:';

const at = (owner: string): string => (owner === withheld ? '' : ` at ${owner}`);

function jsonHead(kind: string, head: object): Record<string, unknown> {
  return { format: 'leadglass-auditor-alert', version: 1, kind, ...head };
}

function messageOf(subject: string, lines: readonly string[], json: Record<string, unknown>): Message {
  return {
    subject: visible(subject),
    text: `${lines.map(visible).join('\n')}\n`,
    json: JSON.stringify(json),
  };
}

function section(change: ChangeItem['change'], items: readonly ChangeItem[], count: number): string[] {
  const shown = items.filter((item) => item.change === change);
  if (shown.length === 0) return [];
  return ['', `${change.toUpperCase()} (${wholeText(count)})`, ...shown.flatMap(itemLines)];
}

/** Two lines: what, and where. */
export function itemLines(item: ChangeItem): string[] {
  const { severity, score, id, title, owner, hostName, system, ports, daysOpen, change } = item;
  const rating = score === undefined ? severity : `${severity} ${score.toFixed(1)}`;
  const name = hostName === undefined ? '' : ` (${hostName})`;
  const [port] = ports;
  const place = ports.length === 1 && port !== undefined ? endpoint(system, port) : system;
  const more = ports.length > 1 ? ` ports ${ports.join(' ')}` : '';
  const days = daysOpen === undefined || change === 'new' ? '' : `, known for ${plural(daysOpen, 'day')}`;
  const what = item.what === 'port' ? `${title} (one port more)` : title;
  return [`  ${rating.padEnd(13)} ${id} ${what}`, `${' '.repeat(16)}${place}${more}${name}, ${owner}${days}`];
}

function audienceLines(audience: string): string[] {
  return audience === 'public'
    ? ['', 'Addresses and names are withheld in this alert; leadglass-auditor history show has them.']
    : [''];
}

/** 2026-11-22 02:30 UTC */
export function minute(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
