/**
 * The study of September 2019, planted: 2,300 systems, of which 590 in 52 countries are open by DICOM, with 24.3
 * million study records, 737 million images and 399.5 million retrievable ones. The United States, Turkey, Germany and
 * the United Kingdom hold what was published for them; the others share the rest. Everything is computed, so that two
 * runs plant the same.
 */

/** How a planted system treats strangers; see `fleet-process.ts` for what each really does. */
export type PlantedForm =
  | 'open'
  | 'viewer'
  | 'rejects'
  | 'checks-called'
  | 'checks-calling'
  | 'refuses-queries'
  | 'aborts-queries'
  | 'needs-certificate'
  | 'honeypot'
  /** Nothing listens there. */
  | 'absent';

export interface PlantedSystem {
  readonly address: string;
  readonly country: string;
  readonly form: PlantedForm;
  /** Position among the systems of its country. */
  readonly position: number;
  readonly studies: number;
  readonly images: number;
  readonly isRetrievable: boolean;
  /** It takes images from anybody. */
  readonly isWritable: boolean;
}

/** What T1 shall say of a country. */
export interface PlantedCountry {
  readonly country: string;
  /** Address block of the country, wide enough for its systems. */
  readonly cidr: string;
  /** Systems of all forms. */
  readonly systems: number;
  readonly open: number;
  readonly studies: number;
  readonly images: number;
  readonly retrievableImages: number;
}

export const STUDY_TOTALS = {
  systems: 2_300,
  open: 590,
  countries: 52,
  viewers: 39,
  studies: 24_300_000,
  images: 737_000_000,
  retrievableImages: 399_500_000,
} as const;

/** Sixty days later: what was new, what was gone, and in how many countries. */
export const STUDY_CHANGE = { new: 129, gone: 172, countriesNew: 9, countriesClean: 11 } as const;

type Published = Omit<PlantedCountry, 'cidr'>;

const published: readonly Published[] = [
  {
    country: 'US',
    systems: 640,
    open: 187,
    studies: 13_700_000,
    images: 303_100_000,
    retrievableImages: 45_800_000,
  },
  {
    country: 'TR',
    systems: 120,
    open: 36,
    studies: 4_924_141,
    images: 179_533_940,
    retrievableImages: 178_283_858,
  },
  { country: 'DE', systems: 60, open: 10, studies: 15_000, images: 2_100_000, retrievableImages: 1_300_000 },
  { country: 'GB', systems: 40, open: 4, studies: 1_500, images: 5_000, retrievableImages: 2_000 },
];

const otherCountries =
  'IN BR ZA EC TH VE FR IT CN RU CA MX AU AR CL CO PE KR JP ID MY PH VN PK BD IR IQ EG SA AE MA DZ TN NG KE GH UA PL RO BG GR PT ES CZ HU IL TW GE'.split(
    ' ',
  );

/** Countries in which nothing was open at first. */
const countriesOfLater = 'CH AT SE NO DK FI IE NZ BE'.split(' ');

/** Their systems, all closed at first: three each. */
const SYSTEMS_OF_LATER = 3;

/** Countries that are clean sixty days later. */
const cleanedCountries = 'GB DE TH VE PE MY TN GH BG HU GE'.split(' ');

/** Parts of different size, part n weighing 1 + n mod 7, whose sum is the whole. */
export function partsOf(whole: number, count: number): number[] {
  const weights = Array.from({ length: count }, (_, index) => 1 + (index % 7));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let weighed = 0;
  let given = 0;
  return weights.map((weight) => {
    weighed += weight;
    const part = Math.round((whole * weighed) / sum) - given;
    given += part;
    return part;
  });
}

function allCountries(): Published[] {
  const given = (key: keyof Omit<Published, 'country'>): number =>
    published.reduce((sum, country) => sum + country[key], 0);
  const count = otherCountries.length;
  const laterSystems = countriesOfLater.length * SYSTEMS_OF_LATER;
  const shares = {
    systems: partsOf(STUDY_TOTALS.systems - given('systems') - laterSystems, count),
    // Two or more each, so that one can be retrievable and another not.
    open: partsOf(STUDY_TOTALS.open - given('open') - 2 * count, count).map((part) => part + 2),
    studies: partsOf(STUDY_TOTALS.studies - given('studies'), count),
    images: partsOf(STUDY_TOTALS.images - given('images'), count),
    retrievable: partsOf(STUDY_TOTALS.retrievableImages - given('retrievableImages'), count),
  };
  const others = otherCountries.map((country, index) => ({
    country,
    systems: shares.systems[index] ?? 0,
    open: shares.open[index] ?? 0,
    studies: shares.studies[index] ?? 0,
    images: shares.images[index] ?? 0,
    retrievableImages: shares.retrievable[index] ?? 0,
  }));
  const later = countriesOfLater.map((country) => ({
    country,
    systems: SYSTEMS_OF_LATER,
    open: 0,
    studies: 0,
    images: 0,
    retrievableImages: 0,
  }));
  return [...published, ...others, ...later];
}

