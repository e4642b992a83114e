import type {
  AccessClass,
  Evidence,
  Finding,
  ScanReport,
  SystemCounts,
  SystemRecord,
} from '../../findings/index.ts';

/** One country of a planted study: exact numbers, so that table T1 can be checked to the last image. */
export interface PlantedCountry {
  readonly country: string;
  readonly systems: number;
  readonly open: number;
  readonly studies: number;
  readonly images: number;
  readonly retrievableImages: number;
}

const otherCountries =
  'BR IN ZA EC DE GB FR ES IT PL RU UA CN JP KR TH VE AR CL CO PE MX CA AU NZ EG NG KE MA TN SA AE IR IQ PK BD LK VN MY SG ID PH RO BG HU CZ GR PT CH AT'.split(
    ' ',
  );

/**
 * The study of 2019: 2,300 systems, 590 open in 52 countries; 24.3 million records, 737 million images, 399.5 million
 * retrievable. The United States and Turkey as published; the other fifty share the rest.
 */
export const study2019: readonly PlantedCountry[] = plant();

function plant(): PlantedCountry[] {
  const published: PlantedCountry[] = [
    {
      country: 'US',
      systems: 700,
      open: 187,
      studies: 13_700_000,
      images: 303_100_000,
      retrievableImages: 45_800_000,
    },
    {
      country: 'TR',
      systems: 110,
      open: 36,
      studies: 4_924_141,
      images: 179_533_940,
      retrievableImages: 178_283_858,
    },
  ];
  const rest = {
    systems: 2_300 - 810,
    open: 590 - 223,
    studies: 24_300_000 - 18_624_141,
    images: 737_000_000 - 482_633_940,
    retrievableImages: 399_500_000 - 224_083_858,
  };
  const share = (whole: number, index: number): number => partOf(whole, otherCountries.length, index);
  return [
    ...published,
    ...otherCountries.map((country, index) => ({
      country,
      systems: share(rest.systems, index),
      open: share(rest.open, index),
      studies: share(rest.studies, index),
      images: share(rest.images, index),
      retrievableImages: share(rest.retrievableImages, index),
    })),
  ];
}

/** Parts of equal size whose sum is the whole: the last takes what is over. */
function partOf(whole: number, parts: number, index: number): number {
  const size = Math.floor(whole / parts);
  return index === parts - 1 ? whole - size * (parts - 1) : size;
}

const products: readonly SystemRecord['product'][] = [
  { name: 'DCMTK', version: '3.6.6', confidence: 'named', signs: ['OFFIS_DCMTK_366'] },
  { name: 'OsiriX', version: '3.6.1', confidence: 'likely', signs: ['1.2.276.0.7230010.3'] },
  { name: 'Orthanc', version: '1.11.0', confidence: 'named', signs: ['Orthanc Secure Area'] },
  { name: 'dcm4chee-arc', confidence: 'likely', signs: ['dcm4che-5.29'] },
  undefined,
];

export interface SampleOptions {
  readonly ended?: string;
  /** Called for every system; returning undefined leaves it out. */
  readonly change?: (system: SystemRecord, index: number) => SystemRecord | undefined;
}

/** A report as the planted study would give it. Deterministic: the same arguments give the same bytes. */
export function sampleReport(
  planted: readonly PlantedCountry[] = study2019,
  { ended = '2026-01-15T08:00:00.000Z', change = (system) => system }: SampleOptions = {},
): ScanReport {
  const systems = planted
    .flatMap((country, index) => systemsOf(country, index))
    .flatMap((system, index) => change(system, index) ?? []);
  return {
    format: 'leadglass-auditor-scan',
    version: 1,
    toolVersion: '0.1.0',
    scope: {
      hash: '5b41f3a2c0e5d1b7a8f64a2f9d7d0c1e3b5a7988776655443322110099aabbcc',
      owner: 'Regional Hospital Association',
      contact: 'security@hospitals.example',
      notBefore: '2026-01-15T00:00:00.000Z',
      notAfter: '2026-01-16T00:00:00.000Z',
      certMandate: 'CERT-EXAMPLE 2026/17',
      operator: 'Example Operator',
    },
    started: new Date(Date.parse(ended) - 7_200_000).toISOString(),
    ended,
    complete: true,
    scanned: { addresses: 65_536, responding: systems.length },
    systems,
    findings: systems.flatMap((system) => findingsOf(system, ended)),
  };
}

