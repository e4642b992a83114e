import { statusClass } from '../dimse/index.ts';
import type { Command, StatusClass } from '../dimse/index.ts';

/** An operation ended with a status that is no success. The peer's Error Comment is not in the message: it may name a patient. */
export class OperationFailed extends Error {
  override readonly name = 'OperationFailed';
  readonly code = 'OPERATION_FAILED';
  readonly status: number;
  readonly statusClass: StatusClass;
  /** The final response, with Error Comment and Offending Element if the peer gave them. */
  readonly command: Command;
  readonly dataSet: Uint8Array | undefined;

  constructor(status: number, command: Command, dataSet?: Uint8Array) {
    super(`OPERATION_FAILED: status ${status.toString(16).toUpperCase().padStart(4, '0')}`);
    this.status = status;
    this.statusClass = statusClass(status);
    this.command = command;
    this.dataSet = dataSet;
  }
}
