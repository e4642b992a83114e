import type { IncomingRequest } from '@leadglass/network';
import { carryOut } from '../operations/index.ts';
import type { DeviceSession } from './session.ts';

/** C-ECHO (PS3.4 A): answered only to who may ask, and it leaves its trace like everything else. */
export async function handleEcho(request: IncomingRequest, session: DeviceSession): Promise<void> {
  try {
    await carryOut(session.workplace, 'echo', session.caller, {}, () => undefined);
    await request.respond({ status: 0x0000 });
  } catch (error) {
    await request.respond(session.statusOf(error));
  }
}
