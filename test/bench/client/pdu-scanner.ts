/** Called as PDUs are recognised; buffers are only valid during the call. */
export interface ScannerEvents {
  /** A PDU other than P-DATA-TF, without its header. */
  control(type: number, body: Buffer): void;
  /** A command set, whole. */
  command(bytes: Buffer): void;
  /** The last fragment of a data set has passed. */
  dataSetEnd(): void;
}

const P_DATA_TF = 0x04;
const PDU_HEADER = 6;
const PDV_HEADER = 6;

/** Finds commands in a stream of PDUs (PS3.8 9.3) and passes over data sets without looking at them. */
export class PduScanner {
  /** Of data sets, in all. */
  dataBytes = 0;
  readonly #events: ScannerEvents;
  readonly #header = Buffer.alloc(PDU_HEADER);
  #headerFilled = 0;
  #inPdu = false;
  #type = 0;
  #pduLeft = 0;
  #inPdv = false;
  #pdvLeft = 0;
  #isCommand = false;
  #isLast = false;
  #kept: Buffer[] = [];

  constructor(events: ScannerEvents) {
    this.#events = events;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at);
  }

  #step(chunk: Buffer, at: number): number {
    if (!this.#inPdu) return this.#readPduHeader(chunk, at);
    if (this.#type !== P_DATA_TF) return this.#readControl(chunk, at);
    return this.#inPdv ? this.#readFragment(chunk, at) : this.#readPdvHeader(chunk, at);
  }

  #fillHeader(chunk: Buffer, at: number, length: number): number {
    const taken = Math.min(length - this.#headerFilled, chunk.length - at);
    chunk.copy(this.#header, this.#headerFilled, at, at + taken);
    this.#headerFilled += taken;
    return at + taken;
  }

  #readPduHeader(chunk: Buffer, at: number): number {
    const next = this.#fillHeader(chunk, at, PDU_HEADER);
    if (this.#headerFilled < PDU_HEADER) return next;
    this.#headerFilled = 0;
    this.#type = this.#header[0] ?? 0;
    this.#pduLeft = this.#header.readUInt32BE(2);
    this.#inPdu = true;
    return next;
  }

  #readControl(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#pduLeft);
    this.#kept.push(Buffer.from(chunk.subarray(at, end)));
    this.#pduLeft -= end - at;
    if (this.#pduLeft === 0) {
      this.#inPdu = false;
      this.#events.control(this.#type, this.#takeKept());
    }
    return end;
  }

  #readPdvHeader(chunk: Buffer, at: number): number {
    const next = this.#fillHeader(chunk, at, PDV_HEADER);
    if (this.#headerFilled < PDV_HEADER) return next;
    this.#headerFilled = 0;
    // Context ID and message control header are counted in the length of the item (PS3.8 9.3.5.1).
    this.#pdvLeft = this.#header.readUInt32BE(0) - 2;
    const control = this.#header[5] ?? 0;
    this.#isCommand = (control & 1) !== 0;
    this.#isLast = (control & 2) !== 0;
    this.#pduLeft -= PDV_HEADER;
    this.#inPdv = true;
    if (this.#pdvLeft === 0) this.#endOfFragment();
    return next;
  }

  #readFragment(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#pdvLeft);
    this.#pdvLeft -= end - at;
    this.#pduLeft -= end - at;
    if (!this.#isCommand) this.dataBytes += end - at;
    else if (this.#pdvLeft === 0 && this.#isLast && this.#kept.length === 0) {
      // The usual case: a command in one piece needs no copy.
      this.#inPdv = false;
      if (this.#pduLeft === 0) this.#inPdu = false;
      this.#events.command(chunk.subarray(at, end));
      return end;
    } else this.#kept.push(Buffer.from(chunk.subarray(at, end)));
    if (this.#pdvLeft === 0) this.#endOfFragment();
    return end;
  }

  #endOfFragment(): void {
    this.#inPdv = false;
    if (this.#pduLeft === 0) this.#inPdu = false;
    if (!this.#isLast) return;
    if (this.#isCommand) this.#events.command(this.#takeKept());
    else this.#events.dataSetEnd();
  }

  #takeKept(): Buffer {
    const [first, ...more] = this.#kept;
    this.#kept = [];
    return first === undefined
      ? Buffer.alloc(0)
      : more.length === 0
        ? first
        : Buffer.concat([first, ...more]);
  }
}

/** Elements of a command set (PS3.7 E.1) that the client looks at. */
export const CommandElement = {
  commandField: 0x0100,
  messageID: 0x0110,
  status: 0x0900,
  affectedSOPInstanceUID: 0x1000,
} as const;

/** Where the value of an element of a command set begins; -1 when it is not there. */
export function commandValueAt(command: Buffer, element: number): number {
  let at = 0;
  while (at + 8 <= command.length) {
    if (command.readUInt16LE(at + 2) === element) return at + 8;
    at += 8 + command.readUInt32LE(at + 4);
  }
  return -1;
}

/** A 16-bit value of a command set; -1 when it is not there. */
export function commandNumber(command: Buffer, element: number): number {
  const at = commandValueAt(command, element);
  return at < 0 ? -1 : command.readUInt16LE(at);
}
