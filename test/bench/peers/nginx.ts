import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TLS_CIPHERS } from '../../../packages/server/src/identity/device-tls.ts';
import { findProgram } from './find-program.ts';
import { ServerProcess } from './server-process.ts';

export const nginxIsInstalled = (): boolean => findProgram('nginx') !== undefined;

export interface TLSFront {
  /** An empty folder of its own. */
  readonly folder: string;
  /** Where it listens, and whom it speaks for. */
  readonly port: number;
  readonly behindPort: number;
  /** Folder with key.pem and cert.pem. */
  readonly certificate: string;
}

/**
 * TLS in front of a server that has none, as fast as it can be told to be: connections behind it stay open, nothing
 * is written to a file on its way.
 */
export function startNginx({ folder, port, behindPort, certificate }: TLSFront): ServerProcess {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  const tls12Ciphers = TLS_CIPHERS.split(':').filter((name) => !name.startsWith('TLS_'));
  // A server of root's gives its workers away to somebody who may not enter the bench's folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};`,
  );
  writeFileSync(
    file,
    `${user}
daemon off;
worker_processes auto;
pid ${join(folder, 'nginx.pid')};
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  tcp_nodelay on;
${temporary.join('\n')}
  client_max_body_size 0;
  client_body_buffer_size 1m;
  proxy_request_buffering off;
  proxy_buffers 16 128k;
  proxy_buffer_size 64k;
  proxy_busy_buffers_size 512k;
  proxy_max_temp_file_size 0;
  keepalive_requests 1000000;
  upstream behind {
    server 127.0.0.1:${behindPort};
    keepalive 64;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${join(certificate, 'cert.pem')};
    ssl_certificate_key ${join(certificate, 'key.pem')};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ${tls12Ciphers.join(':')};
    ssl_buffer_size 16k;
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }
}
`,
  );
  return new ServerProcess({
    command: findProgram('nginx') ?? 'nginx',
    args: ['-p', folder, '-c', file],
    logFile: join(folder, 'log'),
  });
}
