import assert from 'node:assert';
import { AbortReason, AbortSource } from '../pdu/index.ts';
import type { EventInput, Indication, UpperLayerEffects } from './effects.ts';
import type { ActionName, Event, State } from './transition-table.ts';

/** Where an action leads, and what the user is told once the machine is there. */
export interface Outcome {
  readonly next: State;
  readonly indication?: Indication;
}

export type Action = (effects: UpperLayerEffects, input: EventInput, event: Event) => Outcome;

const outcome = (next: State, indication?: Indication): Outcome =>
  Object.freeze(indication === undefined ? { next } : { next, indication });

// Outcomes are made once: DT-1 and DT-2 run for every PDU of image data.
const toSta6 = outcome('Sta6');
const toSta8 = outcome('Sta8');
const dataInSta6 = outcome('Sta6', 'P-DATA indication');
const dataInSta7 = outcome('Sta7', 'P-DATA indication');

/** Reasons of an A-ABORT for a PDU that is well formed but came at the wrong time (PS3.8 Table 9-26). */
function abortReason(input: EventInput, event: Event): AbortReason {
  return input.reason ?? (event === 'Evt19' ? AbortReason.unrecognizedPDU : AbortReason.unexpectedPDU);
}

/** Association establishment (PS3.8 Table 9-6). */

/** AE-1: open the transport connection. */
const ae1: Action = (effects) => {
  effects.openTransportConnection();
  return outcome('Sta4');
};

/** AE-2: send A-ASSOCIATE-RQ. */
const ae2: Action = (effects, { request }) => {
  assert(request !== undefined);
  effects.send(request);
  return outcome('Sta5');
};

/** AE-3: tell the user that the association was accepted. */
const ae3: Action = () => outcome('Sta6', 'A-ASSOCIATE confirmation, accepted');

/** AE-4: tell the user that the association was rejected, close the transport connection. */
const ae4: Action = (effects) => {
  effects.closeTransportConnection();
  return outcome('Sta1', 'A-ASSOCIATE confirmation, rejected');
};

/** AE-5: accept the transport connection, start ARTIM. */
const ae5: Action = (effects) => {
  effects.startArtim();
  return outcome('Sta2');
};

/** AE-6: stop ARTIM; if the provider can accept the request tell the user, else reject it and start ARTIM. */
const ae6: Action = (effects, { pdu }) => {
  assert(pdu?.type === 'A-ASSOCIATE-RQ');
  effects.stopArtim();
  const refusal = effects.refuse(pdu);
  if (refusal === undefined) return outcome('Sta3', 'A-ASSOCIATE indication');
  effects.send(refusal);
  effects.startArtim();
  return outcome('Sta13');
};

/** AE-7: send A-ASSOCIATE-AC. */
const ae7: Action = (effects, { accept }) => {
  assert(accept !== undefined);
  effects.send(accept);
  return toSta6;
};

/** AE-8: send A-ASSOCIATE-RJ, start ARTIM. */
const ae8: Action = (effects, { reject }) => {
  assert(reject !== undefined);
  effects.send(reject);
  effects.startArtim();
  return outcome('Sta13');
};

/** Data transfer (PS3.8 Table 9-7). */

/** DT-1: send P-DATA-TF. */
const dt1: Action = (effects, { data, written }) => {
  if (data !== undefined) effects.sendData(data, written);
  return toSta6;
};

/** DT-2: hand the received data to the user. */
const dt2: Action = () => dataInSta6;

/** Association release (PS3.8 Table 9-8). */

/** AR-1: send A-RELEASE-RQ. */
const ar1: Action = (effects) => {
  effects.send({ type: 'A-RELEASE-RQ' });
  return outcome('Sta7');
};

/** AR-2: tell the user that the peer asked for release. */
const ar2: Action = () => outcome('Sta8', 'A-RELEASE indication');

/** AR-3: confirm the release to the user, close the transport connection. */
const ar3: Action = (effects) => {
  effects.closeTransportConnection();
  return outcome('Sta1', 'A-RELEASE confirmation');
};

