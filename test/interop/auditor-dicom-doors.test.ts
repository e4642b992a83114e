import { afterAll, describe, expect, test } from 'vitest';
import { checks } from '../../packages/auditor/src/checks/index.ts';
import type { Outcome } from '../../packages/auditor/src/findings/index.ts';
import { askOne } from '../../packages/auditor/src/testing/ask.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import {
  startBothOnOnePort,
  startCtn,
  startPrinter,
  startStore,
  startStunnel,
  streamMissing,
} from './neighbour-services-dicom.ts';

const scope = new Scope();
afterAll(() => scope.close());

/** What a check must say about one form of a product. */
interface Door {
  readonly check: string;
  readonly form: string;
  readonly tools: readonly string[];
  readonly missing?: string | undefined;
  readonly start: () => Promise<number>;
  readonly protocol?: 'dicom-tls';
  readonly outcome: Outcome;
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** Enough to see that nothing ends it soon; a wait of 65 seconds showed the same. */
const HALF_PDU_WAIT_SECONDS = 3;

const clearStore = { tools: ['storescp'], start: () => startStore(scope, 'clear') } as const;
const promiscuous = { tools: ['storescp'], start: () => startStore(scope, 'promiscuous') } as const;

const doors: readonly Door[] = [
  {
    check: 'D16',
    form: 'dcmprscp prints for strangers',
    tools: ['dcmprscp'],
    start: () => startPrinter(scope),
    outcome: 'exposed',
    evidence: { classes: 'print-grayscale' },
  },
  { check: 'D16', form: 'storescp takes images alone', ...clearStore, outcome: 'protected' },
  {
    check: 'D17',
    form: 'storescp takes whatever is proposed',
    ...promiscuous,
    outcome: 'exposed',
    evidence: { classes: 'inventory-find, repository-query' },
  },
  { check: 'D17', form: 'storescp takes images alone', ...clearStore, outcome: 'protected' },
  {
    check: 'D21',
    form: 'simple_storage of CTN',
    tools: ['simple_storage'],
    start: () => startCtn(scope),
    outcome: 'exposed',
    evidence: { product: 'CTN', version: '3.0.6' },
  },
  // Debian's: newer than what the table calls the end.
  { check: 'D21', form: 'storescp', ...clearStore, outcome: 'protected', evidence: { product: 'DCMTK' } },
  {
    check: 'D22',
    form: 'storescp waits for eight who say nothing',
    ...clearStore,
    outcome: 'exposed',
    evidence: { stillOpen: 8 },
  },
  {
    check: 'D23',
    form: 'storescp waits for the rest of a PDU',
    ...clearStore,
    outcome: 'exposed',
  },
  { check: 'D24', form: 'storescp waits for a PDU of 2 GiB', ...clearStore, outcome: 'exposed' },
  // It accepts a class that does not exist, and is no trap: it may be meant to.
  {
    check: 'D25',
    form: 'storescp takes whatever is proposed',
    ...promiscuous,
    outcome: 'protected',
    evidence: { acceptsNonsenseClass: true },
  },
  {
    check: 'T02',
    form: 'nginx passes on TLS and clear text',
    tools: ['nginx', 'storescp'],
    missing: streamMissing,
    start: () => startBothOnOnePort(scope),
    outcome: 'exposed',
  },
  {
    check: 'T02',
    form: 'storescp over TLS',
    tools: ['storescp'],
    start: () => startStore(scope, 'tls'),
    protocol: 'dicom-tls',
    outcome: 'protected',
  },
  {
    check: 'T09',
    form: 'stunnel wants a certificate and takes any',
    tools: ['stunnel4', 'storescp'],
    start: () => startStunnel(scope, false),
    protocol: 'dicom-tls',
    outcome: 'exposed',
    evidence: { association: 'accepted' },
  },
  {
    check: 'T09',
    form: 'stunnel asks who signed the certificate',
    tools: ['stunnel4', 'storescp'],
    start: () => startStunnel(scope, true),
    protocol: 'dicom-tls',
    outcome: 'protected',
  },
];

/** They wait more than they work: each has a server of its own, and all wait together. */
describe.concurrent('one check at one door', () => {
  for (const { check, form, tools, missing, start, protocol, outcome, evidence = {} } of doors) {
    const reasons = [missingTools(...tools), missing];
    test.skipIf(reasons.some((reason) => reason !== undefined))(
      titleOf(`${check} ${outcome}: ${form}`, ...reasons),
      async () => {
        const found = checks.find(({ meta }) => meta.id === check);
        if (found === undefined) throw new Error(`there is no check ${check}`);
        const verdict = await askOne(found, {
          port: await start(),
          protocol: protocol ?? 'dicom',
          optIns: ['idleSockets', 'absurdLength'],
          rates: { halfPduWaitSeconds: HALF_PDU_WAIT_SECONDS },
        });
        expect(verdict).toMatchObject({ outcome, evidence });
      },
    );
  }
});
