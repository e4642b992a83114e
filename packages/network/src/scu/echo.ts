import type { Association } from '../association/index.ts';
import { CommandField } from '../dimse/index.ts';
import { OperationFailed } from './scu-error.ts';
import { contextFor, invoke } from './operation.ts';

/** Verification SOP Class (PS3.4 Annex A). */
export const VERIFICATION_SOP_CLASS_UID = '1.2.840.10008.1.1';

/** C-ECHO (PS3.7 9.1.5). Throws OperationFailed if the answer is not Success. */
export async function echo(association: Association): Promise<void> {
  const context = contextFor(association, VERIFICATION_SOP_CLASS_UID);
  const { status, command } = await invoke(
    association,
    { commandField: CommandField['C-ECHO-RQ'], affectedSOPClassUID: VERIFICATION_SOP_CLASS_UID },
    undefined,
    context.id,
  );
  if (status !== 0) throw new OperationFailed(status, command);
}
