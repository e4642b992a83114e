export { configurationName, shared } from './clusters.ts';
export { trapWords } from './honeypots.ts';
export type { TrapSigns } from './honeypots.ts';
export { endOfLife, identifyProducts, vulnerabilitiesOf } from './identify.ts';
export { keyHashOf } from './key-hash.ts';
export type { Signs } from './signs.ts';
export { compareVersions, isInRange, parseVersion } from './version.ts';
