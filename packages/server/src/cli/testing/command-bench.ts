import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePart10Header } from '@leadglass/dicom';
import type { TestInstance } from '../../archive/testing/instances.ts';
import { initialiseInstallation } from '../../config/index.ts';
import { indexFolderOf, operatorPort, rebuildIndex, startServer } from '../../wiring.ts';
import type { Wiring } from '../archive-access.ts';
import type { CommandContext } from '../init-context.ts';
import { buildProgram } from '../program.ts';
import { serveCommand } from '../serve.ts';

export interface Outputs {
  context: CommandContext;
  out: () => string;
  err: () => string;
}

export const wiring: Wiring = { startServer, operatorPort, rebuildIndex };

/** Commands of one test file on data folders of their own, without a process. */
export class CommandBench {
  readonly base = mkdtempSync(join(tmpdir(), 'leadglass-commands-'));
  readonly keyFile: string = join(this.base, 'master.key');
  readonly #env = { XDG_CONFIG_HOME: join(this.base, 'config') };
  readonly #template = join(this.base, 'template');
  readonly #indexFolders: string[] = [];
  #folders = 0;

  /** Makes keys and certificates: once, because they take time. */
  async prepare(): Promise<void> {
    const { installationID } = await initialiseInstallation({
      dataFolder: this.#template,
      keyFile: this.keyFile,
      env: this.#env,
    });
    const folder = indexFolderOf({ id: installationID } as Parameters<typeof indexFolderOf>[0]);
    if (folder !== undefined) this.#indexFolders.push(folder);
  }

  /** What commands leave in memory: to be called after each test. */
  forgetIndexes(): void {
    for (const folder of this.#indexFolders) rmSync(folder, { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }

  /** A name in the base that was not given before. */
  newFolder(kind: string): string {
    return join(this.base, `${kind}-${++this.#folders}`);
  }

  newData(): string {
    const data = this.newFolder('data');
    cpSync(this.#template, data, { recursive: true });
    return data;
  }

  outputs(): Outputs {
    let out = '';
    let err = '';
    const context: CommandContext = {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      env: this.#env,
      setExitCode: () => undefined,
    };
    return { context, out: () => out, err: () => err };
  }

  /** Runs a command line on a data folder, as a shell would. */
  async run(
    data: string,
    args: readonly string[],
    confirm?: CommandContext['confirm'],
  ): Promise<{ code: number; out: string; err: string }> {
    const { context, out, err } = this.outputs();
    let code = 0;
    const setExitCode = (value: number): void => void (code = value);
    const given = { ...context, setExitCode, ...(confirm ? { confirm } : {}) };
    const program = await buildProgram(args, given, wiring);
    const line = [...args, '--data', data, '--key-file', this.keyFile];
    await program.exitOverride().parseAsync(line, { from: 'user' });
    return { code, out: out(), err: err() };
  }

  /** A folder of files. */
  medium(instances: readonly TestInstance[]): string {
    const folder = this.newFolder('medium');
    for (const instance of instances) putInstance(folder, instance);
    return folder;
  }

  /** Starts the server as `serve` does, on free ports; resolves when it said that it is ready, when `whenReady` may
   *  stop it. */
  async serve(data: string, by: Wiring = wiring, whenReady?: (stopNow: () => void) => void) {
    const said = this.outputs();
    let stop: (() => void) | undefined;
    let isReady: (() => void) | undefined;
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const write = (text: string): void => {
      said.context.stdout.write(text);
      if (!text.startsWith('ready ')) return;
      whenReady?.(() => stop?.());
      isReady?.();
    };
    const context: CommandContext = { ...said.context, stdout: { write } };
    const options = { data, keyFile: this.keyFile, httpsPort: '0', dicomTlsPort: '0' };
    const running = serveCommand(options, context, by, (now) => (stop = now));
    await Promise.race([ready, running]);
    return { ...said, stop: () => stop?.(), ended: () => running };
  }
}

export function putInstance(
  folder: string,
  instance: TestInstance,
  name = `${instance.source.sopInstanceUID}.dcm`,
): string {
  mkdirSync(folder, { recursive: true });
  const header = writePart10Header({ ...instance.source, implementationClassUID: '1.2.3' });
  writeFileSync(join(folder, name), Buffer.concat([header, instance.dataSet]));
  return join(folder, name);
}
