import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen, startSimulatedPacs } from '../../packages/auditor/src/testing/simulated-pacs.ts';
import { Scope } from '../support/scope.ts';
import { type AuditRun, runAudit } from './audit.ts';
import { decoys } from './decoys.ts';
import { DICOM_PORT } from './fleet.ts';

const scope = new Scope();
afterAll(() => scope.close());

const DECOYS_MIN = 50;
const RUN_TIMEOUT_MS = 600_000;
/** The slowest tarpit costs one connection's time for each protocol that is tried on it. */
const RUN_MAX_SECONDS = 240;
const MEMORY_MAX_MIB = 300;
const BLOCK = '127.120.0.';
/** Traps that answer everything, nonsense too, and have a match for every UID. */
const TRAPS = ['127.120.0.201', '127.120.0.202', '127.120.0.203'];
const trapOptions = [
  {},
  { implementationClassUID: '1.2.826.0.1.3680043.9.7133.1.1', implementationVersionName: 'GODICOM_1_1' },
  { studies: 5_000, patients: 5_000 },
];

/** The DICOM port of old, where the process may listen on it. */
async function dicomPort(): Promise<number> {
  const probe = await startSimulatedPacs({ address: `${BLOCK}250`, port: 104 }).catch(() => undefined);
  await probe?.[Symbol.asyncDispose]();
  return probe === undefined ? DICOM_PORT : 104;
}

describe(`${decoys.length + TRAPS.length} decoys on the DICOM port`, () => {
  let run: AuditRun;

  beforeAll(async () => {
    const port = await dicomPort();
    for (const [index, decoy] of decoys.entries()) {
      const server = decoy.server();
      await listen(server, `${BLOCK}${index + 1}`, port);
      scope.onClose(() => void server.close());
    }
    for (const [index, address] of TRAPS.entries()) {
      const trap = await startSimulatedPacs({ ...trapOptions[index], address, port, form: 'honeypot' });
      scope.onClose(async () => await trap[Symbol.asyncDispose]());
    }
    run = await runAudit(scope, {
      ranges: [{ cidr: `${BLOCK}0/24` }],
      ports: [port],
      optIns: ['counting', 'default-logins', 'hl7-message', 'share-content'],
    });
    process.stderr.write(
      `${decoys.length + TRAPS.length} decoys on port ${port}: ${run.seconds.toFixed(1)} s, ${run.peakMiB.toFixed(0)} MiB\n`,
    );
  }, RUN_TIMEOUT_MS);

  test('there are as many as promised, and the run got to the end of all of them', () => {
    expect(decoys.length + TRAPS.length).toBeGreaterThanOrEqual(DECOYS_MIN);
    expect(run).toMatchObject({ code: 0, report: { complete: true } });
    // A connection that is reset before it stands is a closed port to whoever knocks.
    const seen = new Set(run.report.systems.map(({ address }) => address));
    const unseen = decoys.filter((_, index) => !seen.has(`${BLOCK}${index + 1}`)).map(({ name }) => name);
    expect(['resets at once']).toEqual(expect.arrayContaining(unseen));
  });

  test('none of them is a finding; the traps are known as traps and nothing else', () => {
    const nameOf = (address: string): string => decoys[Number(address.split('.')[3]) - 1]?.name ?? 'trap';
    const exposed = run.report.findings
      .filter(({ outcome }) => outcome === 'exposed')
      .map(({ check, system }) => `${check} ${nameOf(system)}`);
    expect(exposed).toEqual(TRAPS.map(() => 'D25 trap'));
  });

  test('none has an access class, none is taken for a product, no check fell over', () => {
    const { systems, findings } = run.report;
    expect(systems.filter(({ accessClasses }) => accessClasses.length > 0)).toEqual([]);
    expect(systems.filter(({ isHoneypot }) => isHoneypot).map(({ address }) => address)).toEqual(TRAPS);
    expect(findings.filter(({ outcome }) => outcome === 'error')).toEqual([]);
  });

  test('the worst of them cost a bounded time and a bounded memory', () => {
    expect(run.seconds).toBeLessThan(RUN_MAX_SECONDS);
    expect(run.peakMiB).toBeLessThan(MEMORY_MAX_MIB);
  });
});
