import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { checks } from '../../packages/auditor/src/checks/index.ts';
import { askOne } from '../../packages/auditor/src/testing/ask.ts';
import {
  testCertificate,
  type TestCertificateOptions,
} from '../../packages/auditor/src/testing/certificates.ts';
import { DH_1024 } from '../../packages/auditor/src/testing/dh-1024.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf } from '../support/tools.ts';
import { type NginxOptions, startNginx } from './neighbour-services.ts';

const scope = new Scope();
afterAll(() => scope.close());

/** One configuration of nginx. */
interface NginxForm {
  /** In the words of whoever configured it. */
  readonly form: string;
  /** Lines of its `server` block. */
  readonly server?: readonly string[];
  readonly front?: string;
  readonly tls?: { readonly certificate?: TestCertificateOptions; readonly rules?: readonly string[] };
  readonly outcome: 'exposed' | 'protected' | 'notApplicable';
}

/** One check at nginx, open and closed. */
interface WebRow {
  readonly check: string;
  readonly open: NginxForm;
  readonly closed: readonly NginxForm[];
}

const PACS = '<html><head><title>PACS of the clinic</title></head></html>';
const CANTEEN = '<html><head><title>Canteen</title></head></html>';
const folder = scope.folder('parameters');
const dhFile = join(folder, 'dh.pem');
writeFileSync(dhFile, DH_1024);
const passwordFile = join(folder, 'passwords');
writeFileSync(passwordFile, 'radiology:{PLAIN}not-a-default-37\n');

/** nginx refuses short keys and old suites unless it is told otherwise. */
const ANY_STRENGTH = 'ssl_ciphers ALL:eNULL:@SECLEVEL=0;';
const issued = { isIssued: true, keyType: 'rsa-2048' } as const;
const secureHeaders = [
  'add_header Strict-Transport-Security "max-age=31536000" always;',
  `add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'none'" always;`,
  'add_header X-Content-Type-Options nosniff always;',
];

