import type { Signs } from './signs.ts';

/** The parts of a web answer that are looked at. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What a front page says about its product. The text is only ever matched against the table of products. */
export function webSigns({ headers, body }: WebAnswer): Signs {
  const server = headers.get('server');
  const realm = /realm="?([^",]{1,100})/i.exec(headers.get('www-authenticate') ?? '')?.[1];
  const location = headers.get('location');
  return {
    ...(server === undefined ? {} : { httpServer: server }),
    ...(realm === undefined ? {} : { httpRealm: realm }),
    ...(location === undefined ? {} : { httpLocation: location }),
    httpBody: body.toString('latin1'),
  };
}
