import { expect, test } from 'vitest';
import { encodeCommand } from './command-codec.ts';
import { CommandField } from './command.ts';
import type { DimseErrorCode } from './dimse-error.ts';
import { MessageReader } from './message-reader.ts';

const store = encodeCommand({ commandField: CommandField['C-STORE-RQ'], messageID: 1 }, true);
const echo = encodeCommand({ commandField: CommandField['C-ECHO-RQ'], messageID: 1 }, false);

type Piece = [contextID: number, kind: 'command' | 'data', isLast: boolean, bytes: Buffer];

function read(pieces: Piece[]): string[] {
  const log: string[] = [];
  const reader = new MessageReader({
    isAccepted: (id) => id < 10,
    command: (command, id) => {
      log.push(`${command.name} on ${id}`);
    },
    dataSetPiece: (piece) => {
      log.push(`${piece.length} bytes`);
    },
    dataSetEnd: () => {
      log.push('end');
    },
  });
  for (const [id, kind, isLast, bytes] of pieces) void reader.piece(id, kind === 'command', isLast, bytes);
  return log;
}

test('a command set in single bytes, then a data set in fragments (PS3.7 6.3)', () => {
  const bytes = [...store.keys()].map((i): Piece => [
    1,
    'command',
    i === store.length - 1,
    store.subarray(i, i + 1),
  ]);
  const log = read([...bytes, [1, 'data', false, Buffer.alloc(6)], [1, 'data', true, Buffer.alloc(0)]]);
  expect(log).toEqual(['C-STORE-RQ on 1', '6 bytes', 'end']);
});

test('the next message may use another context', () => {
  expect(
    read([
      [1, 'command', true, echo],
      [3, 'command', true, echo],
    ]),
  ).toEqual(['C-ECHO-RQ on 1', 'C-ECHO-RQ on 3']);
});

test.each<[string, Piece[], DimseErrorCode]>([
  ['a context that was not accepted', [[11, 'command', true, echo]], 'PRESENTATION_CONTEXT_UNKNOWN'],
  ['a data set first', [[1, 'data', true, store]], 'DATA_SET_NOT_ANNOUNCED'],
  [
    'a data set after C-ECHO-RQ',
    [
      [1, 'command', true, echo],
      [1, 'data', true, store],
    ],
    'DATA_SET_NOT_ANNOUNCED',
  ],
  [
    'a command instead of the data set',
    [
      [1, 'command', true, store],
      [1, 'command', true, echo],
    ],
    'COMMAND_INSTEAD_OF_DATA_SET',
  ],
  [
    'a data set on another context',
    [
      [1, 'command', true, store],
      [3, 'data', true, echo],
    ],
    'PRESENTATION_CONTEXT_CHANGED',
  ],
  [
    'a command set of 64 KiB and a byte',
    [
      [1, 'command', false, Buffer.alloc(65_536)],
      [1, 'command', true, Buffer.alloc(1)],
    ],
    'COMMAND_SET_TOO_LONG',
  ],
])('refused: %s', (_title, pieces, code) => {
  expect(() => read(pieces)).toThrow(expect.objectContaining({ code }));
});
