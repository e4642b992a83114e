import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templateOf } from '../client/store.ts';
import { pixelsOf } from '../data/template.ts';
import type { Peer } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';

/** What Node.js gives at best where a frame of a CT is asked for: no archive, a ceiling. */
function bareFrames(what: 'decrypts' | 'sends', label: string): Peer {
  const peer: Peer = {
    key: `ceiling-${what}`,
    label,
    durability: 'nothing is stored',
    atRest: what === 'decrypts' ? 'encrypted' : 'readable',
    transports: ['TLS'],
    isInstalled: () => true,
    async start({ folder, serverCertificate, clientCertificate }) {
      for (const name of ['key.pem', 'cert.pem'])
        copyFileSync(join(serverCertificate, name), join(folder, name));
      writeFileSync(join(folder, 'frame'), pixelsOf(templateOf('CT')));
      const port = await freePort();
      const server = new ServerProcess({
        command: process.execPath,
        args: [
          fileURLToPath(new URL('./bare-frames-server.ts', import.meta.url)),
          folder,
          String(port),
          what,
        ],
        logFile: join(folder, 'log'),
      });
      const caFile = join(clientCertificate, 'ca.pem');
      return {
        peer,
        process: server,
        // It speaks no DICOM: nobody asks there.
        target: { host: '127.0.0.1', port, callingAETitle: 'NOBODY', calledAETitle: 'NOBODY' },
        web: { host: '127.0.0.1', port, base: '', caFile, protocol: 'HTTP/1.1' },
        firstEchoMs: NaN,
        stop: () => server.stop(),
      };
    },
  };
  return peer;
}

export const bareSending: Peer = bareFrames('sends', 'bare Node.js, sends one frame');
export const bareDecrypting: Peer = bareFrames('decrypts', 'bare Node.js, decrypts, sends');
