import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import { ftpReply, logInAnonymously } from '../../protocols/ftp.ts';
import { isListing, objectStoreOf } from '../../protocols/object-store.ts';
import type { HttpAsker } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Longest listing that is counted, bytes; what comes after makes the number a lower bound. */
const LISTING_MAX_BYTES = 256 * 1024;
/** Preamble and prefix (PS3.10 7.1). */
const HEAD_BYTES = 132;
const DICM = Buffer.from('DICM', 'latin1');

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: ({ protocol }) => ['http', 'https', 'ftp'].includes(protocol),
  async ask(asker, service) {
    const found = service.protocol === 'ftp' ? await countByFtp(asker) : await countByHttp(asker);
    if (found === undefined) return notApplicable('NO_OPEN_SHARE', 'no folder is listed to strangers here');
    const { share, files, isCut, hasDicomPrefix } = found;
    const evidence = { share, dcmFiles: files, isLowerBound: isCut };
    if (files === 0) return isProtected(evidence);
    return exposed(hasDicomPrefix === undefined ? evidence : { ...evidence, hasDicomPrefix }, {
      grants: ['S'],
      counts: { files: { value: files, isLowerBound: isCut } },
    });
  },
};

interface Found {
  readonly share: 'FTP' | 'WebDAV' | 'object store';
  readonly files: number;
  readonly isCut: boolean;
  readonly hasDicomPrefix?: boolean;
}

/** STAT of the top folder answers on the control connection: no second port is opened (RFC 959 4.1.3). */
function countByFtp(asker: HttpAsker): Promise<Found | undefined> {
  return converseWith(asker, 'number of .dcm files by FTP', async (conversation) => {
    const reader = new AnswerReader(conversation);
    const login = await logInAnonymously(reader, (text) => conversation.write(text));
    if (!login.isLoggedIn) return undefined;
    conversation.write('STAT /\r\n');
    const { code, lines } = await reader.next(ftpReply);
    if (code !== 211 && code !== 212 && code !== 213) return undefined;
    const files = lines.filter((text) => /\.dcm$/i.test(text)).length;
    return { share: 'FTP', files, isCut: false };
  });
}

async function countByHttp(asker: HttpAsker): Promise<Found | undefined> {
  const isStore = objectStoreOf(await asker.request({ method: 'HEAD', path: '/' })) !== undefined;
  const listing = isStore
    ? await asker.request({ method: 'GET', path: '/?list-type=2', bodyMaxBytes: LISTING_MAX_BYTES })
    : await asker.request({
        method: 'PROPFIND',
        path: '/',
        headers: { Depth: '1' },
        bodyMaxBytes: LISTING_MAX_BYTES,
      });
  if (isStore ? !isListing(listing) : listing.status !== 207) return undefined;
  const text = listing.body.toString('latin1');
  const names = [...text.matchAll(/<(?:\w+:)?(?:Key|href)>([^<]{1,1024}\.dcm)</gi)];
  const path = pathOf(names[0]?.[1], isStore);
  const isCut = listing.isCut || /<IsTruncated>true</.test(text);
  const found = { share: isStore ? 'object store' : 'WebDAV', files: names.length, isCut } as const;
  return path === undefined ? found : { ...found, hasDicomPrefix: await hasPrefix(asker, path) };
}

/** Path of a listed file on this server; undefined for another server's. */
function pathOf(name: string | undefined, isKey: boolean): string | undefined {
  if (name === undefined) return undefined;
  if (isKey) return `/${name.split('/').map(encodeURIComponent).join('/')}`;
  return name.startsWith('/') && !name.startsWith('//') ? name : undefined;
}

/** Whether the file says DICM after its preamble: 132 bytes are asked for, and no more are read. */
async function hasPrefix(asker: HttpAsker, path: string): Promise<boolean> {
  const range = { Range: `bytes=0-${HEAD_BYTES - 1}` };
  const { body } = await asker.request({ method: 'GET', path, headers: range, bodyMaxBytes: HEAD_BYTES });
  return body.subarray(HEAD_BYTES - DICM.length).equals(DICM);
}
