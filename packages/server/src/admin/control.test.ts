import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { VerificationReport } from '../operations/index.ts';
import { connectOperatorPort } from './control-client.ts';
import { ControlDoor } from './control-door.ts';
import { LINE_MAX_BYTES, parseRequest } from './control-protocol.ts';
import type { OperatorPort } from './operator-port.ts';

const report: VerificationReport = {
  packs: 1,
  instances: 2,
  bytes: 3,
  quarantined: 0,
  dropped: 0,
  quarantine: [],
  erased: 0,
  damaged: [],
  replaced: [],
  unreadable: [],
  notInIndex: 0,
  onlyInIndex: 0,
};

/** Says what it was asked; imports of a path with "slow" wait until they are let go. */
class FakePort implements OperatorPort {
  readonly asked: string[] = [];
  letGo: () => void = () => undefined;
  readonly #slow = new Promise<void>((resolve) => (this.letGo = resolve));

  async importFile(path: string) {
    this.asked.push(`import ${path}`);
    if (path.includes('slow')) await this.#slow;
    if (path.includes('bad'))
      throw Object.assign(new Error('Doe^Jane is in the message'), { code: 'SOME_CODE' });
    if (path.includes('odd')) throw new Error('Doe^Jane is in the message');
    return { path, outcome: 'stored' as const };
  }

  exportStudy(uid: string, folder: string, onProgress?: (done: number, total: number) => void) {
    this.asked.push(`export ${uid} ${folder}`);
    for (let i = 1; i <= 3; i++) onProgress?.(i, 3);
    return Promise.resolve({ completed: 3, failed: 0, warning: 0, cancelled: false });
  }

  verify(onProgress?: (done: { packs: number; of: number; instances: number }) => void) {
    this.asked.push('verify');
    onProgress?.({ packs: 1, of: 2, instances: 5 });
    return Promise.resolve(report);
  }

  listQuarantined(after: number) {
    this.asked.push(`quarantine from ${after}`);
    return Promise.resolve({ dataSets: [], next: after + 1 });
  }

  compareQuarantined(uid: string, name: string): ReturnType<OperatorPort['compareQuarantined']> {
    this.asked.push(`compare ${uid} ${name}`);
    return Promise.reject(Object.assign(new Error('Doe^Jane is in the message'), { code: 'GONE' }));
  }

  dropQuarantined(uid: string, name: string) {
    this.asked.push(`drop ${uid} ${name}`);
    return Promise.resolve();
  }

  recordDeviceChange(aeTitle: string, change: string) {
    this.asked.push(`device ${aeTitle} ${change}`);
    return Promise.resolve();
  }

  close() {
    return Promise.resolve();
  }
}

let folder: string;
let file: string;
let port: FakePort;
let door: ControlDoor;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-control-'));
  file = join(folder, 'control.sock');
  port = new FakePort();
  door = new ControlDoor(port);
  await door.listen(file);
});
afterEach(async () => {
  await door.close();
  rmSync(folder, { recursive: true });
});

async function client(): Promise<OperatorPort> {
  const connected = await connectOperatorPort(file);
  if (!connected) throw new Error('nobody answers');
  return connected;
}

describe('a command and a running server', () => {
  test('understand each other: import, export and verify with progress, a device change', async () => {
    const commands = await client();
    expect(await commands.importFile('/media/a b.dcm')).toEqual({
      path: '/media/a b.dcm',
      outcome: 'stored',
    });
    const exported: number[][] = [];
    expect(
      await commands.exportStudy('1.2', '/out', (done, total) => exported.push([done, total])),
    ).toMatchObject({ completed: 3 });
    expect(exported).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    const verified: unknown[] = [];
    expect(await commands.verify((done) => verified.push(done))).toEqual(report);
    expect(verified).toEqual([{ packs: 1, of: 2, instances: 5 }]);
    expect(await commands.recordDeviceChange('CT1', 'added')).toBeUndefined();
    expect(port.asked).toEqual(['import /media/a b.dcm', 'export 1.2 /out', 'verify', 'device CT1 added']);
    await commands.close();
  });

  test('understand each other about quarantine; what is no number asks for the beginning', async () => {
    const commands = await client();
    expect(await commands.listQuarantined(7)).toEqual({ dataSets: [], next: 8 });
    for (const after of [NaN, -1, 1e21]) expect((await commands.listQuarantined(after)).next).toBe(1);
    await expect(commands.compareQuarantined('1.2', '1:64')).rejects.toMatchObject({ code: 'GONE' });
    expect(await commands.dropQuarantined('1.2', '1:64')).toBeUndefined();
    const beginning = Array<string>(3).fill('quarantine from 0');
    expect(port.asked).toEqual(['quarantine from 7', ...beginning, 'compare 1.2 1:64', 'drop 1.2 1:64']);
    await commands.close();
  });

  test('keep the answers of requests under way apart', async () => {
    const commands = await client();
    const slow = commands.importFile('slow');
    expect(await commands.importFile('quick')).toMatchObject({ path: 'quick' });
    port.letGo();
    expect(await slow).toMatchObject({ path: 'slow' });
    await commands.close();
  });

  test('an error comes back as its code, never its message', async () => {
    const commands = await client();
    await expect(commands.importFile('bad')).rejects.toMatchObject({ code: 'SOME_CODE' });
    await expect(commands.importFile('odd')).rejects.toMatchObject({ code: 'UNEXPECTED' });
    await expect(commands.importFile('bad')).rejects.not.toThrow(/Doe/);
    await commands.close();
  });

  test('file names of any kind arrive whole', async () => {
    const commands = await client();
    for (const name of ['a\nb', 'ä/日本/\u2028', '"\\', 'x'.repeat(4000)]) {
      expect(await commands.importFile(name)).toEqual({ path: name, outcome: 'stored' });
    }
    await commands.close();
  });

  test('when the server stops, whoever waits is told, and so is whoever asks after that', async () => {
    const commands = await client();
    const slow = commands.importFile('slow');
    await commands.importFile('quick');
    const told = expect(slow).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
    await door.close();
    await told;
    await expect(commands.importFile('later')).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
    await commands.close();
    port.letGo();
  });

  test('a client that goes away in the middle of its request harms nobody', async () => {
    const gone = await client();
    const slow = gone.importFile('slow');
    slow.catch(() => undefined);
    const other = await client();
    await other.importFile('quick');
    await gone.close();
    port.letGo();
    expect(await other.importFile('quick')).toMatchObject({ outcome: 'stored' });
    await other.close();
  });
});