/** AR-4: send A-RELEASE-RP, start ARTIM. */
const ar4: Action = (effects) => {
  effects.send({ type: 'A-RELEASE-RP' });
  effects.startArtim();
  return outcome('Sta13');
};

/** AR-5: stop ARTIM. */
const ar5: Action = (effects) => {
  effects.stopArtim();
  return outcome('Sta1');
};

/** AR-6: hand data to the user that came while the release is awaited. */
const ar6: Action = () => dataInSta7;

/** AR-7: send P-DATA-TF before the release is answered. */
const ar7: Action = (effects, { data, written }) => {
  if (data !== undefined) effects.sendData(data, written);
  return toSta8;
};

/** AR-8: release collision; the association requestor answers first. */
const ar8: Action = (effects) => outcome(effects.isRequestor ? 'Sta9' : 'Sta10', 'A-RELEASE indication');

/** AR-9: send A-RELEASE-RP. */
const ar9: Action = (effects) => {
  effects.send({ type: 'A-RELEASE-RP' });
  return outcome('Sta11');
};

/** AR-10: confirm the release to the user. */
const ar10: Action = () => outcome('Sta12', 'A-RELEASE confirmation');

/** Association abort (PS3.8 Table 9-9). */

/** AA-1: send A-ABORT as service user, start ARTIM or restart it. A user's A-ABORT has no reason: its byte is 0. */
const aa1: Action = (effects, input) => {
  const source = input.source ?? AbortSource.serviceUser;
  const reason =
    source === AbortSource.serviceUser
      ? AbortReason.reasonNotSpecified
      : (input.reason ?? AbortReason.reasonNotSpecified);
  effects.send({ type: 'A-ABORT', source, reason });
  effects.startArtim();
  return outcome('Sta13');
};

/** AA-2: stop ARTIM if it runs, close the transport connection. */
const aa2: Action = (effects) => {
  effects.stopArtim();
  effects.closeTransportConnection();
  return outcome('Sta1');
};

/** AA-3: tell the user of the abort, close the transport connection. */
const aa3: Action = (effects, { pdu }) => {
  effects.closeTransportConnection();
  const byUser = pdu?.type === 'A-ABORT' && pdu.source === AbortSource.serviceUser;
  return outcome('Sta1', byUser ? 'A-ABORT indication' : 'A-P-ABORT indication');
};

/** AA-4: tell the user that the connection is gone. */
const aa4: Action = () => outcome('Sta1', 'A-P-ABORT indication');

/** AA-5: stop ARTIM. */
const aa5: Action = (effects) => {
  effects.stopArtim();
  return outcome('Sta1');
};

/** AA-6: ignore the PDU. */
const aa6: Action = () => outcome('Sta13');

/** AA-7: send A-ABORT. */
const aa7: Action = (effects, input, event) => {
  effects.send({
    type: 'A-ABORT',
    source: AbortSource.serviceProvider,
    reason: abortReason(input, event),
  });
  return outcome('Sta13');
};

/** AA-8: send A-ABORT as service provider, tell the user, start ARTIM. */
const aa8: Action = (effects, input, event) => {
  effects.send({
    type: 'A-ABORT',
    source: AbortSource.serviceProvider,
    reason: abortReason(input, event),
  });
  effects.startArtim();
  return outcome('Sta13', 'A-P-ABORT indication');
};

export const actions: Readonly<Record<ActionName, Action>> = {
  'AE-1': ae1,
  'AE-2': ae2,
  'AE-3': ae3,
  'AE-4': ae4,
  'AE-5': ae5,
  'AE-6': ae6,
  'AE-7': ae7,
  'AE-8': ae8,
  'DT-1': dt1,
  'DT-2': dt2,
  'AR-1': ar1,
  'AR-2': ar2,
  'AR-3': ar3,
  'AR-4': ar4,
  'AR-5': ar5,
  'AR-6': ar6,
  'AR-7': ar7,
  'AR-8': ar8,
  'AR-9': ar9,
  'AR-10': ar10,
  'AA-1': aa1,
  'AA-2': aa2,
  'AA-3': aa3,
  'AA-4': aa4,
  'AA-5': aa5,
  'AA-6': aa6,
  'AA-7': aa7,
  'AA-8': aa8,
};
