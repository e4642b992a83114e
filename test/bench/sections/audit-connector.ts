/**
 * A bare connector: `node audit-connector.ts FILE PORT...` connects to every port of every address of the file, a line
 * each, closes, and prints the milliseconds. It remembers nothing, asks nobody, waits for nobody: what Node can do.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** As many addresses at once as the auditor's sweep. */
const AT_ONCE = 128;

const [file = '', ...portTexts] = process.argv.slice(2);
const addresses = readFileSync(file, 'utf8').trim().split('\n');
const ports = portTexts.map(Number);

function tryPort(host: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const settle = (): void => {
      resolve();
      socket.destroy();
    };
    socket.once('connect', settle);
    socket.on('error', settle);
    socket.connect({ host, port });
  });
}

let next = 0;
async function work(): Promise<void> {
  for (;;) {
    const address = addresses[next++];
    if (address === undefined) return;
    for (const port of ports) await tryPort(address, port);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.stdout.write(`${performance.now() - startedAt}\n`);
