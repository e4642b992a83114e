import { addCounts, countText, isOpen, noCount } from '../findings/index.ts';
import type { Count, ScanReport } from '../findings/index.ts';

/** Which law's clocks and penalties apply in a country, as far as this program knows: it is no legal advice. */
export type Law = 'GDPR' | 'UK GDPR' | 'HIPAA' | 'other';

/** Members of the European Union and of the European Economic Area (ISO 3166-1). */
const gdprCountries = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '),
);

export function lawOf(country: string | undefined): Law {
  if (country === undefined) return 'other';
  if (gdprCountries.has(country)) return 'GDPR';
  if (country === 'GB') return 'UK GDPR';
  return country === 'US' ? 'HIPAA' : 'other';
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** The upper end may be higher. */
  readonly isOpenEnded: boolean;
}

export interface CostEstimate {
  /** Records that strangers could count. */
  readonly studies: Count;
  /** People these records are about. */
  readonly people: Range;
  /** What telling them would cost, in the currency of the place, without penalties. */
  readonly notification: Range;
  readonly laws: readonly Law[];
  readonly assumptions: readonly string[];
}

/**
 * Studies for each person. In the published cases 16 million scans spoke of more than 5 million people, about three
 * for each; an archive of one year has nearer one, one of ten years nearer five.
 */
const studiesPerPerson = { least: 1, most: 5 };
/** Letter, postage, a call centre's share; without lawyers, forensics and credit monitoring. */
const costPerPerson = { least: 1, most: 10 };

/** An estimate in ranges with two significant digits: more would pretend to know what nobody knows. */
export function estimateCost({ systems }: ScanReport): CostEstimate {
  const open = systems.filter(isOpen);
  const studies = open.map(({ counts }) => counts.studies ?? noCount).reduce(addCounts, noCount);
  const people: Range = {
    from: roundToTwoDigits(Math.ceil(studies.value / studiesPerPerson.most)),
    to: roundToTwoDigits(studies.value / studiesPerPerson.least),
    isOpenEnded: studies.isLowerBound,
  };
  return {
    studies,
    people,
    notification: {
      from: roundToTwoDigits(people.from * costPerPerson.least),
      to: roundToTwoDigits(people.to * costPerPerson.most),
      isOpenEnded: people.isOpenEnded,
    },
    laws: lawOrder.filter((law) => open.some(({ country }) => lawOf(country) === law)),
    assumptions: [
      `Records counted on open systems: ${countText(studies)}. Records on systems that were not counted are missing.`,
      `One person has ${studiesPerPerson.least} to ${studiesPerPerson.most} of the records; published cases had about 3.`,
      `Telling one person costs ${costPerPerson.least} to ${costPerPerson.most} (EUR, GBP or USD): letter, postage, call centre. Lawyers, forensics, credit monitoring and lost work come on top.`,
      'Whether anybody took data is not known to this program: logs must say. Without logs many authorities assume it.',
      'Maximum penalties are ceilings of the law, not forecasts. Authorities weigh what was done before and after.',
    ],
  };
}

const lawOrder: readonly Law[] = ['GDPR', 'UK GDPR', 'HIPAA', 'other'];

export function roundToTwoDigits(value: number): number {
  return value < 100 ? Math.round(value) : Number(value.toPrecision(2));
}

export interface LawText {
  readonly law: Law;
  readonly clocks: readonly string[];
  readonly penalties: readonly string[];
}

/** Clocks run from when the owner becomes aware: this report, at the latest, makes the owner aware. */
export const lawTexts: Readonly<Record<Law, LawText>> = {
  GDPR: {
    law: 'GDPR',
    clocks: [
      '72 hours: notify the supervisory authority, unless a risk to people is unlikely (Article 33).',
      'Without undue delay: tell the people concerned when the risk is high, as with health data it mostly is (Article 34).',
      'NIS2, for essential and important entities: early warning within 24 hours, notification within 72 hours, final report within one month (Article 23).',
    ],
    penalties: [
      'Lacking security (Article 32): up to EUR 10 million or 2 % of the worldwide annual turnover, whichever is higher (Article 83(4)).',
      'Breach of integrity and confidentiality (Article 5(1)(f)): up to EUR 20 million or 4 % (Article 83(5)). Public bodies: where national law provides for it (Article 83(7)).',
      'Compensation to the people concerned (Article 82).',
    ],
  },
  'UK GDPR': {
    law: 'UK GDPR',
    clocks: [
      '72 hours: notify the Information Commissioner, unless a risk to people is unlikely (Article 33).',
      'Without undue delay: tell the people concerned when the risk is high (Article 34).',
    ],
    penalties: ['Up to GBP 17.5 million or 4 % of the worldwide annual turnover, whichever is higher.'],
  },
  HIPAA: {
    law: 'HIPAA',
    clocks: [
      '60 days at most: notify every person concerned, without unreasonable delay (45 CFR 164.404).',
      'With 500 people or more: notify the Secretary of HHS (164.408) and, where they live in one state, the media (164.406) within the same time.',
      'Fewer than 500: notify the Secretary within 60 days after the end of the year. States may ask for less time.',
    ],
    penalties: [
      'USD 145 to 73,011 for each violation by degree of fault, at most USD 2,190,294 a year for identical violations (amounts of January 2026; look up the current ones in 45 CFR 102.3).',
      'Degrees: did not know; reasonable cause; wilful neglect, corrected within 30 days; wilful neglect, not corrected. An open archive that is closed within 30 days of this report is in a lower degree than one that is not.',
      'A precedent: an imaging group whose archive of 1.2 million patients stood open for ten months sent 298,532 notices and paid USD 350,000 to the Office for Civil Rights (April 2025), besides its own costs.',
    ],
  },
  other: {
    law: 'other',
    clocks: ['Look up the national law: many ask for a notice to the authority within 72 hours or less.'],
    penalties: [
      'Look up the national law. Where people in the European Union are concerned, the GDPR may apply as well.',
    ],
  },
};
