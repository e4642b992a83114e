import { createReadStream, existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { homedir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import type { Scope } from './scope.ts';
import { runTool } from './tools.ts';

export const OHIF_VERSION = '3.13.2';

/** Where scripts/set-up-ohif.sh puts it. */
const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const FOLDER = process.env['LEADGLASS_OHIF'] ?? join(CACHE, 'leadglass-tests', `ohif-${OHIF_VERSION}`);
const DIST = join(FOLDER, 'package', 'dist');

/** Why OHIF cannot be used; undefined when it can. Goes into the suite's title. */
export const ohifMissingReason = existsSync(join(DIST, 'index.html'))
  ? undefined
  : `OHIF ${OHIF_VERSION} is not there: sh scripts/set-up-ohif.sh`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** The configuration of the guide (docs/guide/connect-a-viewer.md): the only file that is not OHIF's own. */
export function ohifConfig(dicomWeb: string): string {
  const guide = new URL('../../docs/guide/connect-a-viewer.md', import.meta.url);
  const block = /```js\n([\s\S]*?)```/.exec(readFileSync(guide, 'utf8'))?.[1];
  if (block === undefined) throw new Error('the guide has no app-config.js');
  return block.replaceAll('https://archive.example.org:8443/dicom-web', dicomWeb);
}

/** Serves stock OHIF over HTTPS as any web server would: its files, and index.html for every path of the application. */
export async function serveOhif(scope: Scope, port: number, config: () => string): Promise<string> {
  const folder = scope.folder('ohif');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const made = await runTool('openssl', [...request, ...subject, '-keyout', key, '-out', cert]);
  if (made.code !== 0) throw new Error(`openssl failed: ${made.output}`);
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    ({ url = '/' }, response) => {
      const { pathname } = new URL(url, 'https://localhost');
      if (pathname !== '/app-config.js') return sendFile(pathname, response);
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(config());
    },
  );
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  scope.onClose(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${port}`;
}

function sendFile(pathname: string, response: ServerResponse): void {
  const wanted = join(DIST, normalize(decodeURIComponent(pathname)));
  const isFile = extname(wanted) !== '' && wanted.startsWith(DIST) && existsSync(wanted);
  const file = isFile ? wanted : join(DIST, 'index.html');
  response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
}
