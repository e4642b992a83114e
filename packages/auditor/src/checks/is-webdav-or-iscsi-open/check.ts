import { converseWith } from '../../protocols/converse.ts';
import { discover } from '../../protocols/iscsi.ts';
import type { HttpAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Where servers keep WebDAV: the root, Orthanc's path, and the customary one. */
const PATHS = ['/', '/webdav/', '/dav/'];

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: ({ protocol }) => protocol === 'http' || protocol === 'https' || protocol === 'iscsi',
  ask: (asker, service) => (service.protocol === 'iscsi' ? askIscsi(asker) : askWebDav(asker)),
};

async function askWebDav(asker: HttpAsker): Promise<Verdict> {
  let refusal: Verdict | undefined;
  for (const path of PATHS) {
    const options = await asker.request({ method: 'OPTIONS', path });
    const isWebDav = options.headers.has('dav');
    if (!isWebDav) continue;
    const { status } = await asker.request({ method: 'PROPFIND', path, headers: { Depth: '0' } });
    const evidence = { path, status };
    if (status === 207) return exposed(evidence, { grants: ['S'] });
    refusal ??=
      status === 401 || status === 403
        ? isProtected(evidence)
        : inconclusive(
            'NO_MULTISTATUS',
            'WebDAV is announced, and PROPFIND answers something else',
            evidence,
          );
  }
  return refusal ?? notApplicable('NO_WEBDAV', 'no path announces WebDAV');
}

async function askIscsi(asker: HttpAsker): Promise<Verdict> {
  const answer = await converseWith(asker, 'iSCSI discovery', discover);
  if (answer.kind === 'not-let-in') return isProtected({ loginCompleted: false });
  if (answer.kind === 'refused') {
    return isProtected({ statusClass: answer.statusClass, statusDetail: answer.statusDetail });
  }
  const { targets } = answer;
  return targets > 0 ? exposed({ targets }, { grants: ['S'] }) : isProtected({ targets });
}
