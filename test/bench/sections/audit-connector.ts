/**
 * A bare connector: `node audit-connector.ts FILE PORT...` connects to every port of every address of the file, a line
 * each, closes, and prints the milliseconds. It remembers nothing, asks nobody, waits for nobody, and uses each socket
 * again: what one thread of Node can do.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** As many addresses at once as a thread of the auditor's sweep. */
const AT_ONCE = 48;

const [file = '', ...portTexts] = process.argv.slice(2);
const addresses = readFileSync(file, 'utf8').trim().split('\n');
const ports = portTexts.map(Number);
// Nobody reads the stacks of refused connections.
Error.stackTraceLimit = 0;

let next = 0;

/** Goes from port to port and from address to address until there is none left. */
function work(): Promise<void> {
  return new Promise((resolve) => {
    const socket = new Socket();
    let address = addresses[next++];
    let at = 0;
    const connect = (): void => {
      if (at === ports.length) {
        address = addresses[next++];
        at = 0;
      }
      const port = ports[at++];
      if (address === undefined || port === undefined) resolve();
      else socket.connect({ host: address, port });
    };
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', connect);
    connect();
  });
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.stdout.write(`${performance.now() - startedAt}\n`);
