import type { FileCheck } from '../../files/file-check.ts';
import { meta } from './meta.ts';

/** An object or array of JSON, perhaps behind comments (which the readers of configuration files allow). */
const jsonStart = /^[\s\ufeff]*(?:(?:\/\*|\/\/)[^]*|\{\s*(?:"|\/\*|\/\/|\}|$)[^]*|\[\s*(?:"|\{|\/\*)[^]*)/;

const closingBrackets: readonly (number | undefined)[] = [0x7d, 0x5d, 0x2f];

/** P03: the preamble as the beginning of a JSON configuration (CVE-2023-33466). */
export const check: FileCheck = {
  meta,
  visit({ preamble, lastByte }, notes) {
    if (preamble === undefined) return undefined;
    const text = Buffer.from(preamble).toString('latin1').replace(/\0+$/, '');
    if (!jsonStart.test(text)) return undefined;
    notes.expose(closingBrackets.includes(lastByte) ? 'json-to-the-end' : 'json-beginning');
    return undefined;
  },
};
