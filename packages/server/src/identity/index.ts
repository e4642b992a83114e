export { AE_TITLE_LENGTH_MAX, aeTitleFileName, parseAETitle } from './ae-title.ts';
export {
  CA_VALIDITY_DAYS,
  CertificateAuthority,
  describeCertificate,
  DEVICE_VALIDITY_DAYS,
  SERVER_VALIDITY_DAYS,
  type CertificateSubject,
  type IssuedCertificate,
} from './certificate-authority.ts';
export { CERTIFICATE_REQUEST_LENGTH_MAX } from './certificate-request.ts';
export {
  parseFingerprint,
  parseHost,
  parsePort,
  parseVerbs,
  type Device,
  type DeviceCertificate,
  type DeviceRequest,
  type MoveDestination,
  type PlainCaller,
} from './device.ts';
export { DeviceRegistry, type CertificateBinding, type RegistryChange } from './device-registry.ts';
export { DEVICES_KEY_PURPOSE } from './registry-file.ts';
export {
  authenticateDevice,
  authenticatePlainDevice,
  deviceTLSOptions,
  TLS_CIPHERS,
  type DeviceAuthentication,
  type DeviceRefusal,
  type DeviceTLSMaterial,
  type PlainRefusal,
} from './device-tls.ts';
export { createOneTimeToken, matchesOneTimeToken, type OneTimeToken } from './one-time-token.ts';
export { IdentityError, type IdentityErrorCode } from './errors.ts';
export {
  DEVICE_VERBS,
  DOOR_VERBS,
  OPERATOR_VERBS,
  operatorPrincipal,
  SYSTEM_VERBS,
  systemPrincipal,
  VERBS,
  TOKEN_VERBS,
  type DeviceVerb,
  type TokenVerb,
  type Principal,
  type PrincipalKind,
  type PrincipalVia,
  type Verb,
} from './principal.ts';
export {
  canonicalAddress,
  isLoopbackAddress,
  isPrivateAddress,
  parsePrivateAddress,
} from './private-address.ts';
export {
  makePrivateFolder,
  PRIVATE_FILE_MODE,
  PRIVATE_FOLDER_MODE,
  syncFolder,
  writeNewFile,
  writePrivateFile,
} from './private-file.ts';
export {
  makeToken,
  matchesToken,
  parseDuration,
  parseTokenVerbs,
  ROLES,
  TOKEN_VALIDITY_MS_MAX,
  tokenPrincipal,
  type Token,
  type TokenRequest,
} from './token.ts';
export {
  TokenRegistry,
  tokensFileOf,
  TOKENS_KEY_PURPOSE,
  type TokenAuthentication,
} from './token-registry.ts';
export { readSealedFile, sealBytes, unsealBytes, writeSealedFile } from './sealed-file.ts';
