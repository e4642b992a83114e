const sectorBytes = 2048;

/** An ISO 9660 image with files in its root folder and in one folder below (ECMA-119). */
export function isoOf(
  files: Readonly<Record<string, Uint8Array>>,
  below: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const rootSector = 18;
  const belowSector = 19;
  let next = 20;
  const data: Buffer[] = [];
  const place = (bytes: Uint8Array): number => {
    const sector = next;
    const count = Math.max(1, Math.ceil(bytes.length / sectorBytes));
    const padded = Buffer.alloc(count * sectorBytes);
    padded.set(bytes);
    data.push(padded);
    next += count;
    return sector;
  };
  const records = (own: number, entries: Readonly<Record<string, Uint8Array>>): Buffer[] => [
    record('\0', own, sectorBytes, true),
    record('\x01', rootSector, sectorBytes, true),
    ...Object.entries(entries).map(([name, bytes]) => record(`${name};1`, place(bytes), bytes.length, false)),
  ];
  const root = sector([...records(rootSector, files), record('BELOW', belowSector, sectorBytes, true)]);
  const folder = sector(records(belowSector, below));
  const primary = Buffer.alloc(sectorBytes);
  primary.write('\x01CD001\x01', 0, 'latin1');
  primary.writeUInt16LE(sectorBytes, 128);
  record('\0', rootSector, sectorBytes, true).copy(primary, 156);
  const end = Buffer.alloc(sectorBytes);
  end.write('\xffCD001\x01', 0, 'latin1');
  return new Uint8Array(Buffer.concat([Buffer.alloc(16 * sectorBytes), primary, end, root, folder, ...data]));
}

function sector(records: readonly Buffer[]): Buffer {
  const bytes = Buffer.alloc(sectorBytes);
  Buffer.concat(records).copy(bytes);
  return bytes;
}

function record(name: string, block: number, sizeBytes: number, isDirectory: boolean): Buffer {
  const length = 33 + name.length + ((33 + name.length) % 2);
  const bytes = Buffer.alloc(length);
  bytes[0] = length;
  bytes.writeUInt32LE(block, 2);
  bytes.writeUInt32BE(block, 6);
  bytes.writeUInt32LE(sizeBytes, 10);
  bytes.writeUInt32BE(sizeBytes, 14);
  bytes[25] = isDirectory ? 2 : 0;
  bytes[32] = name.length;
  bytes.write(name, 33, 'latin1');
  return bytes;
}
