import { formatTag } from '../dictionary/tag.ts';
import type { VR } from '../dictionary/vr.ts';

/** Why a value cannot be encoded. */
export type ValueErrorCode =
  /** A number out of the VR's range, text for a number, and the like. */
  | 'VALUE_DOES_NOT_FIT_VR'
  /** Longer than the VR can say (PS3.5 Table 6.2-1 where binary, or 32-bit Value Length). */
  | 'VALUE_TOO_LONG'
  /** The Specific Character Set cannot hold a character of the text. */
  | 'CHARACTER_NOT_IN_SET'
  /** A value to be written was passed over when its data set was read. */
  | 'VALUE_NOT_RETAINED'
  /** The transfer syntax cannot hold it: fragments in a native one, sequences of unknown VR in big endian. */
  | 'TRANSFER_SYNTAX_UNSUITABLE';

/** A value that cannot be encoded. The message names the element, never its value. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  readonly code: ValueErrorCode;
  readonly tag: number | undefined;
  readonly vr: VR | undefined;

  constructor(code: ValueErrorCode, tag?: number, vr?: VR) {
    super([code, tag === undefined ? '' : formatTag(tag), vr ?? ''].filter((word) => word !== '').join(' '));
    this.code = code;
    this.tag = tag;
    this.vr = vr;
  }
}
