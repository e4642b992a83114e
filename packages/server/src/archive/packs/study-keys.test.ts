import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Folders } from '../testing/folders.ts';
import { StudyKeys } from './study-keys.ts';

const SLOT_BYTES = 128;
const folders = new Folders();
afterAll(() => folders.remove());

const wrapping = randomBytes(32);
const names = randomBytes(32);

function newFile(): string {
  return join(folders.make(), 'study-keys');
}
const openKeys = (file: string, wrappingKey = wrapping): StudyKeys =>
  StudyKeys.open(file, wrappingKey, names);

describe('the keys of studies', () => {
  test('are found again after the file was closed, each its own', () => {
    const file = newFile();
    const keys = openKeys(file);
    const made = ['1.2.3', '1.2.4', '1.2.5'].map((uid) => keys.create(uid));
    keys.close();
    const again = openKeys(file);
    for (const { slot, key } of made) expect(again.get(slot)).toEqual(key);
    expect(new Set(made.map(({ key }) => Buffer.from(key).toString('hex'))).size).toBe(3);
    expect(again.create('1.2.6').slot).toBe(3);
    again.close();
  });

  test('lie in a file that shows neither key nor UID and that nobody else may read', () => {
    const file = newFile();
    const keys = openKeys(file);
    const { key } = keys.create('1.2.826.0.1.3680043');
    keys.close();
    const content = readFileSync(file);
    expect(content.includes(Buffer.from(key))).toBe(false);
    expect(content.includes('1.2.826')).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('are undefined with another wrapping key, in slots never given and in slots changed', () => {
    const file = newFile();
    const keys = openKeys(file);
    const { slot } = keys.create('1.2.3');
    keys.close();
    const stranger = openKeys(file, randomBytes(32));
    expect(stranger.get(slot)).toBeUndefined();
    stranger.close();
    for (const at of [0, 4, 30, 63, 64, 95]) {
      const content = readFileSync(file);
      content[at] = (content[at] ?? 0) ^ 1;
      const changedFile = newFile();
      writeFileSync(changedFile, content);
      const changed = openKeys(changedFile);
      expect(changed.get(slot), `byte ${at}`).toBeUndefined();
      expect(changed.get(slot + 1)).toBeUndefined();
      changed.close();
    }
  });

  test("do not open in another study's slot", () => {
    const file = newFile();
    const keys = openKeys(file);
    keys.create('1.2.3');
    keys.create('1.2.4');
    keys.close();
    const content = readFileSync(file);
    writeFileSync(file, Buffer.concat([content.subarray(SLOT_BYTES), content.subarray(0, SLOT_BYTES)]));
    const swapped = openKeys(file);
    expect(swapped.get(0)).toBeUndefined();
    expect(swapped.get(1)).toBeUndefined();
    swapped.close();
  });

  test('once destroyed are gone from memory and from the disk, and the slot is not given again', () => {
    const file = newFile();
    const keys = openKeys(file);
    const first = keys.create('1.2.3');
    const second = keys.create('1.2.4');
    keys.destroy(first.slot);
    expect(keys.get(first.slot)).toBeUndefined();
    expect(Buffer.from(first.key)).toEqual(Buffer.alloc(32));
    expect(readFileSync(file).subarray(0, SLOT_BYTES)).toEqual(Buffer.alloc(SLOT_BYTES));
    expect(keys.get(second.slot)).toEqual(second.key);
    keys.close();
    const again = openKeys(file);
    expect(again.get(first.slot)).toBeUndefined();
    expect(again.create('1.2.5').slot).toBe(2);
    again.close();
  });

  test('are known by what they are for, whatever a changed file says of a name, and go together', () => {
    const file = newFile();
    const keys = openKeys(file);
    const slots = ['1.2.3', 'quarantine 1 2', 'quarantine 1 3'].map((name) => keys.create(name).slot);
    const [study = 0, one = 0, other = 0] = slots;
    expect(slots.map((slot) => keys.isOf(slot, 'quarantine 1 2'))).toEqual([false, true, false]);
    expect(keys.isOf(77, 'quarantine 1 2')).toBe(false);
    keys.close();
    // The name of a slot that may go, written over that of a study: the key is sealed with its name, and none is found.
    const content = readFileSync(file);
    content.copy(content, study * SLOT_BYTES + 64, one * SLOT_BYTES + 64, one * SLOT_BYTES + 96);
    const changedFile = newFile();
    writeFileSync(changedFile, content);
    const changed = openKeys(changedFile);
    expect(changed.isOf(study, 'quarantine 1 2')).toBe(false);
    changed.close();
    const again = openKeys(file);
    again.destroy(one, other);
    expect(slots.map((slot) => again.get(slot) !== undefined)).toEqual([true, false, false]);
    expect(again.isOf(one, 'quarantine 1 2')).toBe(false);
    again.close();
  });

  test('a slot cut short by a crash is written over, those before it stay', () => {
    for (const cut of [1, 64, SLOT_BYTES - 1]) {
      const file = newFile();
      const keys = openKeys(file);
      const kept = keys.create('1.2.3');
      const torn = keys.create('1.2.4');
      keys.close();
      truncateSync(file, SLOT_BYTES + cut);
      const again = openKeys(file);
      expect(again.get(kept.slot)).toEqual(kept.key);
      expect(again.get(torn.slot)).toBeUndefined();
      const next = again.create('1.2.5');
      expect(next.slot).toBe(torn.slot);
      again.close();
      const third = openKeys(file);
      expect(third.get(next.slot)).toEqual(next.key);
      third.close();
    }
  });

  test('junk behind the slots is no key', () => {
    const file = newFile();
    openKeys(file).close();
    appendFileSync(file, randomBytes(SLOT_BYTES * 3 + 17));
    const keys = openKeys(file);
    for (let slot = 0; slot < 5; slot++) expect(keys.get(slot)).toBeUndefined();
    keys.close();
  });

  test('once closed touch no file: the number of theirs may be that of another by then', () => {
    const file = newFile();
    const keys = openKeys(file);
    const { slot } = keys.create('1.2.3');
    keys.close();
    const content = readFileSync(file);
    const other = openKeys(newFile());
    other.create('1.2.9');
    expect(other.takeDirty()).toBe(true);
    expect(keys.get(slot)).toBeUndefined();
    expect(() => keys.create('1.2.4')).toThrow();
    expect(() => keys.destroy(slot)).toThrow();
    keys.close();
    expect(other.takeDirty()).toBe(false);
    other.close();
    expect(readFileSync(file)).toEqual(content);
  });

  test('say once that they must be synced', () => {
    const keys = openKeys(newFile());
    expect(keys.takeDirty()).toBe(false);
    keys.create('1.2.3');
    expect(keys.takeDirty()).toBe(true);
    expect(keys.takeDirty()).toBe(false);
    keys.close();
  });

  test('are found also when more are in use than are held in memory', () => {
    const keys = openKeys(newFile());
    const made = Array.from({ length: 5000 }, (_, i) => keys.create(`1.2.${i}`));
    for (const { slot, key } of [made[0], made[2500], made[4999]].flatMap((one) => one ?? [])) {
      expect(keys.get(slot)).toEqual(Buffer.from(key));
    }
    keys.close();
  });
});
