/**
 * What Node.js gives at best: an HTTPS server that answers every request with the same frame, in a multipart body, and does
 * nothing else. With `decrypts` it has the frame encrypted in a file, many times over, as an archive has many frames, and
 * reads and decrypts one for each answer. It looks nothing up, asks nobody who they are and records nothing.
 * Arguments: a folder with key.pem, cert.pem and frame, the port, `decrypts` or `sends`.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { TLS_CIPHERS } from '../../../packages/server/src/identity/device-tls.ts';

const ALGORITHM = 'aes-256-gcm';
/** Frames in the file. */
const FRAMES = 200;
/** What is decrypted at once: Node.js gives it in new memory, which is the same again when it is short. */
const SLICE_BYTES = 62 * 1024;
const BOUNDARY = 'frame';

const [folder = '', port = '', what] = process.argv.slice(2);
const frame = readFileSync(join(folder, 'frame'));

/** Memory that was sent. */
const spare: Buffer[] = [];

/** Puts one frame after the other into memory that was sent before. */
function decrypter(): () => Buffer {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  const encrypted = Buffer.concat([cipher.update(frame), cipher.final()]);
  const tag = cipher.getAuthTag();
  const file = openSync(join(folder, 'frames'), 'wx+');
  for (let number = 0; number < FRAMES; number++) writeSync(file, encrypted);
  let next = 0;
  return () => {
    const target = spare.pop() ?? Buffer.allocUnsafeSlow(frame.length);
    readSync(file, encrypted, 0, frame.length, (next++ % FRAMES) * frame.length);
    const decipher = createDecipheriv(ALGORITHM, key, nonce).setAuthTag(tag);
    for (let at = 0; at < frame.length; at += SLICE_BYTES) {
      const slice = decipher.update(encrypted.subarray(at, at + SLICE_BYTES));
      target.set(slice, at);
      if (slice.buffer instanceof ArrayBuffer && slice.byteLength === slice.buffer.byteLength)
        slice.buffer.transfer(0);
    }
    decipher.final();
    return target;
  };
}

const next = what === 'decrypts' ? decrypter() : () => frame;
const type = 'application/octet-stream';
const start = Buffer.from(`--${BOUNDARY}\r\nContent-Type: ${type}\r\n\r\n`);
const end = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
const headers = {
  'Content-Type': `multipart/related; type="${type}"; boundary=${BOUNDARY}`,
  'Content-Length': start.length + frame.length + end.length,
};

const server = createServer(
  {
    key: readFileSync(join(folder, 'key.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
    ciphers: TLS_CIPHERS,
  },
  (_request, response) => {
    response.writeHead(200, headers);
    response.write(start);
    const bytes = next();
    response.write(bytes, () => {
      if (bytes !== frame) spare.push(bytes);
    });
    response.end(end);
  },
);
server.listen(Number(port), '127.0.0.1');
