import type { DicomAsker } from '../transport/index.ts';
import { isAnswer } from '../transport/index.ts';
import type { Service } from './check.ts';

/** Unable to process (PS3.4 C.4.2.1.5, C.4.3.1.4): what Orthanc says of a UID that it does not hold. */
export const UNABLE_TO_PROCESS = 0xc000;

/** How the front page of Orthanc begins: it sends to its explorer, or asks for a login in its realm. */
const ORTHANC_FRONT = /^location:\s*\S*app\/explorer\.html|realm="Orthanc Secure Area"/im;

/**
 * Whether the same system has a web door of Orthanc. By DICOM it shows only its toolkit. Orthanc aborts the association
 * of whoever may not retrieve, before it looks for anything; so its C000 is the answer to somebody who may. Of any other
 * product the same status proves nothing.
 */
export async function hasOrthancBeside(asker: DicomAsker, { system }: Service): Promise<boolean> {
  for (const { port, protocol } of system.services) {
    if (protocol !== 'http' || !asker.mayAsk(port)) continue;
    if (ORTHANC_FRONT.test(await frontOf(asker, port))) return true;
  }
  return false;
}

/** The first bytes of the answer to GET /; empty when there are none. */
async function frontOf(asker: DicomAsker, port: number): Promise<string> {
  const host = asker.address.includes(':') ? `[${asker.address}]` : asker.address;
  try {
    const conversation = await asker.converse('which product has the web door', { port });
    try {
      const fields = [`Host: ${host}:${port}`, `User-Agent: ${asker.userAgent}`, 'Connection: close'];
      conversation.write(`GET / HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
      return (await conversation.read())?.toString('latin1') ?? '';
    } finally {
      conversation.close();
    }
  } catch (error) {
    // A door that does not answer names no product; the check it is asked for has its own answer already.
    if (isAnswer(error)) return '';
    throw error;
  }
}
