import { converseWith } from '../../protocols/converse.ts';
import { askModule, listModules } from '../../protocols/rsync.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Modules that are asked about, a connection each. */
const MODULES_ASKED_MAX = 8;

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'rsync',
  async ask(asker) {
    const modules = await converseWith(asker, 'list of rsync modules', listModules);
    const counts = { open: 0, login: 0, refused: 0 };
    for (const module of modules.slice(0, MODULES_ASKED_MAX)) {
      counts[await converseWith(asker, 'an rsync module', (talk) => askModule(talk, module))]++;
    }
    const evidence = {
      modulesListed: modules.length,
      modulesOpen: counts.open,
      modulesWithLogin: counts.login,
      modulesRefused: counts.refused,
    };
    return counts.open > 0 ? exposed(evidence, { grants: ['S'] }) : isProtected(evidence);
  },
};