function systemsOf(
  { country, systems, open, studies, images, retrievableImages }: PlantedCountry,
  place: number,
): SystemRecord[] {
  return Array.from({ length: systems }, (_, index): SystemRecord => {
    const isOpen = index < open;
    const isRetrievable = index < Math.ceil(open / 2);
    const counts: SystemCounts = isOpen
      ? {
          studies: exact(partOf(studies, open, index)),
          images: exact(partOf(images, open, index)),
          retrievableImages: exact(isRetrievable ? partOf(retrievableImages, Math.ceil(open / 2), index) : 0),
        }
      : {};
    const product = products[index % products.length];
    const isProtected = !isOpen && index % 3 === 0;
    return {
      address: `10.${place}.${Math.floor(index / 250)}.${(index % 250) + 1}`,
      hostName: `pacs-${index + 1}.${country.toLowerCase()}.example`,
      owner: `Clinic ${country} ${Math.floor(index / 12) + 1}`,
      site: `House ${(index % 3) + 1}`,
      country,
      openPorts: isProtected
        ? [{ port: 2762, protocol: 'dicom-tls' }]
        : [
            { port: index % 2 === 0 ? 104 : 11112, protocol: 'dicom' },
            { port: 80, protocol: 'http' },
          ],
      ...(product === undefined ? {} : { product }),
      vulnerabilities:
        product?.name === 'DCMTK'
          ? [
              { id: 'CVE-2022-2119', title: 'path traversal', potential: true, score: 7.5 },
              { id: 'CVE-2026-50003', title: 'memory corruption', potential: true, score: 9.8 },
            ]
          : [],
      accessClasses: classesOf(isOpen, isRetrievable, isProtected, index),
      isHoneypot: false,
      ...(index % 5 === 1 ? { cloneGroup: `clone-${index % 10}` } : {}),
      counts,
    };
  });
}

function exact(value: number): { value: number; isLowerBound: boolean } {
  return { value, isLowerBound: false };
}

function classesOf(
  isOpen: boolean,
  isRetrievable: boolean,
  isProtected: boolean,
  index: number,
): AccessClass[] {
  if (!isOpen) return isProtected ? ['A1'] : ['A1', ...(index % 2 === 0 ? (['A2'] as const) : [])];
  return [
    'A1',
    'A2',
    'A3',
    'A4',
    ...(isRetrievable ? (['A5'] as const) : []),
    ...(index % 7 === 0 ? (['W'] as const) : []),
    ...(index % 15 === 0 ? (['H'] as const) : []),
  ];
}

function findingsOf(system: SystemRecord, at: string): Finding[] {
  const port = system.openPorts[0]?.port ?? 104;
  const classes = new Set(system.accessClasses);
  const finding = (check: string, isExposed: boolean, evidence: Evidence = {}, on = port): Finding => ({
    check,
    system: system.address,
    port: on,
    outcome: isExposed ? 'exposed' : 'protected',
    evidence: isExposed ? evidence : {},
    at,
  });
  const isClear = system.openPorts.some(({ protocol }) => protocol === 'dicom');
  return [
    finding('D01', true, { answer: 'A-ASSOCIATE-AC', implementationVersionName: 'OFFIS_DCMTK_366' }),
    finding('D03', classes.has('A2'), { callingTitlesAccepted: 2 }),
    finding('D05', classes.has('A3'), { status: '0000', matches: 0 }),
    finding('D06', classes.has('A4'), { studies: system.counts.studies?.value ?? 0, isCapped: false }),
    finding('D11', classes.has('A5'), { status: '0000', subOperations: 0 }),
    finding('D20', system.vulnerabilities.length > 0, { vulnerabilities: system.vulnerabilities.length }),
    finding('T01', isClear, { answer: 'A-ASSOCIATE-AC' }),
    finding('W09', classes.has('H'), { status: 200, titleHash: 'f3a9c1' }, 80),
    finding('W12', isClear, { missing: 4 }, 80),
    ...(system.address.endsWith('.7')
      ? [
          {
            ...finding('W07', false, {}, 80),
            outcome: 'inconclusive' as const,
            reason: 'TIMEOUT: no answer within 10 s',
          },
        ]
      : []),
  ];
}
