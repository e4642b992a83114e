import type { AccessClass, FixCode } from '../../findings/index.ts';
import type { Law } from '../cost-estimate.ts';

export type Language = 'en' | 'de' | 'fr' | 'es';

export const languages: readonly Language[] = ['en', 'de', 'fr', 'es'];

/** What was found, in the kinds a letter speaks of: the access classes a stranger has, and what is not access. */
export type Kind =
  | Exclude<AccessClass, 'A1'>
  | 'reachable'
  | 'defaultLogin'
  | 'clearText'
  | 'outdated'
  | 'neighbours'
  | 'files'
  | 'other';

/** In the order of a letter: what lets people at images first. */
export const kinds: readonly Kind[] = [
  'A5',
  'A4',
  'A3',
  'W',
  'H',
  'S',
  'defaultLogin',
  'neighbours',
  'A2',
  'clearText',
  'outdated',
  'files',
  'reachable',
  'other',
];

export interface WriterFacts {
  readonly operator: string;
  readonly scopeOwner: string;
  readonly contact: string;
  readonly mandate: string | undefined;
  /** As the letter's language writes a date. */
  readonly runDay: string;
}

/** Everything a letter says, in one language. Functions take numbers and names; nothing else is put in. */
export interface LetterText {
  /** BCP 47, for numbers and dates. */
  readonly locale: string;
  readonly subject: (owner: string) => string;
  /** When nothing is open and something is weak. */
  readonly weakSubject: (owner: string) => string;
  readonly authoritySubject: (scopeOwner: string) => string;
  readonly greeting: string;
  readonly intro: (writer: WriterFacts, systems: number) => string;
  readonly weakIntro: (writer: WriterFacts, systems: number) => string;
  readonly noPatientData: string;
  readonly foundHead: string;
  readonly found: Readonly<Record<Kind, string>>;
  /** 'on 3 systems' */
  readonly onSystems: (count: number) => string;
  readonly recordsSeen: (count: string) => string;
  readonly systemsHead: string;
  readonly moreSystems: (count: number) => string;
  readonly todoHead: string;
  readonly todoFirst: string;
  readonly todo: Readonly<Record<FixCode, string>>;
  readonly keepLogs: string;
  readonly clocksHead: string;
  readonly clocksIntro: string;
  readonly clocks: Readonly<Record<Law, readonly string[]>>;
  readonly notLegalAdvice: string;
  readonly answer: (contact: string) => string;
  readonly retest: string;
  readonly writtenBy: (writer: WriterFacts) => readonly string[];
  readonly closing: string;
  readonly authorityIntro: (writer: WriterFacts, owners: number, systems: number) => string;
  readonly authorityOwnersHead: string;
  /** 'Clinic: 3 open systems, 1,200 study records' */
  readonly authorityOwner: (owner: string, systems: number, records: string | undefined) => string;
  readonly authorityAsk: string;
}
