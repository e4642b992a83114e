import { FRONT_PAGE, identifyProducts, webSigns } from '../products/index.ts';
import type { Evidence } from '../findings/index.ts';
import type { HttpAnswer, HttpAsker } from '../transport/index.ts';
import type { Service, Verdict } from './check.ts';
import { exposed, notApplicable } from './verdicts.ts';

export const isWebDoor = ({ protocol }: Service): boolean => protocol === 'http' || protocol === 'https';

export const isInClear = ({ protocol }: Service): boolean => protocol === 'http';

/** Where the products of the studies and common proxies offer DICOMweb. */
const DICOM_WEB_ROOTS = [
  '/dicom-web',
  '/dcm4chee-arc/aets/DCM4CHEE/rs',
  '/dicomweb',
  '/qido-rs',
  '/rs',
] as const;

/** The one root of products that have but one: fewer questions. */
const ROOT_OF_PRODUCT: Readonly<Record<string, (typeof DICOM_WEB_ROOTS)[number]>> = {
  Orthanc: '/dicom-web',
  Leadglass: '/dicom-web',
  'dcm4chee-arc': '/dcm4chee-arc/aets/DCM4CHEE/rs',
};

/** A page no server has: what it answers here it answers everywhere. */
const NOWHERE = { method: 'GET', path: '/leadglass-auditor-no-such-page' } as const;

const LOGIN_LOCATION = /log-?in|sign-?in|oauth|openid|\bsso\b|saml|\/auth\b|\/realms\//i;

export const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

/** A refusal to strangers: 401, 403, or a redirect to where one logs in. */
export function asksForLogin({ status, headers }: HttpAnswer): boolean {
  if (status === 401 || status === 403) return true;
  return isRedirect(status) && LOGIN_LOCATION.test(headers.get('location') ?? '');
}

/** Statuses that say there is no such page or method. */
export const isAbsent = (status: number): boolean => [404, 405, 410, 501].includes(status);

/** The field in which a password is typed. */
export const PASSWORD_FIELD = /<input\b[^>]{0,300}\btype\s*=\s*["']?password/i;

/** The media type of an answer without its parameters, in lower case. */
export function mediaTypeOf({ headers }: HttpAnswer): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The image product the front page names, if it names one. */
export async function productOfDoor(asker: HttpAsker): Promise<string | undefined> {
  return identifyProducts(webSigns(await asker.request(FRONT_PAGE)))[0]?.name;
}

/** How a door answers a stranger who asks for a page that does not exist: the measure of all its other answers. */
export function answerToNowhere(asker: HttpAsker): Promise<HttpAnswer> {
  return asker.request(NOWHERE);
}

/** Whether everything on this door asks for a login. */
export async function isLoginEverywhere(asker: HttpAsker): Promise<boolean> {
  return asksForLogin(await answerToNowhere(asker));
}

export interface DicomWebDoor {
  readonly kind: 'open' | 'login' | 'unclear';
  readonly root: string;
  readonly status: number;
  /** It had an answer for a UID made a moment ago: it does not filter. */
  readonly answersUnknownUID: boolean;
}

/** Bytes of a search result that are looked at: brackets, and no value of any element. */
const RESULT_START_BYTES = 8;

/**
 * The first root at which a zero-match search for studies (QIDO-RS, PS3.18 10.6) is answered: `open` beats `login`
 * beats `unclear`. Undefined when there is no DICOMweb. A server that answers everything alike proves nothing.
 */
export async function findDicomWeb(asker: HttpAsker): Promise<DicomWebDoor | undefined> {
  const product = await productOfDoor(asker);
  const known = product === undefined ? undefined : ROOT_OF_PRODUCT[product];
  const isGuarded = await isLoginEverywhere(asker);
  const roots = known === undefined ? DICOM_WEB_ROOTS : [known];
  let best: DicomWebDoor | undefined;
  // Behind a login for everything each root gives the same answer.
  for (const root of isGuarded ? roots.slice(0, 1) : roots) {
    const door = await askRoot(asker, root);
    if (door?.kind === 'open') return door;
    if (door !== undefined && (best === undefined || rank(door) < rank(best))) best = door;
  }
  return best;
}

const rank = ({ kind }: DicomWebDoor): number => ['open', 'login', 'unclear'].indexOf(kind);

/** The search itself: one study by a UID that names nothing. */
export function searchPath(root: string, unknownUID: string): string {
  return `${root}/studies?StudyInstanceUID=${unknownUID}&limit=1`;
}

async function askRoot(asker: HttpAsker, root: string): Promise<DicomWebDoor | undefined> {
  const answer = await asker.request({
    method: 'GET',
    path: searchPath(root, asker.unknownUID),
    headers: { Accept: 'application/dicom+json' },
    bodyMaxBytes: RESULT_START_BYTES,
  });
  const { status } = answer;
  const door = (kind: DicomWebDoor['kind'], answersUnknownUID = false): DicomWebDoor => ({
    kind,
    root,
    status,
    answersUnknownUID,
  });
  if (asksForLogin(answer)) return door('login');
  const nowhere = await answerToNowhere(asker);
  const isLikeNowhere = nowhere.status === status;
  if (status === 204) return isLikeNowhere ? undefined : door('open');
  if (status === 200) {
    const isDicomJson = mediaTypeOf(answer) === 'application/dicom+json';
    const isJson = isDicomJson || mediaTypeOf(answer) === 'application/json';
    const start = answer.body.toString('latin1').trimStart();
    if (!isJson || !start.startsWith('[')) return undefined;
    if (start.slice(1).trimStart().startsWith(']')) {
      // A front end may have a page for every path; whoever has the same list for every path did not search.
      const isSameList = isLikeNowhere && mediaTypeOf(nowhere) === mediaTypeOf(answer);
      return isSameList ? undefined : door('open');
    }
    // Something else with a JSON list behind every path is no archive.
    return isDicomJson && !isLikeNowhere ? door('open', true) : undefined;
  }
  return isAbsent(status) || isRedirect(status) || isLikeNowhere ? undefined : door('unclear');
}

/** Why a door is taken for one of medical imaging, in words; undefined for any other web server. */
export async function imagingSign(asker: HttpAsker, service: Service): Promise<string | undefined> {
  const product = await productOfDoor(asker);
  if (product !== undefined) return product;
  const front = (await asker.request(FRONT_PAGE)).body.toString('latin1');
  if (IMAGING_TITLE.test(front)) return 'title';
  if (service.system.services.some(isDicomDoor)) return 'DICOM on the same system';
  const door = await findDicomWeb(asker);
  return door === undefined || (door.kind !== 'open' && (await isLoginEverywhere(asker)))
    ? undefined
    : 'DICOMweb';
}

/** What would be harmless on any other server is exposed only where something shows that this one is of imaging. */
export async function exposedIfImaging(
  asker: HttpAsker,
  service: Service,
  facts: Evidence,
): Promise<Verdict> {
  return (await imagingSign(asker, service)) === undefined
    ? notApplicable('NOT_IMAGING', 'nothing shows that this is a door of imaging', facts)
    : exposed(facts);
}

/** It speaks DICOM, or TLS at a port for DICOM: a door that wants a certificate says no more to strangers. */
const isDicomDoor = ({ speaksDicom, speaksTls, isDicomPort }: Service): boolean =>
  speaksDicom || (speaksTls && isDicomPort);

const IMAGING_TITLE = /<title>[^<]{0,200}\b(?:DICOM|PACS|radiology|teleradiology|medical imaging)\b/i;