/** Addresses of each country on which nothing listens at first and something may later. */
const NEW_ADDRESSES = 4;

/** First address of the study: 127.96.0.0, far from what anything else on a machine listens on. */
const FIRST_ADDRESS = 0x7f600000;

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** The table, with an aligned block for each country: half of the block is empty, so that closed doors are met too. */
export const countries: readonly PlantedCountry[] = withBlocks(allCountries());

function withBlocks(list: readonly Published[]): PlantedCountry[] {
  let next = FIRST_ADDRESS;
  return list.map((country) => {
    const bits = Math.ceil(Math.log2(country.systems + NEW_ADDRESSES + 2));
    const size = 2 ** bits;
    next = Math.ceil(next / size) * size;
    const cidr = `${dotted(next)}/${32 - bits}`;
    next += size;
    return { ...country, cidr };
  });
}

/** Every system as it was in September. */
export function plantedBefore(): PlantedSystem[] {
  const viewers = partsOf(STUDY_TOTALS.viewers, published.length + otherCountries.length);
  return countries.flatMap((country, index) => systemsOf(country, viewers[index] ?? 0));
}

function systemsOf(country: PlantedCountry, viewers: number): PlantedSystem[] {
  const { open, studies, images, retrievableImages } = country;
  const first = addressOf(country.cidr) + 1;
  const retrievable = Math.ceil(open / 2);
  const studiesOf = partsOf(studies, open);
  const imagesOf = [
    ...partsOf(retrievableImages, retrievable),
    ...partsOf(images - retrievableImages, open - retrievable),
  ];
  return Array.from({ length: country.systems + NEW_ADDRESSES }, (_, position): PlantedSystem => {
    const isOpen = position < open;
    return {
      address: dotted(first + position),
      country: country.country,
      position,
      form: isOpen ? 'open' : formOfOther(country, position, viewers),
      studies: studiesOf[position] ?? 0,
      images: imagesOf[position] ?? 0,
      isRetrievable: position < retrievable,
      isWritable: position % 3 === 0,
    };
  });
}

const closedForms: readonly PlantedForm[] = [
  'rejects',
  'checks-called',
  'refuses-queries',
  'checks-calling',
  'aborts-queries',
  'rejects',
  'needs-certificate',
  'refuses-queries',
  'checks-calling',
  'honeypot',
];

function formOfOther({ open, systems }: PlantedCountry, position: number, viewers: number): PlantedForm {
  if (position >= systems) return 'absent';
  if (position < open + viewers) return 'viewer';
  // What becomes open later is closed by title now.
  if (position >= systems - 1) return 'rejects';
  return closedForms[position % closedForms.length] ?? 'rejects';
}

function addressOf(cidr: string): number {
  const parts = (cidr.split('/')[0] ?? '').split('.').map(Number);
  return parts.reduce((value, part) => value * 256 + part, 0);
}

/**
 * The systems sixty days later. Gone: all of the cleaned countries and then every second one of the others, half of
 * them switched off and half closed. New: the closed system of each newly affected country, then addresses on which
 * nothing was.
 */
export function plantedAfter(before: readonly PlantedSystem[]): PlantedSystem[] {
  const changed = new Map<string, PlantedForm>();
  const open = before.filter(({ form }) => form === 'open');
  const isCleaned = ({ country }: PlantedSystem): boolean => cleanedCountries.includes(country);
  const leaving = [
    ...open.filter(isCleaned),
    ...open.filter((system) => !isCleaned(system) && system.position % 3 === 2),
  ].slice(0, STUDY_CHANGE.gone);
  for (const [index, { address }] of leaving.entries()) {
    changed.set(address, index % 2 === 0 ? 'absent' : 'rejects');
  }
  const coming = [
    ...before.filter(({ country, form }) => countriesOfLater.includes(country) && form === 'rejects'),
    ...before.filter(({ country, form }) => form === 'absent' && otherCountries.includes(country)),
  ].filter((system) => !isCleaned(system));
  for (const { address } of coming.slice(0, STUDY_CHANGE.new)) changed.set(address, 'open');
  return before.map((system) => {
    const form = changed.get(system.address);
    if (form === undefined) return system;
    return form === 'open' ? { ...system, form, studies: 20_000, images: 800_000 } : { ...system, form };
  });
}
