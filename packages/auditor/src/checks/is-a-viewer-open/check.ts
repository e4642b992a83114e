import { hash } from 'node:crypto';
import { FRONT_PAGE, ORTHANC_SYSTEM } from '../../products/index.ts';
import type { HttpAsker } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { PASSWORD_FIELD, asksForLogin, findDicomWeb, isWebDoor, productOfDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

/** Products whose front page is a viewer that loads its list by itself. */
const VIEWERS: ReadonlySet<string> = new Set(['OHIF', 'Orthanc']);

const LIST_TITLE =
  /<title>[^<]{0,100}\b(?:stud(?:y|ies) ?list|patient list|radiology worklist|dicom worklist)\b/i;
const LIST_CLASS =
  /\b(?:class|id)\s*=\s*["'][^"']{0,200}\b((?:study|studies|patient)-?_?(?:work)?-?_?list)\b/i;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const front = await asker.request(FRONT_PAGE);
    const product = await productOfDoor(asker);
    if (product !== undefined && VIEWERS.has(product)) {
      if (asksForLogin(front)) return isProtected({ viewer: product, status: front.status });
      return judgeData(product, await dataOf(asker, product));
    }
    const page = front.body.toString('latin1');
    const listClass = LIST_CLASS.exec(page)?.[1];
    if (front.status !== 200 || (listClass === undefined && !LIST_TITLE.test(page))) {
      return notApplicable('NO_VIEWER', 'no viewer was recognised');
    }
    if (PASSWORD_FIELD.test(page)) return isProtected({ asksForPassword: true });
    const sign =
      listClass === undefined
        ? { sign: 'title' }
        : { sign: 'class of the page', classHash: hash('sha256', listClass.toLowerCase()).slice(0, 12) };
    return exposed({ ...sign, status: front.status }, { grants: ['H'] });
  },
};

type Data = 'open' | 'login' | 'unknown';

/** Whether the archive behind the viewer answers strangers: the page itself holds no patients. */
async function dataOf(asker: HttpAsker, product: string): Promise<Data> {
  if (product === 'Orthanc') {
    const system = await asker.request(ORTHANC_SYSTEM);
    if (system.status === 200 && system.body.includes('"ApiVersion"')) return 'open';
    if (asksForLogin(system)) return 'login';
  }
  const kind = (await findDicomWeb(asker))?.kind;
  return kind === 'open' || kind === 'login' ? kind : 'unknown';
}

function judgeData(viewer: string, data: Data): ReturnType<typeof isProtected> {
  if (data === 'open') return exposed({ viewer, dataSource: 'open' }, { grants: ['H'] });
  if (data === 'login') return isProtected({ viewer, dataSource: 'asks for a login' });
  return inconclusive('VIEWER_ONLY', 'a viewer is served; its data source is elsewhere', { viewer });
}