describe('the socket file', () => {
  test('is for its owner alone', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(file).isSocket()).toBe(true);
  });

  test('without a server behind it, or absent, is no port', async () => {
    await door.close();
    expect(await connectOperatorPort(file)).toBeUndefined();
    writeFileSync(join(folder, 'plain'), 'no socket');
    expect(await connectOperatorPort(join(folder, 'plain'))).toBeUndefined();
  });

  test('left by a process that is gone is replaced', async () => {
    await door.close();
    writeFileSync(file, '');
    door = new ControlDoor(port);
    await door.listen(file);
    const commands = await client();
    expect(await commands.importFile('x')).toMatchObject({ outcome: 'stored' });
    await commands.close();
  });

  test('is gone when the server has stopped in order', async () => {
    await door.close();
    expect(existsSync(file)).toBe(false);
  });
});

/** Sends bytes; resolves with what came back when the door hangs up. */
function answerTo(...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket: Socket = connect(file, () => {
      for (const part of parts) socket.write(part);
    });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('what is no request', () => {
  const junk = [
    'null',
    '1',
    'true',
    '"import"',
    '[]',
    '{}',
    '{"id":1}',
    '{"id":1,"verb":"verify"}',
    '{"id":1,"verb":"verify","args":"x"}',
    '{"id":1,"verb":"verify","args":{"0":"x"}}',
    '{"id":1,"verb":"import","args":[1]}',
    '{"id":"1","verb":"verify","args":[]}',
    '{"id":1.5,"verb":"verify","args":[]}',
    '{"id":1,"verb":["verify"],"args":[]}',
    'GET / HTTP/1.1',
    '{"id":1,',
    '\u0000\u0001',
  ];
  test.each(junk)('%j ends the connection, and the server goes on', async (line) => {
    expect(parseRequest(line)).toBeUndefined();
    expect(await answerTo(`${line}\n`)).toBe('');
    expect(port.asked).toEqual([]);
    const commands = await client();
    expect(await commands.importFile('x')).toMatchObject({ outcome: 'stored' });
    await commands.close();
  });

  test('bytes that are no text end the connection', async () => {
    expect(await answerTo(Buffer.from([0xff, 0xfe, 0x00, 0x0a]))).toBe('');
  });

  test('a line without an end is cut off at its limit', async () => {
    expect(await answerTo(Buffer.alloc(LINE_MAX_BYTES + 1000, 0x61))).toBe('');
    expect(port.asked).toEqual([]);
  });

  test('a verb nobody knows is answered with an error, whatever it is called', async () => {
    for (const verb of ['delete', 'constructor', '__proto__', 'close', '']) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(file, () => socket.write(`${JSON.stringify({ id: 7, verb, args: [] })}\n`));
        socket.once('data', (bytes) => {
          resolve(bytes.toString());
          socket.destroy();
        });
      });
      expect(JSON.parse(answer)).toEqual({ id: 7, error: 'UNEXPECTED' });
    }
    expect(port.asked).toEqual([]);
  });
});

test('an answer that is none of ours ends the wait of the command', async () => {
  const liar = join(folder, 'liar.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\n'));
  });
  await new Promise<void>((resolve) => server.listen(liar, resolve));
  const commands = await connectOperatorPort(liar);
  await expect(commands?.importFile('x')).rejects.toMatchObject({ code: 'SERVER_STOPPED' });
  await new Promise((resolve) => server.close(resolve));
});
