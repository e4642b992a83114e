import { checks } from '../checks/index.ts';
import { fileCheckMetas } from '../files/file-check-metas.ts';
import type { CheckMeta } from '../findings/index.ts';

/** Every check's description: those that ask the network, then those that read files. */
export const allMetas: readonly CheckMeta[] = [...checks.map(({ meta }) => meta), ...fileCheckMetas];
