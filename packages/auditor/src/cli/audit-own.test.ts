import { describe, expect, test } from 'vitest';
import { startSimulatedPacs } from '../testing/simulated-pacs.ts';
import { htmlPage, startWeb } from '../testing/simulated-web.ts';
import { auditOwn } from './audit-own.ts';

describe('doors of the caller’s own', () => {
  test('are asked what a scan asks, without a scope file; each finding has words, fix and score', async () => {
    await using pacs = await startSimulatedPacs({ studies: 3 });
    const door = { host: '127.0.0.1', port: pacs.port, protocol: 'dicom' } as const;
    const { findings, silent } = await auditOwn({ doors: [door], contact: 'pacs.example' });
    expect(silent).toEqual([]);
    const found = findings.find(({ check }) => check === 'D05');
    expect(found).toMatchObject({ outcome: 'exposed', door, title: 'Study queries are open', score: 7.5 });
    expect(found?.fix).toMatch(/\w{4}/);
    // Counting must be asked for by name, and here nobody did.
    expect(findings.map(({ check }) => check)).not.toContain('D06');
  });

  test('the user agent names the contact, in the characters a comment may hold (RFC 9110 5.6.5)', async () => {
    const agents = new Set<string | undefined>();
    await using web = await startWeb(({ headers }) => {
      agents.add(headers['user-agent']);
      return htmlPage('<title>PACS</title>');
    });
    const door = { host: 'localhost', port: web.port, protocol: 'https' } as const;
    await auditOwn({ doors: [door], contact: 'it@clinic.example (Zoë)' });
    expect([...agents]).toEqual(['leadglass-auditor/0.1 (exposure audit; contact: it@clinic.example _Zo__)']);
  });

  test('a name without an address, and a port where nobody listens, are silent', async () => {
    const doors = [
      { host: 'nobody.invalid', port: 443, protocol: 'https' },
      { host: '127.0.0.1', port: 1, protocol: 'dicom-tls' },
    ] as const;
    expect(await auditOwn({ doors, contact: 'pacs.example' })).toEqual({ findings: [], silent: doors });
  });
});
