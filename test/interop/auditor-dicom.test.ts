import { afterAll, describe, expect, test } from 'vitest';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { auditPorts, idsOf, outcomesText } from './neighbour-services-audit.ts';
import {
  ORTHANC_CLOSED,
  startFilledOrthanc,
  startOrthanc,
  startQueryServer,
  startStore,
  startWorklist,
} from './neighbour-services-dicom.ts';

const scope = new Scope();
afterAll(() => scope.close());

const RUN_TIMEOUT_MS = 300_000;

interface DicomForm {
  readonly product: string;
  readonly form: string;
  readonly tools: readonly string[];
  readonly start: () => Promise<{ dicom: number; web?: number }>;
  readonly protocol?: 'dicom-tls';
  /** A title the operator knows. */
  readonly calledAETitle?: string;
  readonly optIns?: readonly string[];
  /** Found on the DICOM port, and on the web port. */
  readonly exposed: string;
  readonly exposedOnWeb?: string;
  /** Not found there, though asked. */
  readonly silent: string;
  readonly silentOnWeb?: string;
}

/** Real products and their forms: what must be found, and what must not. */
const forms: readonly DicomForm[] = [
  {
    product: 'Orthanc',
    form: 'as it comes: takes echo and images of strangers, refuses their questions',
    tools: ['Orthanc'],
    start: () => startOrthanc(scope, { AuthenticationEnabled: true, RegisteredUsers: { a: 'b-c-d-e' } }),
    exposed: 'D01 D02 D03 D04 D13 D14 D15 D18 D20 T01',
    silent: 'D05 D06 D07 D08 D09 D10 D11 D12 D16 D17 D25 T02',
  },
  {
    product: 'Orthanc',
    form: 'opened: anybody queries and retrieves, and the web door counts',
    tools: ['Orthanc'],
    start: () => startFilledOrthanc(scope),
    exposed: 'D01 D02 D03 D04 D05 D06 D07 D08 D11 D12 D13 T01',
    exposedOnWeb: 'S06 W02 W03 W05 W09 W14 W15',
    silent: 'D09 D10 D16 D17 D21 D25 T02',
    silentOnWeb: 'W06 W10 W13 W17',
  },
  {
    product: 'Orthanc',
    form: 'closed: titles and logins checked, nothing but its presence is found',
    tools: ['Orthanc'],
    start: () => startOrthanc(scope, ORTHANC_CLOSED),
    exposed: 'D01',
    exposedOnWeb: 'W05 W06',
    silent: 'D02 D03 D04 D05 D06 D07 D08 D09 D11 D12 D13 D14 D15 D18 T01 T02',
    silentOnWeb: 'S06 W01 W02 W03 W04 W07 W08 W09 W10 W11 W14 W15',
  },
  {
    product: 'Orthanc',
    form: 'with the login of its documentation',
    tools: ['Orthanc'],
    start: () =>
      startOrthanc(scope, {
        AuthenticationEnabled: true,
        RemoteAccessAllowed: true,
        RegisteredUsers: { orthanc: 'orthanc' },
      }),
    exposed: 'D01',
    exposedOnWeb: 'W05 W06 W07',
    silent: 'D05',
    silentOnWeb: 'W02 W08 W14',
  },
  {
    product: 'dcmqrscp',
    form: 'asked by a wrong title',
    tools: ['dcmqrscp'],
    start: async () => ({ dicom: await startQueryServer(scope, 'ANY') }),
    exposed: 'D01 D19',
    silent: 'D02 D03 D04 D05 D07 D08 D11 D12 D13 T01',
  },
  {
    product: 'dcmqrscp',
    form: 'asked by its own title, open to ANY',
    tools: ['dcmqrscp'],
    start: async () => ({ dicom: await startQueryServer(scope, 'ANY') }),
    calledAETitle: 'ARCHIVE',
    exposed: 'D01 D03 D04 D05 D07 D08 D11 D12 D13 T01',
    silent: 'D02 D09 D25',
  },
  {
    product: 'dcmqrscp',
    form: 'asked by its own title, open to a host it knows',
    tools: ['dcmqrscp'],
    start: async () => ({ dicom: await startQueryServer(scope, 'friend') }),
    calledAETitle: 'ARCHIVE',
    exposed: 'D01',
    silent: 'D02 D03 D05 D07 D08 D11 D12 D13',
  },
  {
    product: 'storescp',
    form: 'in clear: it takes everything',
    tools: ['storescp'],
    start: async () => ({ dicom: await startStore(scope, 'clear') }),
    // It takes one association at a time: the auditor must not stand in its own way.
    exposed: 'D01 D02 D03 D04 D13 D14 D18 T01',
    silent: 'D05 D09 D11 D12 T02',
  },
  {
    product: 'storescp',
    form: 'over TLS that asks nobody for a certificate',
    tools: ['storescp'],
    start: async () => ({ dicom: await startStore(scope, 'tls-without-client-certificate') }),
    protocol: 'dicom-tls',
    exposed: 'D01 D02 D03 D04 D13 D18 T06 T08',
    silent: 'T01 T02 T03 T09',
  },
  {
    product: 'storescp',
    form: 'over TLS with certificates',
    tools: ['storescp'],
    start: async () => ({ dicom: await startStore(scope, 'tls') }),
    protocol: 'dicom-tls',
    exposed: 'T06',
    silent: 'D01 D02 D03 D04 D13 T01 T02 T03 T08 T09',
  },
  {
    product: 'wlmscpfs',
    form: 'answers worklist questions of anybody who knows its title',
    tools: ['wlmscpfs'],
    start: async () => ({ dicom: await startWorklist(scope) }),
    calledAETitle: 'WORKLIST',
    exposed: 'D01 D09',
    silent: 'D05 D07 D13',
  },
  {
    product: 'wlmscpfs',
    form: 'asked by a wrong title',
    tools: ['wlmscpfs'],
    start: async () => ({ dicom: await startWorklist(scope) }),
    exposed: 'D01',
    silent: 'D02 D09',
  },
];

describe.each(forms)('$product, $form', (one) => {
  const missing = missingTools(...one.tools);
  test.skipIf(missing !== undefined)(
    titleOf(`found: ${one.exposed} ${one.exposedOnWeb ?? ''}`.trim(), missing),
    async () => {
      const { dicom, web } = await one.start();
      const run = await auditPorts(scope, web === undefined ? [dicom] : [dicom, web], {
        protocols: {
          ...(one.protocol === undefined ? {} : { [dicom]: one.protocol }),
          ...(web === undefined ? {} : { [web]: 'http' }),
        },
        ...(one.calledAETitle === undefined ? {} : { calledAETitles: [one.calledAETitle] }),
      });
      process.stderr.write(outcomesText(`${one.product}, ${one.form}:`, run));
      expectFound(idsOf(run, dicom), one.exposed, one.silent);
      if (web !== undefined) expectFound(idsOf(run, web), one.exposedOnWeb ?? '', one.silentOnWeb ?? '');
      expect(run.report.findings.filter(({ outcome }) => outcome === 'error')).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );
});

function expectFound(found: readonly string[], exposed: string, silent: string): void {
  const ids = (text: string): string[] => text.split(' ').filter((id) => id !== '');
  expect(found).toEqual(expect.arrayContaining(ids(exposed)));
  expect(found.filter((id) => ids(silent).includes(id))).toEqual([]);
}
