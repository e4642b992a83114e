import type { FileCheck } from '../../files/file-check.ts';
import { programKinds, signatureAt } from '../../files/signatures.ts';
import { meta } from './meta.ts';

/** Markup and shell text that a system runs although it has no magic number of its own. */
const scriptStart = /^(?:\xef\xbb\xbf)?\s*(?:<script|<html|<!doctype html|<hta:|<job|@echo|powershell)/i;

/** P01: the preamble (PS3.10 7.1) as the beginning of a program (CVE-2019-11687). */
export const check: FileCheck = {
  meta,
  visit({ preamble }, notes) {
    if (preamble === undefined) return undefined;
    const kind = signatureAt(preamble);
    if (kind !== undefined && programKinds.has(kind)) notes.expose(kind);
    else if (scriptStart.test(Buffer.from(preamble).toString('latin1'))) notes.expose('script');
    return undefined;
  },
};
