import type { HttpAnswer, HttpAsker, HttpQuestion } from '../../transport/index.ts';
import { FRONT_PAGE } from '../../products/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { isLoginEverywhere, isWebDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

/** Read of a listing: some two thousand links. There may be millions; the count is then a lower bound. */
const LISTING_BYTES = 256 * 1024;
const FOLDERS = ['/dicom/', '/DICOM/', '/images/'] as const;

/** How nginx, Apache, lighttpd, Python, IIS and Tomcat begin a listing. */
const LISTING =
  /<title>\s*(?:Index of|Directory listing for|Directory: )\s*\/|\[To Parent Directory\]|<title>Directory Listing For/i;
/** DICOM files by their names, and the packs in which Leadglass keeps them. */
const LINK = /\bhref\s*=\s*["']?[^"'>]{0,500}?(?:\.dcm|\.dicom|DICOMDIR|\b\d{8}\.pack)["'>?]/gi;

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    if (await isLoginEverywhere(asker)) return isProtected({ listing: false });
    const front = await asker.request(FRONT_PAGE);
    let listings = 0;
    let files = 0;
    let isCut = false;
    for (const path of ['/', ...FOLDERS]) {
      const answer = path === '/' && !isListing(front) ? front : await page(asker, path);
      if (!isListing(answer)) continue;
      listings++;
      files += [...answer.body.toString('latin1').matchAll(LINK)].length;
      isCut ||= answer.isCut;
    }
    if (listings === 0) return isProtected({ listing: false });
    if (files === 0) return notApplicable('NO_IMAGES', 'a listing, but no DICOM files in it', { listings });
    const counts = { files: { value: files, isLowerBound: isCut } };
    return exposed({ listings, files, isLowerBound: isCut }, { grants: ['H'], counts });
  },
};

function page(asker: HttpAsker, path: string): Promise<HttpAnswer> {
  const question: HttpQuestion = { method: 'GET', path, bodyMaxBytes: LISTING_BYTES };
  return asker.request(question);
}

function isListing({ status, body }: HttpAnswer): boolean {
  return status === 200 && LISTING.test(body.toString('latin1'));
}
