export { ConfigError, type ConfigErrorCode } from './errors.ts';
export {
  initialiseInstallation,
  installationFolders,
  isInstallation,
  openInstallation,
  openInstallationKey,
  readInstallationRecord,
  TRAIL_KEY_PURPOSE,
  type InitialiseOptions,
  type Initialised,
  type InstallationFolders,
  type InstallationRecord,
  type InstallationSecrets,
  type OpenInstallation,
} from './installation.ts';
export { configurationManual } from './manual.ts';
export {
  createMasterKey,
  keyFileProblem,
  MasterKey,
  openMasterKey,
  type MasterKeySource,
} from './master-key.ts';
export { plainListener } from './plain-listener.ts';
export { readConfig } from './read-config.ts';
export type { Config, ConfigInput } from './schema.ts';
