import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accessClasses,
  channelTable,
  exposureTable,
  followUpTable,
  isOpen,
  isOpenByDICOM,
  parseFollowUp,
  postureTable,
  ReportError,
  vulnerabilityTable,
} from './index.ts';
import { atLeast, exactly, finding, report, system } from './testing/small-report.ts';
import type { AccessClass } from './index.ts';

describe('T1, exposure', () => {
  test('open means that queries are permitted; associating, writing and the web are not queries', () => {
    const open = (classes: readonly AccessClass[]): boolean =>
      isOpenByDICOM(system('10.0.0.1', { accessClasses: classes }));
    expect([open(['A1', 'A2']), open(['A1', 'A2', 'W']), open(['H']), open(['S'])]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([open(['A3']), open(['A4']), open(['A5'])]).toEqual([true, true, true]);
    expect(isOpen(system('10.0.0.1', { accessClasses: ['A1', 'A2'] }))).toBe(false);
    expect(isOpen(system('10.0.0.1', { accessClasses: ['A1', 'W'] }))).toBe(true);
  });

  test('a honeypot is counted as one, and nowhere else', () => {
    const { total } = exposureTable(
      report([
        system('10.0.0.1', {
          isHoneypot: true,
          accessClasses: ['A1', 'A3', 'A5'],
          counts: { studies: exactly(9), images: exactly(9) },
        }),
      ]),
    );
    expect(total).toMatchObject({ systems: 0, open: 0, honeypots: 1, studies: exactly(0) });
  });

  test('images are retrievable where retrieval or WADO is open, and only there', () => {
    const images = { images: exactly(100) };
    const { total } = exposureTable(
      report(
        [
          system('10.0.0.1', { accessClasses: ['A1', 'A3', 'A5'], counts: images }),
          system('10.0.0.2', { accessClasses: ['A1', 'A3'], counts: images }),
          system('10.0.0.3', { accessClasses: ['H'], counts: images }),
          system('10.0.0.4', {
            accessClasses: ['A1', 'A5'],
            counts: { ...images, retrievableImages: exactly(40) },
          }),
        ],
        [finding('W03', '10.0.0.3'), finding('W03', '10.0.0.2', 'protected')],
      ),
    );
    expect(total.images).toEqual({ value: 400, isLowerBound: false });
    expect(total.retrievableImages).toEqual(exactly(240));
  });

  test('an open system that nobody counted makes the sum a lower bound; a closed one does not', () => {
    const rows = exposureTable(
      report([
        system('10.0.0.1', { accessClasses: ['A1', 'A3'], counts: { studies: exactly(5) } }),
        system('10.0.0.2', { accessClasses: ['A1', 'A3'] }),
        system('10.0.1.1', { country: 'FR', accessClasses: ['A1'] }),
      ]),
    ).byCountry;
    expect(rows.map(({ place, studies }) => [place, studies])).toEqual([
      ['DE', atLeast(5)],
      ['FR', exactly(0)],
    ]);
  });

  test('what is no image archive is not scanned as one; a web door that refused is', () => {
    const web = { openPorts: [{ port: 443, protocol: 'https' }], accessClasses: [] };
    const { total } = exposureTable(
      report(
        [system('10.0.0.1', web), system('10.0.0.2', web)],
        [finding('W01', '10.0.0.1', 'protected'), finding('W01', '10.0.0.2', 'notApplicable')],
      ),
    );
    expect(total.systems).toBe(1);
  });

  test('every system is in one country and one site: rows add up to the total', () => {
    const systems = fc.array(
      fc.record({
        classes: fc.subarray([...accessClasses]),
        place: fc.constantFrom('DE', 'FR', undefined),
        site: fc.constantFrom('East', 'West', undefined),
        isHoneypot: fc.boolean(),
        studies: fc.option(fc.record({ value: fc.nat(), isLowerBound: fc.boolean() }), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(systems, (list) => {
        const table = exposureTable(
          report(
            list.map(({ classes, place, site, isHoneypot, studies }, index) => {
              const { country: _country, ...rest } = system(`10.0.0.${index}`, {
                accessClasses: classes,
                isHoneypot,
                counts: studies === undefined ? {} : { studies },
              });
              return {
                ...rest,
                ...(place === undefined ? {} : { country: place }),
                ...(site === undefined ? {} : { site }),
              };
            }),
          ),
        );
        for (const rows of [table.byCountry, table.bySite]) {
          for (const column of ['systems', 'open', 'honeypots'] as const) {
            expect(rows.reduce((sum, row) => sum + row[column], 0)).toBe(table.total[column]);
          }
          expect(rows.reduce((sum, row) => sum + row.studies.value, 0)).toBe(table.total.studies.value);
        }
      }),
    );
  });
});

test('T3: a system with two channels is in two rows, and two checks of one channel do not double its files', () => {
  const rows = channelTable(
    report(
      [
        system('10.0.0.1', {
          accessClasses: ['A1', 'A3', 'H', 'S'],
          counts: { images: exactly(10), files: atLeast(7) },
        }),
        system('10.0.0.2', { isHoneypot: true, accessClasses: ['H'] }),
      ],
      [
        finding('W01', '10.0.0.1'),
        finding('W03', '10.0.0.1'),
        finding('W01', '10.0.0.2'),
        finding('S01', '10.0.0.1'),
        finding('S03', '10.0.0.1', 'exposed', { evidence: { files: 3 } }),
        finding('S02', '10.0.0.1', 'protected'),
      ],
    ),
  );
  const row = (name: string) => rows.find(({ channel }) => channel === name);
  expect(row('DIMSE')).toEqual({ channel: 'DIMSE', servers: 1, files: exactly(10) });
  expect(row('DICOMweb')).toEqual({ channel: 'DICOMweb', servers: 1, files: exactly(10) });
  expect(row('NFS')).toEqual({ channel: 'NFS', servers: 1, files: atLeast(7) });
  expect(row('FTP')).toEqual({ channel: 'FTP', servers: 1, files: exactly(3) });
  expect(row('SMB')).toEqual({ channel: 'SMB', servers: 0, files: exactly(0) });
});

test('T4: high counts from 7.0, ten is ten, and one without a score is counted as unscored', () => {
  const vulnerability = (id: string, score?: number) => ({
    id,
    title: 'x',
    potential: true as const,
    ...(score === undefined ? {} : { score }),
  });
  const product = { name: 'DCMTK', confidence: 'named' as const, signs: [] };
  const { total, byProduct } = vulnerabilityTable(
    report([
      system('10.0.0.1', { product, vulnerabilities: [vulnerability('a', 6.9), vulnerability('b', 7)] }),
      system('10.0.0.2', { product, vulnerabilities: [vulnerability('b', 7), vulnerability('c', 10)] }),
      system('10.0.0.3', { vulnerabilities: [vulnerability('d')] }),
    ]),
  );
  expect(total).toEqual({
    product: 'Total',
    systems: 3,
    total: 5,
    distinct: 4,
    high: 3,
    scoreTen: 1,
    unscored: 1,
  });
  expect(byProduct.map((row) => [row.product, row.total])).toEqual([
    ['DCMTK', 4],
    ['(product unknown)', 1],
  ]);
});

test('T5: TLS among those that speak DICOM, unchecked titles among those that answered, clusters from two on', () => {
  const posture = postureTable(
    report([
      system('10.0.0.1', {
        openPorts: [{ port: 2762, protocol: 'dicom-tls' }],
        cloneGroup: 'one',
        product: { name: 'DCMTK', version: '3.6.6', confidence: 'named', signs: [] },
      }),
      system('10.0.0.2', { accessClasses: ['A1', 'A2'], cloneGroup: 'one', country: 'FR' }),
      system('10.0.0.3', { cloneGroup: 'alone' }),
      system('10.0.0.4', { openPorts: [{ port: 80, protocol: 'http' }], accessClasses: ['H'] }),
    ]),
  );
  expect(posture.tls).toEqual({ part: 1, whole: 3 });
  expect(posture.titleUnchecked).toEqual({ part: 1, whole: 3 });
  expect(posture.clones).toEqual([{ group: 'one', systems: 2, countries: 2, product: 'DCMTK' }]);
  expect(posture.cloned).toEqual({ part: 2, whole: 4 });
  expect(posture.products).toEqual([{ product: 'DCMTK', version: '3.6.6', part: 1, whole: 4 }]);
});

describe('T6, follow-up', () => {
  const open = report([
    system('10.0.0.1', { owner: 'A', accessClasses: ['A3'] }),
    system('10.0.0.2', { owner: 'B', accessClasses: ['H'] }),
    system('10.0.0.3', { owner: 'C' }),
  ]);

  test('TOML with dates, and JSON, say the same', () => {
    const toml = '[[owner]]\nowner = "A"\nnotified = 2026-01-02\nfixed = "2026-01-05"\n';
    const json = '{"owner":[{"owner":"A","notified":"2026-01-02","fixed":"2026-01-05"}]}';
    expect(parseFollowUp(toml)).toEqual(parseFollowUp(json));
  });

  test('every open owner has a row, told or not; said to be fixed and found open is a contradiction', () => {
    const entries = parseFollowUp(
      '[[owner]]\nowner = "A"\nnotified = 2026-01-02\nanswered = 2026-01-03\nfixed = 2026-01-05\n[[owner]]\nowner = "D"\nnotified = 2026-01-02',
    );
    const table = followUpTable(open, entries);
    expect(
      table.rows.map(({ owner, openSystems, isContradicted }) => [owner, openSystems, isContradicted]),
    ).toEqual([
      ['A', 1, true],
      ['B', 1, false],
      ['D', 0, false],
    ]);
    expect([table.owners, table.notified, table.answered, table.fixed]).toEqual([3, 2, 1, 1]);
  });

  test('any text gives entries or a ReportError that repeats nothing of it', () => {
    for (const text of ['{', '= =', '[[owner]]\nowner = 3', '{"owner":[{"owner":"A","notified":"soon"}]}']) {
      expect(() => parseFollowUp(text), text).toThrow(ReportError);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(Array.isArray(parseFollowUp(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ReportError);
        }
      }),
    );
  });
});
