import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { basicChallenge, dicomWebArchive, startWeb } from '../../testing/simulated-web.ts';
import { check } from './check.ts';

describe('W04 is STOW allowed', () => {
  test('exposed: the server misses the instances, not the login; none were sent', async () => {
    const bodies: string[] = [];
    const open = dicomWebArchive('open');
    await using web = await startWeb((request) => {
      if (request.method === 'POST') bodies.push(request.body);
      return open(request);
    });
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'exposed', grants: ['H', 'W'], evidence: { status: 400 } });
    expect(bodies).toEqual(['']);
  });

  test('protected: searching is open, storing is not', async () => {
    const open = dicomWebArchive('open');
    await using web = await startWeb((request) =>
      request.method === 'POST' ? { status: 403 } : open(request),
    );
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { status: 403 } });
  });

  test('protected: a known product with a login before everything', async () => {
    await using web = await startWeb(() => basicChallenge('Orthanc Secure Area'));
    expect((await askOne(check, { port: web.port, protocol: 'http' })).outcome).toBe('protected');
  });

  test.each([
    ['not applicable: storing is not offered', 405, 'notApplicable'],
    ['inconclusive: it fails', 500, 'inconclusive'],
  ])('%s', async (_title, status, outcome) => {
    const open = dicomWebArchive('open');
    await using web = await startWeb((request) => (request.method === 'POST' ? { status } : open(request)));
    const verdict = await askOne(check, { port: web.port, protocol: 'http' });
    expect(verdict.outcome).toBe(outcome);
  });
});