const rows: readonly WebRow[] = [
  {
    check: 'W05',
    open: { form: 'serves the page in clear', front: PACS, outcome: 'exposed' },
    closed: [
      {
        form: 'sends everybody to HTTPS',
        server: ['return 301 https://$host$request_uri;'],
        outcome: 'protected',
      },
      { form: 'has nothing to do with imaging', front: CANTEEN, outcome: 'notApplicable' },
    ],
  },
  {
    check: 'W06',
    open: {
      form: 'asks for a password in clear',
      server: [`auth_basic "Orthanc Secure Area"; auth_basic_user_file ${passwordFile};`],
      outcome: 'exposed',
    },
    closed: [
      { form: 'asks for nothing', front: PACS, outcome: 'notApplicable' },
      {
        form: 'asks for the password of something else',
        server: [`auth_basic "Canteen"; auth_basic_user_file ${passwordFile};`],
        outcome: 'notApplicable',
      },
    ],
  },
  {
    check: 'W10',
    open: { form: 'autoindex on', server: ['autoindex on;'], outcome: 'exposed' },
    closed: [
      { form: 'autoindex off', server: ['autoindex off;'], outcome: 'protected' },
      { form: 'a page in front of the folder', server: ['autoindex on;'], front: PACS, outcome: 'protected' },
    ],
  },
  {
    check: 'W11',
    open: {
      form: 'repeats any origin, with credentials',
      server: [
        'add_header Access-Control-Allow-Origin $http_origin always;',
        'add_header Access-Control-Allow-Credentials true always;',
      ],
      front: PACS,
      outcome: 'exposed',
    },
    closed: [
      { form: 'says nothing about origins', front: PACS, outcome: 'protected' },
      {
        form: 'names one origin',
        server: ['add_header Access-Control-Allow-Origin https://viewer.example always;'],
        front: PACS,
        outcome: 'protected',
      },
    ],
  },
  {
    check: 'W12',
    open: { form: 'adds no header', front: PACS, tls: {}, outcome: 'exposed' },
    closed: [
      {
        form: 'adds HSTS, CSP and nosniff',
        server: secureHeaders,
        front: PACS,
        tls: {},
        outcome: 'protected',
      },
      { form: 'has nothing to do with imaging', front: CANTEEN, tls: {}, outcome: 'notApplicable' },
    ],
  },
  {
    check: 'W13',
    open: {
      form: "shows WildFly's console beside the archive",
      server: [
        `location = /management { add_header WWW-Authenticate 'Digest realm="ManagementRealm", nonce="x"' always; return 401; }`,
      ],
      front: PACS,
      outcome: 'exposed',
    },
    closed: [
      {
        form: 'keeps it back',
        server: ['location = /management { return 403; }'],
        front: PACS,
        outcome: 'protected',
      },
      { form: 'has none', front: PACS, outcome: 'notApplicable' },
    ],
  },
  {
    check: 'W15',
    open: {
      form: 'passes metrics on',
      server: [String.raw`location = /metrics { default_type text/plain; return 200 "# HELP up x\n"; }`],
      front: PACS,
      outcome: 'exposed',
    },
    closed: [
      {
        form: 'keeps them back',
        server: ['location = /metrics { deny all; }'],
        front: PACS,
        outcome: 'protected',
      },
      { form: 'has none', front: PACS, outcome: 'notApplicable' },
    ],
  },
  {
    check: 'W17',
    open: {
      form: 'links with a token that has no end',
      front: PACS.replace('</html>', '<a href="/view?token=0123456789abcdef0123">'),
      outcome: 'exposed',
    },
    closed: [
      {
        form: 'links without',
        front: PACS.replace('</html>', '<a href="/view?id=7">'),
        outcome: 'notApplicable',
      },
    ],
  },
  {
    check: 'T03',
    open: {
      form: 'TLS 1.0 and 1.1 allowed',
      tls: { rules: ['ssl_protocols TLSv1 TLSv1.1 TLSv1.2;', ANY_STRENGTH], certificate: issued },
      outcome: 'exposed',
    },
    closed: [
      { form: 'TLS 1.2 and 1.3', tls: { rules: ['ssl_protocols TLSv1.2 TLSv1.3;'] }, outcome: 'protected' },
    ],
  },
  {
    check: 'T04',
    open: {
      form: 'all suites, without encryption too',
      tls: { rules: ['ssl_protocols TLSv1.2;', ANY_STRENGTH], certificate: issued },
      outcome: 'exposed',
    },
    closed: [
      {
        form: 'ECDHE with AES-GCM',
        tls: {
          rules: ['ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;'],
          certificate: issued,
        },
        outcome: 'protected',
      },
    ],
  },
  {
    check: 'T05',
    open: {
      form: 'Diffie-Hellman of 1024 bits',
      tls: { rules: [`ssl_dhparam ${dhFile};`, 'ssl_protocols TLSv1.2;', ANY_STRENGTH], certificate: issued },
      outcome: 'exposed',
    },
    closed: [{ form: 'ECDHE alone', tls: { rules: ['ssl_ciphers ECDHE;'] }, outcome: 'protected' }],
  },
  {
    check: 'T06',
    open: { form: 'a certificate that signed itself', tls: { certificate: {} }, outcome: 'exposed' },
    closed: [{ form: 'a certificate of an authority', tls: { certificate: issued }, outcome: 'protected' }],
  },
  {
    check: 'T07',
    open: {
      form: 'an RSA key of 1024 bits',
      tls: { rules: [ANY_STRENGTH], certificate: { keyType: 'rsa-1024' } },
      outcome: 'exposed',
    },
    closed: [{ form: 'an RSA key of 2048 bits', tls: { certificate: issued }, outcome: 'protected' }],
  },
  {
    check: 'T10',
    open: { form: 'TLS 1.2 alone', tls: { rules: ['ssl_protocols TLSv1.2;'] }, outcome: 'exposed' },
    closed: [
      { form: 'TLS 1.2 and 1.3', tls: { rules: ['ssl_protocols TLSv1.2 TLSv1.3;'] }, outcome: 'protected' },
    ],
  },
];

const noNginx = missingTools('nginx');
describe.skipIf(noNginx !== undefined)(titleOf('nginx, open and closed', noNginx), () => {
  const cases = rows.flatMap(({ check, open, closed }) =>
    [open, ...closed].map((form) => ({ check, form: form.form, outcome: form.outcome, settings: form })),
  );
  test.each(cases)('$check $outcome: $form', async ({ check, outcome, settings }) => {
    const { port } = await startNginx(scope, settings.server ?? [], optionsOf(settings));
    const found = checks.find(({ meta }) => meta.id === check);
    if (found === undefined) throw new Error(`there is no check ${check}`);
    const verdict = await askOne(found, { port, protocol: settings.tls === undefined ? 'http' : 'https' });
    expect(verdict).toMatchObject({ outcome });
  });
});

function optionsOf({ front, tls }: NginxForm): NginxOptions {
  const { key, cert } = testCertificate(tls?.certificate ?? {});
  return {
    ...(front === undefined ? {} : { front }),
    ...(tls === undefined ? {} : { tls: { key, cert, rules: tls.rules ?? [] } }),
  };
}
