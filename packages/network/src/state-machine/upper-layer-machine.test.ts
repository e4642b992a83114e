import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { associateRequestOf } from '../test-support/scripted-peer.ts';
import type { AssociateReject, ControlPdu } from '../pdu/index.ts';
import type { EventInput, Indication, UpperLayerEffects } from './effects.ts';
import { events, states, transitionTable } from './transition-table.ts';
import type { ActionName, Event, State } from './transition-table.ts';
import { UpperLayerMachine } from './upper-layer-machine.ts';

/**
 * Table 9-10 of PS3.8 once more, typed from the printed table row by row (events) and column by column (states 1 to
 * 13), so that a slip of the pen in one of the two shows. `-` has no cell.
 */
const printed = `
  Evt1   AE-1 -    -    -    -    -    -    -    -    -     -    -    -
  Evt2   -    -    -    AE-2 -    -    -    -    -    -     -    -    -
  Evt3   -    AA-1 AA-8 -    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
  Evt4   -    AA-1 AA-8 -    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
  Evt5   AE-5 -    -    -    -    -    -    -    -    -     -    -    -
  Evt6   -    AE-6 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
  Evt7   -    -    AE-7 -    -    -    -    -    -    -     -    -    -
  Evt8   -    -    AE-8 -    -    -    -    -    -    -     -    -    -
  Evt9   -    -    -    -    -    DT-1 -    AR-7 -    -     -    -    -
  Evt10  -    AA-1 AA-8 -    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
  Evt11  -    -    -    -    -    AR-1 -    -    -    -     -    -    -
  Evt12  -    AA-1 AA-8 -    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
  Evt13  -    AA-1 AA-8 -    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6
  Evt14  -    -    -    -    -    -    -    AR-4 AR-9 -     -    AR-4 -
  Evt15  -    -    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 -
  Evt16  -    AA-2 AA-3 -    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2
  Evt17  -    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5
  Evt18  -    AA-2 -    -    -    -    -    -    -    -     -    -    AA-2
  Evt19  -    AA-1 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
`;

/** Effects and next state of each action (PS3.8 Tables 9-6 to 9-9), for an acceptor whose provider can accept. */
const does: Record<ActionName, { next: State; effects: string[]; tells?: Indication }> = {
  'AE-1': { next: 'Sta4', effects: ['open'] },
  'AE-2': { next: 'Sta5', effects: ['send A-ASSOCIATE-RQ'] },
  'AE-3': { next: 'Sta6', effects: [], tells: 'A-ASSOCIATE confirmation, accepted' },
  'AE-4': { next: 'Sta1', effects: ['close'], tells: 'A-ASSOCIATE confirmation, rejected' },
  'AE-5': { next: 'Sta2', effects: ['start ARTIM'] },
  'AE-6': { next: 'Sta3', effects: ['stop ARTIM'], tells: 'A-ASSOCIATE indication' },
  'AE-7': { next: 'Sta6', effects: ['send A-ASSOCIATE-AC'] },
  'AE-8': { next: 'Sta13', effects: ['send A-ASSOCIATE-RJ', 'start ARTIM'] },
  'DT-1': { next: 'Sta6', effects: ['send P-DATA-TF'] },
  'DT-2': { next: 'Sta6', effects: [], tells: 'P-DATA indication' },
  'AR-1': { next: 'Sta7', effects: ['send A-RELEASE-RQ'] },
  'AR-2': { next: 'Sta8', effects: [], tells: 'A-RELEASE indication' },
  'AR-3': { next: 'Sta1', effects: ['close'], tells: 'A-RELEASE confirmation' },
  'AR-4': { next: 'Sta13', effects: ['send A-RELEASE-RP', 'start ARTIM'] },
  'AR-5': { next: 'Sta1', effects: ['stop ARTIM'] },
  'AR-6': { next: 'Sta7', effects: [], tells: 'P-DATA indication' },
  'AR-7': { next: 'Sta8', effects: ['send P-DATA-TF'] },
  'AR-8': { next: 'Sta10', effects: [], tells: 'A-RELEASE indication' },
  'AR-9': { next: 'Sta11', effects: ['send A-RELEASE-RP'] },
  'AR-10': { next: 'Sta12', effects: [], tells: 'A-RELEASE confirmation' },
  'AA-1': { next: 'Sta13', effects: ['send A-ABORT 0 0', 'start ARTIM'] },
  'AA-2': { next: 'Sta1', effects: ['stop ARTIM', 'close'] },
  'AA-3': { next: 'Sta1', effects: ['close'], tells: 'A-P-ABORT indication' },
  'AA-4': { next: 'Sta1', effects: [], tells: 'A-P-ABORT indication' },
  'AA-5': { next: 'Sta1', effects: ['stop ARTIM'] },
  'AA-6': { next: 'Sta13', effects: [] },
  'AA-7': { next: 'Sta13', effects: ['send A-ABORT 2'] },
  'AA-8': { next: 'Sta13', effects: ['send A-ABORT 2', 'start ARTIM'], tells: 'A-P-ABORT indication' },
};

