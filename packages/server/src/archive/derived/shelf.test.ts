import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { DerivedFiles } from './derived-files.ts';
import type { DerivedThing, Shelf } from './shelf.ts';

const folders = new Folders();
afterAll(() => folders.remove());

const NAME_KEY = randomBytes(32);
const MEBIBYTE = 1024 * 1024;

/** A shelf in a folder of its own, with a key for every slot until it is destroyed. */
class Bench {
  readonly folder = folders.make();
  readonly keys = new Map([0, 1].map((slot) => [slot, randomBytes(32)]));
  derived = this.open();

  open(diskReserveBytes = 0): DerivedFiles {
    return (this.derived = new DerivedFiles({
      folder: this.folder,
      nameKey: NAME_KEY,
      keyOf: (slot) => this.keys.get(slot),
      diskReserveBytes,
    }));
  }

  /** As after a restart. */
  async again(): Promise<DerivedFiles> {
    await this.derived.close();
    return this.open();
  }

  files(purpose = 'metadata'): string[] {
    return readdirSync(join(this.folder, purpose)).map((name) => join(this.folder, purpose, name));
  }

  onlyFile(purpose?: string): string {
    const [file = '', ...others] = this.files(purpose);
    expect(others).toEqual([]);
    return file;
  }
}

const thing = (about: Partial<DerivedThing> = {}): DerivedThing => ({
  keySlot: 0,
  name: ['1.2.3', '1.2.3.4'],
  state: 'first',
  ...about,
});

const texts = async (shelf: Shelf, of: DerivedThing): Promise<string[] | undefined> =>
  (await shelf.read(of))?.map((part) => part.toString());

describe('a shelf of derived files', () => {
  test('gives back what was put on it, whole and part by part, after a restart too', async () => {
    const bench = new Bench();
    const parts = [Buffer.from('head'), randomBytes(300_000), Buffer.alloc(0), Buffer.from('end')];
    const first = bench.derived.shelf('metadata', 10 * MEBIBYTE);
    expect(await first.read(thing())).toBeUndefined();
    expect(await first.write(thing(), parts)).toBe(true);
    const expectAll = async (shelf: Shelf): Promise<void> => {
      expect(await shelf.holds(thing())).toBe(true);
      expect(await shelf.read(thing())).toEqual(parts);
      for (const [number, part] of parts.entries())
        expect(await shelf.readPart(thing(), number)).toEqual(part);
    };
    await expectAll(first);
    await expectAll((await bench.again()).shelf('metadata', 10 * MEBIBYTE));
    expect(statSync(bench.onlyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(bench.folder, 'metadata')).mode & 0o777).toBe(0o700);
  });

  test('finds a part among very many', async () => {
    const shelf = new Bench().derived.shelf('frames', 10 * MEBIBYTE);
    const parts = Array.from({ length: 20_000 }, (_, number) => Buffer.from(`frame ${number}`));
    expect(await shelf.write(thing(), parts)).toBe(true);
    for (const number of [0, 1, 9_999, 19_999])
      expect((await shelf.readPart(thing(), number))?.toString()).toBe(`frame ${number}`);
  });

  test('has nothing readable in it, nor in the names of its files', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('Zwetschgenbaum')]);
    const file = bench.onlyFile();
    expect(file).toMatch(/\/[0-9a-f]{64}$/);
    expect(readFileSync(file).includes('Zwetschgenbaum')).toBe(false);
    expect(readFileSync(file).includes('1.2.3')).toBe(false);
  });

  test('has one file for a thing, of its latest state', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('old')]);
    await shelf.write(thing({ state: 'second' }), [Buffer.from('new')]);
    expect(bench.files()).toHaveLength(1);
    expect(await texts(shelf, thing({ state: 'second' }))).toEqual(['new']);
    expect(await shelf.read(thing())).toBeUndefined();
  });

  test('keeps what it had when the parts fail, and leaves nothing behind', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('whole')]);
    const failing = function* (): Generator<Uint8Array> {
      yield Buffer.from('a part');
      throw new Error('cannot be read');
    };
    await expect(shelf.write(thing(), failing())).rejects.toThrow('cannot be read');
    bench.onlyFile();
    expect(await texts(shelf, thing())).toEqual(['whole']);
  });

  test('gives up what is being written when it is closed', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    let closing: Promise<void> | undefined;
    const parts = function* (): Generator<Uint8Array> {
      yield Buffer.from('a part');
      closing = shelf.close();
      yield Buffer.from('another');
    };
    expect(await shelf.write(thing(), parts())).toBe(false);
    await closing;
    expect(bench.files()).toEqual([]);
  });

  test('reads a file that came into the place of another, whatever its length', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('short')]);
    const later = bench.open().shelf('metadata', MEBIBYTE);
    for (const length of [1000, 1]) {
      await later.write(thing(), [Buffer.alloc(length, 7)]);
      expect(await shelf.read(thing())).toEqual([Buffer.alloc(length, 7)]);
    }
  });

  test('does not count a file that somebody removed', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', 3000);
    const other = thing({ name: ['other'] });
    await shelf.write(thing(), [Buffer.alloc(2000)]);
    await shelf.write(other, [Buffer.alloc(500)]);
    for (const file of bench.files()) if (statSync(file).size > 1000) rmSync(file);
    expect(await shelf.read(thing())).toBeUndefined();
    await shelf.write(thing({ name: ['third'] }), [Buffer.alloc(2000)]);
    expect(await shelf.holds(other)).toBe(true);
  });

  test('opens nothing of a study whose key was destroyed, and takes nothing of it', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('of a patient')]);
    bench.keys.delete(0);
    expect(await shelf.read(thing())).toBeUndefined();
    expect(await shelf.write(thing(), [Buffer.from('of a patient')])).toBe(false);
    expect(bench.files()).toEqual([]);
  });
});

