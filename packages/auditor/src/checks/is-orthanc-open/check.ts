import { z } from 'zod';
import { ORTHANC_SYSTEM } from '../../products/index.ts';
import type { HttpAnswer } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { asksForLogin, isWebDoor, productOfDoor } from '../web-doors.ts';
import { meta } from './meta.ts';

/** What is taken of /system: version and switches. Names and titles that a hospital chose are left behind. */
const systemPage = z.object({
  ApiVersion: z.int(),
  Version: z.string().max(40),
  IsHttpServerSecure: z.boolean().optional(),
  ExecuteLuaEnabled: z.boolean().optional(),
  PluginsEnabled: z.boolean().optional(),
});

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: isWebDoor,
  async ask(asker) {
    const product = await productOfDoor(asker);
    if (product !== undefined && product !== 'Orthanc')
      return notApplicable('NOT_ORTHANC', 'another product');
    const answer = await asker.request(ORTHANC_SYSTEM);
    const system = answer.status === 200 ? parsed(answer) : undefined;
    if (system === undefined) {
      return product === 'Orthanc' && asksForLogin(answer)
        ? isProtected({ status: answer.status })
        : notApplicable('NOT_ORTHANC', 'no answer of Orthanc');
    }
    const dav = await asker.request({ method: 'OPTIONS', path: '/webdav/' });
    const version = /^\d[\d.]*/.exec(system.Version)?.[0]?.replace(/\.$/, '');
    const facts = {
      status: answer.status,
      webDAV: dav.headers.has('dav'),
      ...(version === undefined ? {} : { version }),
      ...(system.ExecuteLuaEnabled === undefined ? {} : { lua: system.ExecuteLuaEnabled }),
      ...(system.IsHttpServerSecure === undefined ? {} : { callsItselfSecure: system.IsHttpServerSecure }),
      ...(system.PluginsEnabled === undefined ? {} : { plugins: system.PluginsEnabled }),
    };
    const signs = version === undefined ? {} : { signs: { webVersion: `Orthanc ${version}` } };
    return exposed(facts, { grants: ['H'], ...signs });
  },
};

function parsed({ body, isCut }: HttpAnswer): z.infer<typeof systemPage> | undefined {
  if (isCut) return undefined;
  try {
    return systemPage.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
