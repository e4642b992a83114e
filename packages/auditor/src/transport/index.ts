export type * from './askers.ts';
export type { AskerContext } from './asker-context.ts';
export { Connection } from './connection.ts';
export { SocketDicomAsker } from './dicom-asker.ts';
export type { DatagramAnswer } from './datagram.ts';
export { Dialler } from './dialler.ts';
export type { Door, Purpose, ScopeGuard } from './dialler.ts';
export { HostLedger } from './host-ledger.ts';
export { SocketHttpAsker } from './http-asker.ts';
export {
  CALLING_AE_TITLE,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  userAgentFor,
} from './identity.ts';
export { CONNECTIONS_PER_HOST_RUN_MAX } from './limits.ts';
export { Pacer } from './pacer.ts';
export { ProbeError, isAnswer } from './probe-error.ts';
export type { ProbeErrorCode } from './probe-error.ts';
export { RunRecord, brokenLine } from './run-record.ts';
export type { ConnectionEntry } from './run-record.ts';
export { SocketAskerOverDialler } from './socket-asker.ts';
export { proposedClasses } from './standard-proposal.ts';
export type { PortState } from './port-trier.ts';
export { LocalSweep, sweepAddress } from './sweep.ts';
export type { Sweep } from './sweep.ts';
export { ADDRESSES_PER_THREAD, SweepThreads } from './sweep-threads.ts';
export { SweepWorkers } from './sweep-workers.ts';
export { SocketTlsAsker } from './tls-asker.ts';