describe('a file that is not the right one is none', () => {
  async function written(bench: Bench): Promise<{ shelf: Shelf; file: string }> {
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('first part'), Buffer.from('second part')]);
    return { shelf, file: bench.onlyFile() };
  }

  /** It is not given, it is gone, and the next that is made takes its place. */
  async function expectMadeAnew(shelf: Shelf, of: DerivedThing = thing()): Promise<void> {
    expect(await shelf.read(of)).toBeUndefined();
    expect(await shelf.write(of, [Buffer.from('anew')])).toBe(true);
    expect(await texts(shelf, of)).toEqual(['anew']);
  }

  test('with any byte changed, cut off anywhere, or longer', async () => {
    const bench = new Bench();
    const { shelf, file } = await written(bench);
    const whole = readFileSync(file);
    const damaged = fc.oneof(
      fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ bits;
        return bytes;
      }),
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
      fc.nat(whole.length - 1).map((from) => whole.subarray(from + 1)),
      fc.uint8Array({ minLength: 1, maxLength: 50 }).map((more) => Buffer.concat([whole, more])),
      fc.uint8Array({ minLength: 1, maxLength: 50 }).map((more) => Buffer.concat([more, whole])),
      // Bytes of somebody else, with an end that looks like ours.
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([bytes, whole.subarray(-44)])),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        writeFileSync(file, bytes);
        expect(await shelf.read(thing())).toBeUndefined();
        expect(bench.files()).toEqual([]);
      }),
    );
    writeFileSync(file, whole);
    expect(await texts(shelf, thing())).toEqual(['first part', 'second part']);
  });

  test('with parts in another order', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    await shelf.write(thing(), [Buffer.from('one'), Buffer.from('two')]);
    const file = bench.onlyFile();
    const whole = readFileSync(file);
    const [one, two] = [whole.subarray(0, 19), whole.subarray(19, 38)];
    writeFileSync(file, Buffer.concat([two, one, whole.subarray(38)]));
    await expectMadeAnew(shelf);
  });

  test('of a former state, put back', async () => {
    const bench = new Bench();
    const { shelf, file } = await written(bench);
    const former = readFileSync(file);
    await shelf.write(thing({ state: 'second' }), [Buffer.from('later')]);
    writeFileSync(file, former);
    await expectMadeAnew(shelf, thing({ state: 'second' }));
  });

  test('of another series of the same study, renamed or exchanged', async () => {
    const bench = new Bench();
    const { shelf, file } = await written(bench);
    const other = thing({ name: ['1.2.3', '1.2.3.5'] });
    await shelf.write(other, [Buffer.from('of another series')]);
    const otherFile = bench.files().find((each) => each !== file) ?? '';
    const aside = join(bench.folder, 'aside');
    copyFileSync(file, aside);
    renameSync(otherFile, file);
    renameSync(aside, otherFile);
    await expectMadeAnew(shelf);
    await expectMadeAnew(shelf, other);
  });

  test('of another study', async () => {
    const bench = new Bench();
    const { shelf, file } = await written(bench);
    const other = thing({ keySlot: 1, name: ['1.2.4', '1.2.4.1'] });
    await shelf.write(other, [Buffer.from('of another study')]);
    const otherFile = bench.files().find((each) => each !== file) ?? '';
    renameSync(otherFile, file);
    await expectMadeAnew(shelf);
  });

  test('of another purpose', async () => {
    const bench = new Bench();
    const { shelf, file } = await written(bench);
    const frames = bench.derived.shelf('frames', MEBIBYTE);
    await frames.write(thing(), [Buffer.from('pixels')]);
    renameSync(bench.onlyFile('frames'), file);
    await expectMadeAnew(shelf);
  });

  test('that is a link, a pipe, a folder or nothing at all', async () => {
    const bench = new Bench();
    const { shelf, file } = await written(bench);
    const elsewhere = join(bench.folder, 'elsewhere');
    renameSync(file, elsewhere);
    symlinkSync(elsewhere, file);
    await expectMadeAnew(shelf);
    expect(readFileSync(elsewhere).length).toBeGreaterThan(0);
    renameSync(file, elsewhere);
    execFileSync('mkfifo', [file]);
    await expectMadeAnew(shelf);
    renameSync(file, elsewhere);
    mkdirSync(file);
    await expectMadeAnew(shelf);
    writeFileSync(file, '');
    await expectMadeAnew(shelf);
  });
});

