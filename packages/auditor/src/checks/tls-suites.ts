/** TLS versions and cipher suites by their IANA numbers. */

export const TLS_1_2 = 0x0303;

/** Versions that RFC 7568 and RFC 8996 forbid. */
export const OLD_VERSIONS: readonly (readonly [number, string])[] = [
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
];

/** ECDHE and RSA with AES: what every server of an imaging network takes if it takes TLS 1.2 at all. */
export const ORDINARY_SUITES: readonly number[] = [
  0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xc027, 0xc028, 0xc023, 0xc024, 0xc013, 0xc014, 0xc009,
  0xc00a,
];

/** Suites that exist in the old versions: CBC with SHA-1, 3DES, RC4. */
export const LEGACY_SUITES: readonly number[] = [
  0xc013, 0xc014, 0xc009, 0xc00a, 0x0033, 0x0039, 0x002f, 0x0035, 0x0016, 0x000a, 0x0005, 0x0004,
];

export const DHE_SUITES: readonly number[] = [0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, 0x0016];

/** Classes that RFC 9325 4.1 and PS3.15 B.13 leave out. */
export const WEAK_CLASSES: readonly (readonly [string, readonly number[]])[] = [
  ['NULL', [0x0001, 0x0002, 0x003b, 0xc006, 0xc010]],
  ['anonymous', [0x0018, 0x001b, 0x0034, 0x003a, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc015, 0xc018, 0xc019]],
  ['RC4', [0x0004, 0x0005, 0xc007, 0xc011]],
  ['3DES', [0x000a, 0x0016, 0xc008, 0xc012]],
  ['static RSA', [0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035]],
  ['CBC with SHA-1', [0xc013, 0xc014, 0xc009, 0xc00a, 0x0033, 0x0039]],
];

/** Named groups under 256 bits: secp160 to secp224 and their binary relatives (RFC 8422 5.1.1). */
export const SHORT_GROUPS: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 19, 20, 21,
]);