const stateNames = Object.keys(states) as State[];
const eventNames = Object.keys(events) as Event[];

const expected = new Map<string, ActionName>();
for (const line of printed.trim().split('\n')) {
  const [event, ...cells] = line.trim().split(/\s+/);
  cells.forEach((cell, i) => {
    if (cell !== '-') expected.set(`${event} ${stateNames[i]}`, cell as ActionName);
  });
}

class Recorder implements UpperLayerEffects {
  readonly isRequestor: boolean;
  readonly log: string[] = [];
  readonly told: Indication[] = [];
  refusal: AssociateReject | undefined;

  constructor(isRequestor = false) {
    this.isRequestor = isRequestor;
  }

  openTransportConnection(): void {
    this.log.push('open');
  }
  closeTransportConnection(): void {
    this.log.push('close');
  }
  startArtim(): void {
    this.log.push('start ARTIM');
  }
  stopArtim(): void {
    this.log.push('stop ARTIM');
  }
  send(pdu: { type: string; source?: number; reason?: number }): void {
    this.log.push(pdu.type === 'A-ABORT' ? `send A-ABORT ${pdu.source} ${pdu.reason}` : `send ${pdu.type}`);
  }
  sendData(): void {
    this.log.push('send P-DATA-TF');
  }
  refuse(): AssociateReject | undefined {
    return this.refusal;
  }
  indicate(indication: Indication): void {
    this.told.push(indication);
  }
}

const request = associateRequestOf();
const pduOfEvent: Partial<Record<Event, ControlPdu>> = {
  Evt3: { ...request, type: 'A-ASSOCIATE-AC', presentationContexts: [] },
  Evt4: { type: 'A-ASSOCIATE-RJ', result: 1, source: 1, reason: 1 },
  Evt6: request,
  Evt12: { type: 'A-RELEASE-RQ' },
  Evt13: { type: 'A-RELEASE-RP' },
  Evt16: { type: 'A-ABORT', source: 2, reason: 0 },
};

function inputOf(event: Event): EventInput {
  const input: EventInput = {
    request,
    data: [],
    reject: { type: 'A-ASSOCIATE-RJ', result: 1, source: 1, reason: 1 },
  };
  const accept = { ...request, type: 'A-ASSOCIATE-AC' as const, presentationContexts: [] };
  return { ...input, accept, pdu: pduOfEvent[event] };
}

/** Events that lead an acceptor or a requestor into each state. */
const wayTo: Record<State, { isRequestor: boolean; events: Event[] }> = {
  Sta1: { isRequestor: false, events: [] },
  Sta2: { isRequestor: false, events: ['Evt5'] },
  Sta3: { isRequestor: false, events: ['Evt5', 'Evt6'] },
  Sta4: { isRequestor: true, events: ['Evt1'] },
  Sta5: { isRequestor: true, events: ['Evt1', 'Evt2'] },
  Sta6: { isRequestor: false, events: ['Evt5', 'Evt6', 'Evt7'] },
  Sta7: { isRequestor: false, events: ['Evt5', 'Evt6', 'Evt7', 'Evt11'] },
  Sta8: { isRequestor: false, events: ['Evt5', 'Evt6', 'Evt7', 'Evt12'] },
  Sta9: { isRequestor: true, events: ['Evt1', 'Evt2', 'Evt3', 'Evt11', 'Evt12'] },
  Sta10: { isRequestor: false, events: ['Evt5', 'Evt6', 'Evt7', 'Evt11', 'Evt12'] },
  Sta11: { isRequestor: true, events: ['Evt1', 'Evt2', 'Evt3', 'Evt11', 'Evt12', 'Evt14'] },
  Sta12: { isRequestor: false, events: ['Evt5', 'Evt6', 'Evt7', 'Evt11', 'Evt12', 'Evt13'] },
  Sta13: { isRequestor: false, events: ['Evt5', 'Evt6', 'Evt8'] },
};

