import { accessClasses, addCounts, compareText, isOpen, noCount } from '../../findings/index.ts';
import { lawOf } from '../cost-estimate.ts';
import { actionsOf, exposuresByOwner, metaById } from '../exposures.ts';
import { german } from './de.ts';
import { english } from './en.ts';
import { spanish } from './es.ts';
import { french } from './fr.ts';
import { kinds } from './letter-text.ts';
import type { CheckMeta, Count, ScanReport, SystemRecord } from '../../findings/index.ts';
import type { Law } from '../cost-estimate.ts';
import type { Exposure, OwnerExposures } from '../exposures.ts';
import type { Kind, Language, LetterText, WriterFacts } from './letter-text.ts';

export const letterTexts: Readonly<Record<Language, LetterText>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
};

export interface LetterSection {
  readonly head?: string;
  readonly paragraphs: readonly string[];
  readonly items?: readonly string[];
  readonly after?: readonly string[];
}

/** A letter before it is plain text or HTML. */
export interface Letter {
  readonly language: Language;
  readonly subject: string;
  readonly day: string;
  readonly sections: readonly LetterSection[];
  readonly closing: readonly string[];
}

/** Systems a letter names; more are in the owner's report. */
const systemsNamed = 50;
/** Systems of one owner that a letter to an authority names. */
const systemsNamedToAuthority = 25;

/** Owners who get a letter: something that matters was found at theirs. */
export function ownersToTell(report: ScanReport, metas: readonly CheckMeta[]): OwnerExposures[] {
  return exposuresByOwner(report, metaById(metas)).filter(
    ({ exposures, openSystems }) => openSystems > 0 || exposures.some(({ severity }) => severity !== 'none'),
  );
}

/** The notice to one owner. @param day YYYY-MM-DD, the letter's date */
export function ownerLetter(
  report: ScanReport,
  owner: OwnerExposures,
  language: Language,
  day: string,
): Letter {
  const text = letterTexts[language];
  const writer = writerFacts(report, text);
  const concerned = systemsConcerned(owner);
  const records = sumStudies(concerned, text);
  const isOpenAnywhere = owner.openSystems > 0;
  const intro = isOpenAnywhere
    ? text.intro(writer, owner.openSystems)
    : text.weakIntro(writer, Math.max(1, concerned.length));
  return {
    language,
    subject: isOpenAnywhere ? text.subject(owner.owner) : text.weakSubject(owner.owner),
    day: dayText(day, text),
    sections: [
      { paragraphs: [text.greeting, intro, text.noPatientData] },
      {
        head: text.foundHead,
        paragraphs: [],
        items: foundItems(text, owner),
        ...(records === undefined ? {} : { after: [text.recordsSeen(records)] }),
      },
      ...(concerned.length === 0
        ? []
        : [{ head: text.systemsHead, paragraphs: [], items: systemItems(text, concerned, systemsNamed) }]),
      { head: text.todoHead, paragraphs: [], items: todoItems(text, owner), after: [text.keepLogs] },
      {
        head: text.clocksHead,
        paragraphs: [text.clocksIntro],
        items: lawsOf(concerned).flatMap((law) => text.clocks[law]),
        after: [text.notLegalAdvice],
      },
      { paragraphs: [text.answer(writer.contact), text.retest] },
    ],
    closing: [text.closing, ...text.writtenBy(writer)],
  };
}

/** The notice to the authority: who is concerned, and that they were told. */
export function authorityLetter(
  report: ScanReport,
  owners: readonly OwnerExposures[],
  language: Language,
  day: string,
): Letter {
  const text = letterTexts[language];
  const writer = writerFacts(report, text);
  const open = owners.filter(({ openSystems }) => openSystems > 0);
  const systems = open.reduce((sum, { openSystems }) => sum + openSystems, 0);
  return {
    language,
    subject: text.authoritySubject(report.scope.owner),
    day: dayText(day, text),
    sections: [
      { paragraphs: [text.greeting, text.authorityIntro(writer, open.length, systems), text.noPatientData] },
      ...(open.length === 0 ? [] : [{ head: text.authorityOwnersHead, paragraphs: [] }]),
      ...open.map((owner): LetterSection => {
        const list = owner.systems.filter(isOpen);
        return {
          paragraphs: [text.authorityOwner(owner.owner, owner.openSystems, sumStudies(list, text))],
          items: systemItems(text, list, systemsNamedToAuthority),
        };
      }),
      { paragraphs: [text.authorityAsk, text.answer(writer.contact), text.retest] },
    ],
    closing: [text.closing, ...text.writtenBy(writer)],
  };
}

