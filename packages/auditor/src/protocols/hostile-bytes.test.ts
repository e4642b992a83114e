import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checks } from '../checks/index.ts';
import { askOne } from '../testing/ask.ts';
import { startScripted } from '../testing/scripted-server.ts';
import { ProbeError } from '../transport/index.ts';
import { framed, line } from './answer-reader.ts';
import type { Parse } from './answer-reader.ts';
import { berChildren, berMessage } from './ber.ts';
import { Fields } from './fields.ts';
import { ftpReply } from './ftp.ts';
import { acknowledgement } from './mllp.ts';
import { parseMongoReply } from './mongodb.ts';
import { findChallenge, ntlmAuthenticate } from './ntlm.ts';
import { startupAnswer } from './postgresql.ts';
import { parseConnectionConfirm } from './remote-desktop.ts';
import { responseStatus } from './snmp.ts';
import { parseMysqlGreeting, parsePrelogin } from './sql-greetings.ts';
import { parseShareCount } from './srvsvc.ts';
import { parseKexInit } from './ssh.ts';
import { countExports, parseReply, record } from './sun-rpc.ts';

/** Noise, and noise behind what makes a codec go on. */
const bytes = fc
  .tuple(
    fc.constantFrom(
      '',
      '80000010',
      '4e544c4d5353500002000000',
      '0a',
      '04010008',
      '300c',
      '0500020310000000',
      '0b4d5348',
    ),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'hex'), rest]));

/** A value, or a ProbeError of the protocol; anything else fails the test. */
function valueOrProbeError(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProbeError) || error.code !== 'PROTOCOL') throw error;
  }
}

const readers: readonly (readonly [string, (value: Buffer) => unknown])[] = [
  ['ONC RPC reply', (value) => parseReply(value, 0)],
  ['export list', (value) => countExports(new Fields(value))],
  ['NTLM challenge', (value) => ntlmAuthenticate('guest', findChallenge(value), Buffer.alloc(8))],
  ['share list', parseShareCount],
  ['MySQL greeting', parseMysqlGreeting],
  ['TDS PRELOGIN', parsePrelogin],
  ['MongoDB reply', parseMongoReply],
  ['RDP Connection Confirm', parseConnectionConfirm],
  ['SSH KEXINIT', parseKexInit],
  ['SNMP response', (value) => responseStatus(value, 1)],
  ['BER children', berChildren],
];

const messages: readonly (readonly [string, Parse<unknown>])[] = [
  ['ONC RPC record', record],
  ['line', line],
  ['FTP reply', ftpReply],
  ['BER', berMessage],
  ['PostgreSQL', startupAnswer],
  ['MLLP', acknowledgement],
  ['framed', framed(4, (header) => header.readUInt32BE(0))],
];

describe('codecs', () => {
  test.each(readers)('%s: any bytes give a value or PROTOCOL', (_name, read) => {
    fc.assert(fc.property(bytes, (value) => valueOrProbeError(() => read(value))));
  });

  test.each(messages)('%s: any bytes give a message within them, "not yet" or PROTOCOL', (_name, parse) => {
    fc.assert(
      fc.property(bytes, (value) => {
        valueOrProbeError(() => {
          const parsed = parse(value);
          if (parsed === undefined) return;
          expect(parsed.length).toBeGreaterThan(0);
          expect(parsed.length).toBeLessThanOrEqual(value.length);
        });
      }),
    );
  });
});

/** Protocols that are spoken over conversations of their own. */
const PROTOCOLS = [
  'rpcbind',
  'mountd',
  'smb',
  'ftp',
  'rsync',
  'iscsi',
  'postgresql',
  'mysql',
  'mssql',
  'redis',
  'mongodb',
  'hl7',
  'rdp',
  'vnc',
  'telnet',
  'ssh',
  'ldap',
  'docker',
  'kubernetes',
  'elasticsearch',
];

/** Servers that say something else; a few runs each, because every run makes connections. */
const RUNS = 8;

describe('checks of shares and neighbours', () => {
  test.each(PROTOCOLS)('%s: any bytes of a target give a verdict or a ProbeError', async (protocol) => {
    const asked = checks.filter(({ meta }) => meta.group === 'shares' || meta.group === 'neighbours');
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (said, atOnce) => {
        await using server = await startScripted(
          atOnce ? { greeting: said, hangsUp: true } : { answer: () => [said, 'end'] },
        );
        const options = { port: server.port, protocol, optIns: ['hl7Message', 'shareContent'] } as const;
        const system = { address: '127.0.0.1', services: [] };
        const facts = { speaksDicom: false, speaksTls: false, isDicomPort: false, system };
        for (const check of asked.filter((one) => one.matches({ ...options, ...facts }))) {
          // Those that wait for the server to speak first would wait for their whole patience.
          if (!atOnce && ['ftp', 'rsync', 'mysql', 'vnc', 'telnet'].includes(protocol)) continue;
          await askOne(check, options).catch((error: unknown) => {
            if (!(error instanceof ProbeError)) throw error;
          });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('a target that talks without end costs a bounded number of bytes', async () => {
    await using server = await startScripted({ greeting: Buffer.alloc(1024 * 1024, 'A') });
    const ftp = checks.find(({ meta }) => meta.id === 'S03');
    if (ftp === undefined) throw new Error('no S03');
    await expect(askOne(ftp, { port: server.port, protocol: 'ftp' })).rejects.toMatchObject({
      code: 'PROTOCOL',
    });
  });
});