function machineIn(state: State): { machine: UpperLayerMachine; recorder: Recorder } {
  const way = wayTo[state];
  const recorder = new Recorder(way.isRequestor);
  const machine = new UpperLayerMachine(recorder);
  for (const event of way.events) machine.handle(event, inputOf(event));
  expect(machine.state).toBe(state);
  recorder.log.length = 0;
  recorder.told.length = 0;
  return { machine, recorder };
}

describe.each(stateNames)('%s', (state) => {
  test.each(eventNames)('%s', (event) => {
    const { machine, recorder } = machineIn(state);
    const name = expected.get(`${event} ${state}`);
    expect(machine.handle(event, inputOf(event))).toBe(name);
    if (name === undefined) {
      expect({ state: machine.state, log: recorder.log, told: recorder.told }).toEqual({
        state,
        log: [],
        told: [],
      });
      return;
    }
    const { next, effects, tells } = does[name];
    expect(machine.state).toBe(name === 'AR-8' && recorder.isRequestor ? 'Sta9' : next);
    expect(recorder.log.map((entry, i) => entry.slice(0, effects[i]?.length))).toEqual(effects);
    expect(recorder.told).toEqual(tells === undefined ? [] : [tells]);
  });
});

test('13 states, 19 events and 123 cells, as in Table 9-10', () => {
  expect(stateNames).toHaveLength(13);
  expect(eventNames).toHaveLength(19);
  const cells = Object.values(transitionTable).flatMap((row) => Object.keys(row));
  expect(cells).toHaveLength(123);
  expect(expected.size).toBe(123);
});

test('AE-6: a request that the provider cannot accept is rejected, and ARTIM runs', () => {
  const { machine, recorder } = machineIn('Sta2');
  recorder.refusal = { type: 'A-ASSOCIATE-RJ', result: 1, source: 2, reason: 2 };
  machine.handle('Evt6', inputOf('Evt6'));
  expect(machine.state).toBe('Sta13');
  expect(recorder.log).toEqual(['stop ARTIM', 'send A-ASSOCIATE-RJ', 'start ARTIM']);
});

test("AA-3: the peer user's abort is told as A-ABORT, its provider's as A-P-ABORT", () => {
  const { machine, recorder } = machineIn('Sta6');
  machine.handle('Evt16', { pdu: { type: 'A-ABORT', source: 0, reason: 0 } });
  expect(recorder.told).toEqual(['A-ABORT indication']);
});

test('AA-8: unexpected PDU says reason 2, an invalid one the reason it was given (Table 9-26)', () => {
  const unexpected = machineIn('Sta6');
  unexpected.machine.handle('Evt3', inputOf('Evt3'));
  expect(unexpected.recorder.log[0]).toBe('send A-ABORT 2 2');
  const invalid = machineIn('Sta6');
  invalid.machine.handle('Evt19', { reason: 6 });
  expect(invalid.recorder.log[0]).toBe('send A-ABORT 2 6');
  const unrecognized = machineIn('Sta6');
  unrecognized.machine.handle('Evt19');
  expect(unrecognized.recorder.log[0]).toBe('send A-ABORT 2 1');
});

const standardFile = new URL('../../../../../shared/standard/ps3.8-state-machine.json', import.meta.url);
const hasStandard = existsSync(standardFile);

test.skipIf(!hasStandard)(
  `the table agrees with the Standard's tables as data${hasStandard ? '' : ' (skipped: ../shared/standard is absent)'}`,
  () => {
    const standard = JSON.parse(readFileSync(standardFile, 'utf8')) as {
      transitions: { event: Event; byState: Record<string, string> }[];
      actions: { action: ActionName; next: State[] }[];
    };
    const rows = Object.fromEntries(standard.transitions.map(({ event, byState }) => [event, byState]));
    expect(transitionTable).toEqual(rows);
    for (const { action, next } of standard.actions) expect(next).toContain(does[action].next);
  },
);
