import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/**
 * Sweeps in a process of its own that takes every file descriptor it may have first, and gives them back for the last
 * address. A server is listening before: it needs one too.
 */
const SCRIPT = `
import { openSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { TrierCrew } from ${JSON.stringify(new URL('./trier-crew.ts', import.meta.url).href)};

const server = createServer((socket) => socket.destroy());
await new Promise((resolve) => server.listen(0, '127.54.0.1', resolve));
const port = server.address().port;
const crew = new TrierCrew(2_000, 64);
const visit = (address) =>
  new Promise((told) => crew.visit({ address, ports: [port, port], refusal: () => undefined, told }));
// What a first connection opens for good.
await visit('127.54.0.2');
const held = [];
try {
  for (;;) held.push(openSync('/dev/null'));
} catch {}
const since = performance.now();
const lacked = await Promise.all(Array.from({ length: 200 }, (_, at) => visit('127.54.0.' + (at + 1))));
const lackedMs = performance.now() - since;
for (const one of held) closeSync(one);
const limit = crew.limit;
const free = await visit('127.54.0.1');
for (let at = 0; at < 600; at++) await visit('127.54.1.1');
console.log(JSON.stringify({ lacked: lacked.map((one) => one.join()), lackedMs, free, limit, raised: crew.limit }));
process.exit();
`;

const answerSchema = z.object({
  lacked: z.array(z.string()),
  lackedMs: z.number(),
  free: z.array(z.string()),
  limit: z.number(),
  raised: z.number(),
});

describe('a crew in a process without a free file descriptor', () => {
  test('gives every address up as not asked within a bound, and goes on when there are some again', async () => {
    const words = [
      '-c',
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '-e',
      SCRIPT,
    ];
    const output = await new Promise<string>((resolve, reject) => {
      execFile('sh', words, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr));
      });
    });
    const { lacked, lackedMs, free, limit, raised } = answerSchema.parse(JSON.parse(output));
    expect(new Set(lacked)).toEqual(new Set(['no-socket']));
    // It waited, and not once for each address.
    expect(lackedMs).toBeGreaterThan(5_000);
    expect(lackedMs).toBeLessThan(20_000);
    expect(free).toEqual(['open', 'open']);
    // After 256 addresses without a shortage one more is tried at once.
    expect([limit, raised]).toEqual([1, 3]);
  }, 60_000);
});
