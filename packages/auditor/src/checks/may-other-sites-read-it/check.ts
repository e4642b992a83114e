import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { findDicomWeb, imagingSign, isWebDoor, searchPath } from '../web-doors.ts';
import { meta } from './meta.ts';

/** A site that cannot exist (RFC 2606 2). */
const FOREIGN_ORIGIN = 'https://leadglass-auditor.invalid';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker, service) {
    const sign = await imagingSign(asker, service);
    if (sign === undefined)
      return notApplicable('NOT_IMAGING', 'nothing shows that this is a door of imaging');
    const door = await findDicomWeb(asker);
    const path = door === undefined ? '/' : searchPath(door.root, asker.unknownUID);
    const { status, headers } = await asker.request({
      method: 'GET',
      path,
      headers: { Origin: FOREIGN_ORIGIN },
    });
    const allowed = headers.get('access-control-allow-origin');
    const withCredentials = headers.get('access-control-allow-credentials')?.toLowerCase() === 'true';
    const facts = { status, sign, withCredentials };
    if (allowed === '*') return exposed({ ...facts, allowsOrigin: 'any' });
    if (allowed === FOREIGN_ORIGIN) return exposed({ ...facts, allowsOrigin: 'repeats the foreign one' });
    return isProtected({ status, allowsOrigin: allowed === undefined ? 'none' : 'named ones' });
  },
};
