import { ORTHANC_SYSTEM } from '../../products/index.ts';
import type { HttpAnswer, HttpAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import {
  asksForLogin,
  findDicomWeb,
  isLoginEverywhere,
  isWebDoor,
  mediaTypeOf,
  productOfDoor,
} from '../web-doors.ts';
import { meta } from './meta.ts';

/** WADO-URI (PS3.18 9) of proxies and of dcm4chee. */
const URI_PATHS = ['/wado', '/dcm4chee-arc/aets/DCM4CHEE/wado'] as const;
/** An instance of Orthanc's own interface that cannot exist. */
const ORTHANC_FILE = '/instances/00000000-00000000-00000000-00000000-00000000/file';
const PROBLEM_BYTES = 1_024;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const byRS = await askRS(asker);
    if (byRS?.outcome === 'exposed') return byRS;
    const byURI = (await isLoginEverywhere(asker)) ? undefined : await askURI(asker);
    if (byURI?.outcome === 'exposed') return byURI;
    const byREST = await askOrthanc(asker);
    return (
      byREST ?? byRS ?? byURI ?? notApplicable('NO_WADO', 'neither WADO-RS nor WADO-URI at the usual paths')
    );
  },
};

async function askRS(asker: HttpAsker): Promise<Verdict | undefined> {
  const door = await findDicomWeb(asker);
  if (door === undefined) return undefined;
  if (door.kind === 'login' && (await isLoginEverywhere(asker))) {
    // Only of a known product does a login before everything say that there is something to retrieve.
    const isKnown = (await productOfDoor(asker)) !== undefined;
    return isKnown ? isProtected({ loginBeforeEverything: true }) : undefined;
  }
  const answer = await asker.request({
    method: 'GET',
    path: `${door.root}/studies/${asker.unknownUID}`,
    headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
  });
  const facts = { service: 'WADO-RS', root: door.root, status: answer.status };
  if (asksForLogin(answer)) return isProtected(facts);
  const isFound = [404, 410, 204].includes(answer.status);
  if (isFound && door.kind === 'open') return exposed(facts, { grants: ['H'] });
  return inconclusive('STATUS_UNCLEAR', 'the answer does not show whether retrieval needs a login', facts);
}

async function askURI(asker: HttpAsker): Promise<Verdict | undefined> {
  let refusal: Verdict | undefined;
  for (const path of URI_PATHS) {
    const bare = await asker.request({ method: 'GET', path });
    if (asksForLogin(bare)) refusal ??= isProtected({ service: 'WADO-URI', status: bare.status });
    // The service names what is missing; a server without it has no such page.
    if (bare.status !== 400) continue;
    const uid = asker.unknownUID;
    const query = `requestType=WADO&studyUID=${uid}&seriesUID=${uid}.1&objectUID=${uid}.2`;
    const answer = await asker.request({ method: 'GET', path: `${path}?${query}` });
    const facts = { service: 'WADO-URI', path, status: answer.status };
    if ([404, 410].includes(answer.status)) return exposed(facts, { grants: ['H'] });
    if (asksForLogin(answer)) refusal ??= isProtected(facts);
  }
  return refusal;
}

/** Orthanc serves files by its own interface too, with or without the DICOMweb plugin. */
async function askOrthanc(asker: HttpAsker): Promise<Verdict | undefined> {
  const system = await asker.request(ORTHANC_SYSTEM);
  if (system.status !== 200 || !system.body.includes('"ApiVersion"')) return undefined;
  const answer = await asker.request({ method: 'GET', path: ORTHANC_FILE, bodyMaxBytes: PROBLEM_BYTES });
  return isOrthancMiss(answer)
    ? exposed({ service: 'REST of Orthanc', status: answer.status }, { grants: ['H'] })
    : undefined;
}

/** Orthanc's own "unknown resource", not a proxy's. */
function isOrthancMiss(answer: HttpAnswer): boolean {
  return (
    answer.status === 404 && !mediaTypeOf(answer).includes('html') && answer.body.includes('OrthancError')
  );
}
