const NUMBERS = ['packID', 'fd', 'offset', 'prewrittenTo', 'damaged'] as const;
const TURN_BYTES = 8;
const FREE = 0;
const TAKEN = 1;

/**
 * Which pack is being written, and how far: in memory that two threads share. The one that talks to peers writes what is
 * small and comes alone, the other one everything else; whoever writes has the turn. It begins taken.
 */
export class PackState {
  readonly #turn: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#turn = new Int32Array(memory, 0, 1);
    this.#numbers = new Float64Array(memory, TURN_BYTES, NUMBERS.length);
  }

  static allocate(): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(TURN_BYTES + NUMBERS.length * Float64Array.BYTES_PER_ELEMENT);
    new Int32Array(memory)[0] = TAKEN;
    return memory;
  }

  /** Whether the turn was free, and is now the caller's. */
  tryTurn(): boolean {
    return Atomics.compareExchange(this.#turn, 0, FREE, TAKEN) === FREE;
  }

  /** Waits for the turn: only for a thread that nobody talks to. */
  takeTurn(): void {
    while (!this.tryTurn()) Atomics.wait(this.#turn, 0, TAKEN);
  }

  giveTurn(): void {
    Atomics.store(this.#turn, 0, FREE);
    Atomics.notify(this.#turn, 0);
  }

  get packID(): number {
    return this.#get(0);
  }

  set packID(value: number) {
    this.#numbers[0] = value;
  }

  get fd(): number {
    return this.#get(1);
  }

  set fd(value: number) {
    this.#numbers[1] = value;
  }

  /** End of what was written: the next record stands here. */
  get offset(): number {
    return this.#get(2);
  }

  set offset(value: number) {
    this.#numbers[2] = value;
  }

  /** End of what was written before, zeros included: writing into it costs the disk less than growing. */
  get prewrittenTo(): number {
    return this.#get(3);
  }

  set prewrittenTo(value: number) {
    this.#numbers[3] = value;
  }

  /** A write failed half-way: nothing more may be written behind it. */
  get damaged(): boolean {
    return this.#get(4) === 1;
  }

  set damaged(value: boolean) {
    this.#numbers[4] = value ? 1 : 0;
  }

  #get(index: number): number {
    return this.#numbers[index] as number;
  }
}