function writerFacts({ scope, ended }: ScanReport, text: LetterText): WriterFacts {
  return {
    operator: scope.operator,
    scopeOwner: scope.owner,
    contact: scope.contact,
    mandate: scope.certMandate,
    runDay: dayText(ended.slice(0, 10), text),
  };
}

/** '15 January 2026', as the language writes it. */
function dayText(day: string, { locale }: LetterText): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(date);
}

/** Open systems, or when none is open those on which something was found. */
function systemsConcerned({ systems, exposures }: OwnerExposures): SystemRecord[] {
  const hit = new Set(
    exposures
      .filter(({ severity }) => severity !== 'none')
      .flatMap(({ findings }) => findings.map(({ system }) => system)),
  );
  return systems
    .filter((system) => isOpen(system) || hit.has(system.address))
    .toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || compareText(a.address, b.address));
}

/** Studies counted, or undefined when nobody counted. */
function sumStudies(systems: readonly SystemRecord[], { locale }: LetterText): string | undefined {
  const counts: Count[] = systems.flatMap(({ counts: { studies } }) => studies ?? []);
  const sum = counts.reduce(addCounts, noCount);
  if (counts.length === 0 || sum.value === 0) return undefined;
  return `${sum.isLowerBound ? '≥ ' : ''}${new Intl.NumberFormat(locale).format(sum.value)}`;
}

function systemItems(text: LetterText, systems: readonly SystemRecord[], most: number): string[] {
  const named = systems
    .slice(0, most)
    .map(({ address, hostName, openPorts, accessClasses: classes }) =>
      [
        hostName === undefined ? address : `${address} (${hostName})`,
        openPorts.map(({ port, protocol }) => `${port} ${protocol}`).join(', '),
        classes.join(' '),
      ]
        .filter((part) => part !== '')
        .join(' - '),
    );
  const left = systems.length - named.length;
  return left > 0 ? [...named, text.moreSystems(left)] : named;
}

/** Each kind once, with the checks that proved it. */
function foundItems(text: LetterText, { systems, exposures }: OwnerExposures): string[] {
  const systemsByKind = new Map<Kind, Set<string>>();
  const checksByKind = new Map<Kind, string[]>();
  const add = (kind: Kind, system: string): void => {
    systemsByKind.set(kind, (systemsByKind.get(kind) ?? new Set()).add(system));
  };
  for (const { address, accessClasses: classes } of systems) {
    for (const one of classes) if (one !== 'A1') add(one, address);
  }
  for (const exposure of exposures) {
    const kind = kindOf(exposure);
    if (kind === undefined) continue;
    checksByKind.set(kind, [...(checksByKind.get(kind) ?? []), exposure.meta.id]);
    for (const { system } of exposure.findings) add(kind, system);
  }
  return kinds.flatMap((kind) => {
    const count = systemsByKind.get(kind)?.size ?? 0;
    if (count === 0) return [];
    const checks = checksByKind.get(kind) ?? [];
    const code = accessClasses.filter((one) => one === kind);
    return `${text.found[kind]} (${[...code, text.onSystems(count), ...checks].join('; ')})`;
  });
}

const kindByCheck: Readonly<Record<string, Kind>> = {
  D01: 'reachable',
  D02: 'A2',
  D03: 'A2',
  D04: 'A2',
  D05: 'A3',
  D06: 'A4',
  D07: 'A3',
  D08: 'A3',
  D09: 'A3',
  D11: 'A5',
  D12: 'A5',
  D13: 'W',
  D20: 'outdated',
  D21: 'outdated',
  W01: 'H',
  W02: 'A4',
  W03: 'H',
  W04: 'W',
  W05: 'clearText',
  W06: 'clearText',
  W07: 'defaultLogin',
  W08: 'defaultLogin',
  W09: 'H',
  W10: 'H',
  W16: 'outdated',
};

function kindOf({ meta, severity }: Exposure): Kind | undefined {
  if (severity === 'none') return undefined;
  const kind = kindByCheck[meta.id];
  if (kind !== undefined) return kind;
  if (meta.group === 'TLS') return 'clearText';
  if (meta.group === 'shares') return 'S';
  if (meta.group === 'neighbours') return 'neighbours';
  return meta.group === 'files' ? 'files' : 'other';
}

function todoItems(text: LetterText, { exposures, openSystems }: OwnerExposures): string[] {
  const first = openSystems > 0 ? [text.todoFirst] : [];
  return [...first, ...actionsOf(exposures).map(({ fix }) => text.todo[fix])];
}

const lawOrder: readonly Law[] = ['GDPR', 'UK GDPR', 'HIPAA', 'other'];

function lawsOf(systems: readonly SystemRecord[]): Law[] {
  const laws = new Set(systems.map(({ country }) => lawOf(country)));
  const found = lawOrder.filter((law) => laws.has(law));
  return found.length === 0 ? ['other'] : found;
}
