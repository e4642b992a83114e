import { FRONT_PAGE, isInRange, parseVersion } from '../../products/index.ts';
import type { HttpAsker } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { isWebDoor, productOfDoor } from '../web-doors.ts';
import { meta } from './meta.ts';
import { publishedBundles } from './published-bundles.ts';

/** Start of a bundle that somebody built; it has megabytes, and its version may stand behind this. */
const BUNDLE_BYTES = 256 * 1024;
const CONFIG_BYTES = 64 * 1024;
/** Affected by CVE-2026-12473; 3.12.2 mends it. */
const AFFECTED = '<=3.12.0';
const MENDED = '>=3.12.2';

/** A script of the same server with the name OHIF's build gives it. */
const BUNDLE = /<script\b[^>]{0,300}\bsrc\s*=\s*["']?(\/?(?!\/)[\w./-]{0,200}\bapp\.bundle[\w.-]{0,80}\.js)/i;
/** The version as the build writes it in, or in the name of OHIF's own package. */
const VERSION =
  /(?:VERSION_NUMBER|versionNumber)["']?\s*[:=]\s*["'](\d{1,3}\.\d{1,3}\.\d{1,3})|@ohif\/(?:app|viewer)@(\d{1,3}\.\d{1,3}\.\d{1,3})/;
const URL_SOURCE = /sourceName["']?\s*:\s*["'](?:dicomwebproxy|dicomjson)["']/;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    if ((await productOfDoor(asker)) !== 'OHIF')
      return notApplicable('NO_OHIF', 'no OHIF viewer was recognised');
    const version = await versionOf(asker);
    const urlDataSource = await hasUrlSource(asker);
    const facts = { urlDataSource, ...(version === undefined ? {} : { version }) };
    const numbers = version === undefined ? undefined : parseVersion(version);
    if (version === undefined || numbers === undefined) {
      return inconclusive('VERSION_UNKNOWN', 'the start of the bundle does not tell its version', facts);
    }
    const signs = { webVersion: `OHIF ${version}` };
    if (isInRange(numbers, AFFECTED)) return exposed(facts, { signs });
    if (isInRange(numbers, MENDED)) return { ...isProtected(facts), signs };
    return {
      ...inconclusive('VERSION_UNCLEAR', 'the advisory says nothing about this version', facts),
      signs,
    };
  },
};

async function versionOf(asker: HttpAsker): Promise<string | undefined> {
  const front = (await asker.request(FRONT_PAGE)).body.toString('latin1');
  const name = BUNDLE.exec(front)?.[1];
  if (name === undefined) return undefined;
  const published = publishedBundles.get(/\bapp\.bundle\.([0-9a-f]+)\.js$/.exec(name)?.[1] ?? '');
  if (published !== undefined) return published;
  const path = name.startsWith('/') ? name : `/${name}`;
  const { status, body } = await asker.request({ method: 'GET', path, bodyMaxBytes: BUNDLE_BYTES });
  const found = status === 200 ? VERSION.exec(body.toString('latin1')) : null;
  return found?.[1] ?? found?.[2];
}

/** Whether the configuration lets a URL name the data source; lines that are comments do not count. */
async function hasUrlSource(asker: HttpAsker): Promise<boolean> {
  const { status, body } = await asker.request({
    method: 'GET',
    path: '/app-config.js',
    bodyMaxBytes: CONFIG_BYTES,
  });
  const lines = body.toString('latin1').replace(/^\s*\/\/.*$/gm, '');
  return status === 200 && URL_SOURCE.test(lines);
}