describe('a shelf is bounded', () => {
  const nth = (number: number): DerivedThing => thing({ name: [String(number)] });
  const put = (shelf: Shelf, number: number, bytes = 1000): Promise<boolean> =>
    shelf.write(nth(number), [Buffer.alloc(bytes, number)]);
  const held = async (shelf: Shelf, count: number): Promise<number[]> => {
    const numbers: number[] = [];
    for (let number = 0; number < count; number++) if (await shelf.holds(nth(number))) numbers.push(number);
    return numbers;
  };

  test('what was used least recently goes', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', 3400);
    for (const number of [0, 1, 2]) await put(shelf, number);
    await shelf.read(nth(0));
    await put(shelf, 3);
    expect(await held(shelf, 4)).toEqual([0, 2, 3]);
    expect(bench.files()).toHaveLength(3);
  });

  test('after a restart with another limit too, by the time of use that the files have', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', MEBIBYTE);
    for (const number of [0, 1, 2, 3]) {
      const before = new Set(number === 0 ? [] : bench.files());
      await put(shelf, number);
      const file = bench.files().find((each) => !before.has(each)) ?? '';
      // The second was used last.
      utimesSync(file, 1000, number === 1 ? 2000 : 1000 + number);
    }
    writeFileSync(join(bench.folder, 'metadata', `${'a'.repeat(64)}.${'b'.repeat(16)}-0.new`), 'torn');
    writeFileSync(join(bench.folder, 'metadata', 'notes'), 'of somebody');
    const again = (await bench.again()).shelf('metadata', 2400);
    await again.write(nth(9), []);
    expect(await held(again, 4)).toEqual([1, 3]);
    expect(bench.files().filter((file) => file.endsWith('.new'))).toEqual([]);
    expect(bench.files().filter((file) => file.endsWith('notes'))).toHaveLength(1);
  });

  test('what is more than all the room is not kept, and pushes nothing out', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', 3400);
    await put(shelf, 0);
    expect(await put(shelf, 1, 4000)).toBe(false);
    expect(await held(shelf, 2)).toEqual([0]);
    expect(bench.files()).toHaveLength(1);
  });

  test('none at all is kept with a limit of none', async () => {
    const bench = new Bench();
    const shelf = bench.derived.shelf('metadata', 0);
    expect(await put(shelf, 0)).toBe(false);
    expect(readdirSync(bench.folder)).toEqual([]);
  });

  test('where the disk is nearly full nothing is added, and what is there makes room', async () => {
    const bench = new Bench();
    await put(bench.derived.shelf('metadata', MEBIBYTE), 0);
    await bench.derived.close();
    const shelf = bench.open(Number.MAX_SAFE_INTEGER).shelf('metadata', MEBIBYTE);
    expect(await put(shelf, 1)).toBe(false);
    expect(bench.files()).toEqual([]);
  });

  test('what nobody has any more is dropped', async () => {
    const bench = new Bench();
    await put(bench.derived.shelf('frames', MEBIBYTE), 0);
    await bench.derived.drop('frames');
    expect(readdirSync(bench.folder)).toEqual([]);
  });
});
