import { actions } from './actions.ts';
import type { EventInput, UpperLayerEffects } from './effects.ts';
import { transitionTable } from './transition-table.ts';
import type { ActionName, Event, State } from './transition-table.ts';

const NOTHING: EventInput = Object.freeze({});

/** The upper layer protocol machine of PS3.8 9.2: Table 9-10 run over effects. */
export class UpperLayerMachine {
  #state: State = 'Sta1';
  readonly #effects: UpperLayerEffects;

  constructor(effects: UpperLayerEffects) {
    this.#effects = effects;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Does what Table 9-10 says and returns the action, or undefined if the event has no cell in this state: then
   * nothing was done. The user is told last, when the new state holds, and may raise the next event at once.
   */
  handle(event: Event, input: EventInput = NOTHING): ActionName | undefined {
    const name = transitionTable[event][this.#state];
    if (name === undefined) return undefined;
    const { next, indication } = actions[name](this.#effects, input, event);
    this.#state = next;
    if (indication !== undefined) this.#effects.indicate(indication, input);
    return name;
  }
}
