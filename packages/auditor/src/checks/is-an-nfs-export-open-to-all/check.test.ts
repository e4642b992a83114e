import { describe, expect, test } from 'vitest';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { check } from './check.ts';

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer =>
  Buffer.concat([word(value.length), Buffer.from(value), Buffer.alloc((4 - (value.length % 4)) % 4)]);

/** A reply with the call's xid: accepted, no verifier, success, and the results. */
function reply(call: Buffer, ...results: readonly Buffer[]): Buffer {
  const message = Buffer.concat([call.subarray(4, 8), ...[1, 0, 0, 0, 0].map(word), ...results]);
  return Buffer.concat([word(0x80000000 + message.length), message]);
}

/** Export entries: a path, then its groups. */
const exportList = (...exports: readonly (readonly string[])[]): Buffer =>
  Buffer.concat([
    ...exports.flatMap(([path = '', ...groups]) => [
      word(1),
      text(path),
      ...groups.flatMap((group) => [word(1), text(group)]),
      word(0),
    ]),
    word(0),
  ]);

const startMount = (exports: Buffer): ReturnType<typeof startScripted> =>
  startScripted({ answer: (_turn, call) => reply(call, exports) });

describe('S01 is an NFS export open to all', () => {
  test('exposed: by the port mapper to an export for * (RFC 1813 5.2.5); no name is kept', async () => {
    await using mount = await startMount(exportList(['/canary/images', '*'], ['/home', '10.0.0.0/8']));
    await using mapper = await startScripted({ answer: (_turn, call) => reply(call, word(mount.port)) });
    const verdict = await askOne(check, { port: mapper.port, protocol: 'rpcbind' });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { exports: 2, exportsToEverybody: 1 } });
    expect(JSON.stringify(verdict)).not.toContain('canary');
  });

  test('exposed: an export without groups', async () => {
    await using mount = await startMount(exportList(['/images']));
    expect(await askOne(check, { port: mount.port, protocol: 'mountd' })).toMatchObject({
      outcome: 'exposed',
    });
  });

  test('protected: every export names its hosts', async () => {
    await using mount = await startMount(exportList(['/images', 'pacs1', '192.168.0.0/24']));
    const verdict = await askOne(check, { port: mount.port, protocol: 'mountd' });
    expect(verdict).toMatchObject({ outcome: 'protected', evidence: { exports: 1 } });
  });

  test('not applicable: no MOUNT is registered', async () => {
    await using mapper = await startScripted({ answer: (_turn, call) => reply(call, word(0)) });
    const verdict = await askOne(check, { port: mapper.port, protocol: 'rpcbind' });
    expect(verdict).toMatchObject({ outcome: 'notApplicable' });
  });
});
