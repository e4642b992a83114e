/** What a run of bytes is, by how it begins. */
export type SignatureKind =
  | 'pe'
  | 'elf'
  | 'mach-o'
  | 'script'
  | 'java-class'
  | 'shortcut'
  | 'pdf'
  | 'zip'
  | 'rar'
  | '7z'
  | 'gzip'
  | 'xz'
  | 'cab'
  | 'ole';

interface Signature {
  readonly kind: SignatureKind;
  readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

const signatures: readonly Signature[] = [
  { kind: 'pe', bytes: ascii('MZ') },
  { kind: 'elf', bytes: [0x7f, ...ascii('ELF')] },
  { kind: 'mach-o', bytes: [0xfe, 0xed, 0xfa, 0xce] },
  { kind: 'mach-o', bytes: [0xfe, 0xed, 0xfa, 0xcf] },
  { kind: 'mach-o', bytes: [0xce, 0xfa, 0xed, 0xfe] },
  { kind: 'mach-o', bytes: [0xcf, 0xfa, 0xed, 0xfe] },
  { kind: 'script', bytes: ascii('#!') },
  { kind: 'script', bytes: ascii('<?php') },
  { kind: 'shortcut', bytes: [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0] },
  { kind: 'pdf', bytes: ascii('%PDF-') },
  { kind: 'zip', bytes: [...ascii('PK'), 3, 4] },
  { kind: 'zip', bytes: [...ascii('PK'), 5, 6] },
  { kind: 'rar', bytes: [...ascii('Rar!'), 0x1a, 0x07] },
  { kind: '7z', bytes: [...ascii('7z'), 0xbc, 0xaf, 0x27, 0x1c] },
  { kind: 'gzip', bytes: [0x1f, 0x8b, 0x08] },
  { kind: 'xz', bytes: [0xfd, ...ascii('7zXZ'), 0] },
  { kind: 'cab', bytes: [...ascii('MSCF'), 0, 0, 0, 0] },
  { kind: 'ole', bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] },
];

const fatMagic = [0xca, 0xfe, 0xba, 0xbe] as const;

/** Universal binaries hold a handful of architectures; Java class files have their version (45 up) in that place. */
const fatArchitecturesMax = 30;

/** Kinds that a system runs when asked to open them. */
export const programKinds: ReadonlySet<SignatureKind> = new Set<SignatureKind>([
  'pe',
  'elf',
  'mach-o',
  'script',
  'java-class',
  'shortcut',
]);

/** What the bytes are at an offset; undefined when they begin like nothing known. */
export function signatureAt(bytes: Uint8Array, at = 0): SignatureKind | undefined {
  if (beginsWith(bytes, fatMagic, at)) {
    return (bytes[at + 7] ?? 0) <= fatArchitecturesMax ? 'mach-o' : 'java-class';
  }
  return signatures.find((signature) => beginsWith(bytes, signature.bytes, at))?.kind;
}

export function beginsWith(bytes: Uint8Array, wanted: readonly number[], at = 0): boolean {
  return wanted.every((byte, index) => bytes[at + index] === byte);
}

const peHeaderOffsetAt = 0x3c;
const peSignature = [...ascii('PE'), 0, 0];

/**
 * Whether a program for Windows begins here: two letters are too few to say so of any bytes, so that the PE signature
 * must follow where the header says, or the sentence every linker puts there.
 */
export function isPortableExecutable(bytes: Uint8Array, at = 0): boolean {
  if (bytes[at] !== 0x4d || bytes[at + 1] !== 0x5a || bytes.length < at + peHeaderOffsetAt + 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = view.getUint32(at + peHeaderOffsetAt, true);
  if (beginsWith(bytes, peSignature, at + offset)) return true;
  return Buffer.from(bytes.subarray(at, at + 512)).includes('program cannot be run in DOS mode');
}

/** ELF with a class, a byte order and a version that exist: four letters may come by chance in a megabyte. */
export function isELF(bytes: Uint8Array, at = 0): boolean {
  const [klass = 0, order = 0, version = 0] = bytes.subarray(at + 4, at + 7);
  return (
    signatureAt(bytes, at) === 'elf' && klass >= 1 && klass <= 2 && order >= 1 && order <= 2 && version === 1
  );
}

/** Shannon entropy, bits per byte, 0 to 8: encrypted and compressed bytes are near 8. */
export function entropyBitsPerByte(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  for (const count of counts) {
    if (count === 0) continue;
    const share = count / bytes.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}
