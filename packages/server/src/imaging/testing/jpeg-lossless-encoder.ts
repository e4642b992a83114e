/** For tests alone: writes lossless JPEG in the ways others do, so that every way of decoding has something to read. */
export interface LosslessOptions {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
  readonly predictor: number;
  readonly pointTransform?: number;
  /** Rows between restart markers. */
  readonly restartRows?: number;
  /** A scan for each component instead of one for all. */
  readonly separateScans?: boolean;
}

/** Codes of one length: category n has code n of 5 bits. Simple, and a valid Huffman table of 17 values. */
const codeBits = 5;

/** @param samples by pixel; what the point transform takes away is lost */
export function encodeLossless(samples: Uint16Array, options: LosslessOptions): Uint8Array {
  const { rows, columns, components, precision, separateScans = false, restartRows = 0 } = options;
  const bytes: number[] = [0xff, 0xd8];
  segment(bytes, 0xc4, [
    0,
    ...Array.from({ length: 16 }, (_, at) => (at + 1 === codeBits ? 17 : 0)),
    ...Array(17).keys(),
  ]);
  const ids = Array.from({ length: components }, (_, index) => index + 1);
  segment(bytes, 0xc3, [
    ...[precision, rows >> 8, rows & 255, columns >> 8, columns & 255, components],
    ...ids.flatMap((id) => [id, 0x11, 0]),
  ]);
  if (restartRows > 0) segment(bytes, 0xdd, [(restartRows * columns) >> 8, (restartRows * columns) & 255]);
  for (const scan of separateScans ? ids.map((id) => [id]) : [ids]) {
    segment(bytes, 0xda, [
      ...[scan.length, ...scan.flatMap((id) => [id, 0])],
      ...[options.predictor, 0, options.pointTransform ?? 0],
    ]);
    bytes.push(...entropy(samples, scan, options));
  }
  bytes.push(0xff, 0xd9);
  return Uint8Array.from(bytes);
}

function segment(bytes: number[], marker: number, body: readonly number[]): void {
  bytes.push(0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body);
}

function entropy(samples: Uint16Array, scan: readonly number[], options: LosslessOptions): number[] {
  const { rows, columns, components, precision, predictor, pointTransform = 0, restartRows = 0 } = options;
  const bytes: number[] = [];
  let bits = '';
  const flush = (): void => {
    while (bits.length % 8 !== 0) bits += '1';
    for (let at = 0; at < bits.length; at += 8) {
      const byte = parseInt(bits.slice(at, at + 8), 2);
      bytes.push(byte);
      if (byte === 0xff) bytes.push(0);
    }
    bits = '';
  };
  const value = (row: number, column: number, component: number): number =>
    (samples[(row * columns + column) * components + component] as number) >> pointTransform;
  for (let row = 0; row < rows; row++) {
    const isFirst = row === 0 || (restartRows > 0 && row % restartRows === 0);
    if (row > 0 && isFirst) {
      flush();
      bytes.push(0xff, 0xd0 + ((row / restartRows - 1) & 7));
    }
    for (let column = 0; column < columns; column++)
      for (const id of scan) {
        const component = id - 1;
        const [a, b, c] = [
          column > 0 ? value(row, column - 1, component) : 0,
          row > 0 ? value(row - 1, column, component) : 0,
          row > 0 && column > 0 ? value(row - 1, column - 1, component) : 0,
        ];
        const origin = 1 << (precision - pointTransform - 1);
        const guesses = [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1];
        const guess = isFirst
          ? column === 0
            ? origin
            : a
          : column === 0
            ? b
            : (guesses[predictor] as number);
        bits += code(value(row, column, component) - guess);
      }
  }
  flush();
  return bytes;
}

/** Category and additional bits (ISO/IEC 10918-1 H.1.2.2). */
function code(difference: number): string {
  const wrapped = ((difference + 32768) & 0xffff) - 32768;
  const category = wrapped === -32768 ? 16 : 32 - Math.clz32(Math.abs(wrapped));
  const prefix = category.toString(2).padStart(codeBits, '0');
  if (category === 0 || category === 16) return prefix;
  const bits = wrapped > 0 ? wrapped : wrapped + (1 << category) - 1;
  return prefix + bits.toString(2).padStart(category, '0');
}
