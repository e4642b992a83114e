import type { Answer } from './answer.ts';
import type { DoorContext } from './door-context.ts';
import { openAPI } from './open-api.ts';
import type { RouteEntry } from './routes.ts';
import type { WebRequest } from './web-request.ts';

/** WADL of what there is (PS3.18 8.9, Annex H): a path a resource, a method of it a method. */
export function capabilities(entries: () => readonly RouteEntry[]) {
  return (context: DoorContext, request: WebRequest, answer: Answer): Promise<void> => {
    const accept = request.header('accept') ?? '';
    const type = /wadl\+xml|\bxml\b/.test(accept) ? 'application/vnd.sun.wadl+xml' : 'application/json';
    const body =
      type === 'application/json'
        ? JSON.stringify(openAPI(entries(), context.baseURL))
        : wadl(entries(), context.baseURL);
    answer.send(200, { 'Content-Type': type, Vary: 'Accept' }, body);
    return Promise.resolve();
  };
}

function wadl(entries: readonly RouteEntry[], baseURL: string): string {
  const resources = entries.map(({ path, handlers, query = [] }) => {
    const template = path
      .replace(/^\/dicom-web/, '')
      .replace(/:(\w+)|\*/g, (_all, name?: string) => `{${name ?? 'path'}}`);
    const named = query.map(({ name, type }) => `<param name="${name}" style="query" type="xs:${type}"/>`);
    const methods = Object.keys(handlers).map((method) =>
      method === 'GET' && named.length > 0
        ? `<method name="GET"><request>${named.join('')}</request></method>`
        : `<method name="${method}"/>`,
    );
    return `<resource path="${template}">${methods.join('')}</resource>`;
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?><application xmlns="http://wadl.dev.java.net/2009/02" xmlns:xs="http://www.w3.org/2001/XMLSchema">' +
    `<resources base="${baseURL}">${resources.join('')}</resources></application>`
  );
}
