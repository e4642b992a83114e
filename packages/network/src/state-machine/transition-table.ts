/** States of the upper layer (PS3.8 Tables 9-1 to 9-5). */
export const states = {
  Sta1: 'idle',
  Sta2: 'transport connection open, awaiting A-ASSOCIATE-RQ',
  Sta3: 'awaiting local A-ASSOCIATE response',
  Sta4: 'awaiting transport connection',
  Sta5: 'awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ',
  Sta6: 'association established, ready for data',
  Sta7: 'awaiting A-RELEASE-RP',
  Sta8: 'awaiting local A-RELEASE response',
  Sta9: 'release collision, requestor: awaiting local A-RELEASE response',
  Sta10: 'release collision, acceptor: awaiting A-RELEASE-RP',
  Sta11: 'release collision, requestor: awaiting A-RELEASE-RP',
  Sta12: 'release collision, acceptor: awaiting local A-RELEASE response',
  Sta13: 'awaiting transport connection close',
} as const;
export type State = keyof typeof states;

/** Events (PS3.8 9.2.2 and Table 9-10). */
export const events = {
  Evt1: 'A-ASSOCIATE request primitive',
  Evt2: 'transport connection confirmation',
  Evt3: 'A-ASSOCIATE-AC received',
  Evt4: 'A-ASSOCIATE-RJ received',
  Evt5: 'transport connection indication',
  Evt6: 'A-ASSOCIATE-RQ received',
  Evt7: 'A-ASSOCIATE response primitive, accept',
  Evt8: 'A-ASSOCIATE response primitive, reject',
  Evt9: 'P-DATA request primitive',
  Evt10: 'P-DATA-TF received',
  Evt11: 'A-RELEASE request primitive',
  Evt12: 'A-RELEASE-RQ received',
  Evt13: 'A-RELEASE-RP received',
  Evt14: 'A-RELEASE response primitive',
  Evt15: 'A-ABORT request primitive',
  Evt16: 'A-ABORT received',
  Evt17: 'transport connection closed',
  Evt18: 'ARTIM timer expired',
  Evt19: 'unrecognized or invalid PDU received',
} as const;
export type Event = keyof typeof events;

export type ActionName =
  | `AE-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
  | 'DT-1'
  | 'DT-2'
  | `AR-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`
  | `AA-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;

type Row = Readonly<Partial<Record<State, ActionName>>>;

/**
 * Table 9-10 of PS3.8: what to do when an event meets a state. A cell that is absent cannot happen or is ignored.
 * The columns stand in the order Sta1 to Sta13.
 */
// prettier-ignore
export const transitionTable: Readonly<Record<Event, Row>> = {
  Evt1:  { Sta1: 'AE-1' },
  Evt2:  { Sta4: 'AE-2' },
  Evt3:  { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AE-3', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  Evt4:  { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AE-4', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  Evt5:  { Sta1: 'AE-5' },
  Evt6:  { Sta2: 'AE-6', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-7' },
  Evt7:  { Sta3: 'AE-7' },
  Evt8:  { Sta3: 'AE-8' },
  Evt9:  { Sta6: 'DT-1', Sta8: 'AR-7' },
  Evt10: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'DT-2', Sta7: 'AR-6', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  Evt11: { Sta6: 'AR-1' },
  Evt12: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AR-2', Sta7: 'AR-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  Evt13: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AA-8', Sta7: 'AR-3', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AR-10', Sta11: 'AR-3', Sta12: 'AA-8', Sta13: 'AA-6' },
  Evt14: { Sta8: 'AR-4', Sta9: 'AR-9', Sta12: 'AR-4' },
  Evt15: { Sta3: 'AA-1', Sta4: 'AA-2', Sta5: 'AA-1', Sta6: 'AA-1', Sta7: 'AA-1', Sta8: 'AA-1', Sta9: 'AA-1', Sta10: 'AA-1', Sta11: 'AA-1', Sta12: 'AA-1' },
  Evt16: { Sta2: 'AA-2', Sta3: 'AA-3', Sta5: 'AA-3', Sta6: 'AA-3', Sta7: 'AA-3', Sta8: 'AA-3', Sta9: 'AA-3', Sta10: 'AA-3', Sta11: 'AA-3', Sta12: 'AA-3', Sta13: 'AA-2' },
  Evt17: { Sta2: 'AA-5', Sta3: 'AA-4', Sta4: 'AA-4', Sta5: 'AA-4', Sta6: 'AA-4', Sta7: 'AA-4', Sta8: 'AA-4', Sta9: 'AA-4', Sta10: 'AA-4', Sta11: 'AA-4', Sta12: 'AA-4', Sta13: 'AR-5' },
  Evt18: { Sta2: 'AA-2', Sta13: 'AA-2' },
  Evt19: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-7' },
};
