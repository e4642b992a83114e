import { describe, expect, test } from 'vitest';
import { exposureTable, scanReportSchema } from '../findings/index.ts';
import { finding, report, system } from '../findings/testing/small-report.ts';
import { redact } from './redact.ts';
import { sampleReport } from './testing/sample-study.ts';
import { sampleMetas } from './testing/sample-metas.ts';
import { reportFiles } from './write-reports.ts';

const secret = new Uint8Array(32).fill(7);

const two = report(
  [
    system('192.0.2.10', {
      owner: 'Clinic North',
      hostName: 'pacs.north.example',
      site: 'House A',
      product: { name: 'Orthanc', version: '1.11.0', confidence: 'named', signs: ['realm NORTHREALM'] },
      cloneGroup: 'NORTHCLONE',
      accessClasses: ['A1', 'A3'],
    }),
    system('192.0.2.20', {
      owner: 'Clinic South',
      hostName: 'pacs.south.example',
      accessClasses: ['A1', 'A3'],
    }),
  ],
  [
    finding('D05', '192.0.2.10', 'exposed', {
      port: 104,
      evidence: {
        calledAETitle: 'NORTHPACS',
        matches: 0,
        sameKeyAs: '192.0.2.20, 192.0.2.20:2762 and pacs.south.example.',
      },
    }),
    finding('D05', '192.0.2.20', 'exposed', { evidence: { calledAETitle: 'SOUTHPACS' } }),
    finding('D06', '192.0.2.10', 'inconclusive', { reason: 'TIMEOUT: 192.0.2.10 did not answer NORTHPACS' }),
  ],
);

describe('redaction', () => {
  test('for an owner: nothing of other owners, in any file', () => {
    const files = reportFiles(two, { owner: 'Clinic North' }, { metas: sampleMetas }, secret);
    for (const [name, content] of files) {
      expect(content, name).not.toMatch(/South|192\.0\.2\.20|SOUTHPACS|south\.example/);
    }
    expect(files.get('findings.json')).toContain('NORTHPACS');
    expect(files.get('report.html')).toContain('192.0.2.10');
  });

  test('for the authority: what was proved open with address and owner, and nothing of anybody else', () => {
    const closed = system('192.0.2.30', { owner: 'Clinic West', hostName: 'pacs.west.example' });
    const trap = system('192.0.2.40', { owner: 'Trap House', isHoneypot: true });
    const mixed = report(
      [...two.systems, closed, trap],
      [...two.findings, finding('D05', '192.0.2.30', 'protected'), finding('D25', '192.0.2.40')],
    );
    const files = reportFiles(mixed, 'authority', { metas: sampleMetas }, secret);
    for (const [name, content] of files) {
      expect(content, name).not.toMatch(/West|192\.0\.2\.30|west\.example|Trap House|192\.0\.2\.40/);
    }
    expect(files.get('findings.json')).toMatch(/192\.0\.2\.10[^]*192\.0\.2\.20/);
    expect(files.get('findings.json')).toContain('Clinic South');
    expect(redact(mixed, 'authority', secret).findings.map(({ outcome }) => outcome)).toEqual([
      'exposed',
      'exposed',
    ]);
  });

  test('for the public: no address, name, site, AE title or sign, in any file; numbers stay', () => {
    const files = reportFiles(two, 'public', { metas: sampleMetas }, secret);
    for (const [name, content] of files) {
      expect(content, name).not.toMatch(/192\.0\.2|North|South|NORTH|SOUTH|House A|security@/);
    }
    expect(files.get('report.html')).toContain('Orthanc');
    expect(files.get('report.html')).toContain('2 of 2 image archives');
  });

  test('pseudonyms are the same with the same secret, and others with another', () => {
    const addresses = (key: Uint8Array) => redact(two, 'public', key).systems.map(({ address }) => address);
    expect(addresses(secret)).toEqual(addresses(secret));
    expect(addresses(secret)).not.toEqual(addresses(new Uint8Array(32)));
  });

  test('a finding still belongs to its system, tables are the same, and the result is a scan report', () => {
    const study = sampleReport();
    const shown = redact(study, 'public', secret);
    expect(exposureTable(shown).byCountry).toEqual(exposureTable(study).byCountry);
    const addresses = new Set(shown.systems.map(({ address }) => address));
    expect(addresses.size).toBe(study.systems.length);
    expect(shown.findings.every(({ system: address }) => addresses.has(address))).toBe(true);
    expect(scanReportSchema.safeParse(shown).success).toBe(true);
  });

  test('a reason keeps its code and loses its words', () => {
    expect(redact(two, 'public', secret).findings[2]?.reason).toBe('TIMEOUT');
  });

  test('full is full', () => {
    expect(redact(two, 'full', secret)).toBe(two);
  });
});
