import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const HOOKS = join(import.meta.dirname, 'quick-imports.ts');
const folder = mkdtempSync(join(tmpdir(), 'quick-imports-'));

const files: Record<string, string> = {
  'package.json': '{"type":"module"}',
  'main.ts': `
    import { here } from './a/neighbour.ts';
    import { script } from './a/script.js';
    import common from './common/old.js';
    import data from './data.json' with { type: 'json' };
    import { linked } from 'linked';
    import { Worker } from 'node:worker_threads';
    const [later, thread]: [string, string] = ['./a/lazy.ts', './thread.ts'];
    const { lazy } = await import(later);
    const inThread = await new Promise((resolve) =>
      new Worker(new URL(thread, import.meta.url)).once('message', resolve));
    console.log(JSON.stringify([here, script, common, data, linked, lazy, inThread]));`,
  'a/neighbour.ts': `import { up } from '../up.ts'; export const here: string = 'neighbour of ' + up;`,
  'up.ts': `export const up: string = 'up';`,
  'a/script.js': `export const script = 'module';`,
  'a/lazy.ts': `export const lazy: string = import.meta.url.slice(-9);`,
  'common/package.json': '{"type":"commonjs"}',
  'common/old.js': `module.exports = 'common ' + require('./without-extension');`,
  'common/without-extension.js': `module.exports = 'js';`,
  'data.json': '["data"]',
  'thread.ts': `import { parentPort } from 'node:worker_threads';
    import { up } from './up.ts'; parentPort?.postMessage('thread ' + up);`,
  'elsewhere/package.json': '{"name":"linked","type":"module","exports":"./index.ts"}',
  'elsewhere/index.ts': `import { beside } from './beside.ts'; export const linked: string = beside;`,
  'elsewhere/beside.ts': `export const beside: string = 'beside a link';`,
  'absent.ts': `import './not-there.ts';`,
};

beforeAll(() => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'node_modules/linked'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flags = ['--import', HOOKS];

describe('modules named by their neighbours', () => {
  test('are what they are without the short way: scripts, types, common modules, data, links, threads', () => {
    const [plain, quick] = [[], flags].map((given) =>
      execFileSync(process.execPath, [...given, join(folder, 'main.ts')], { encoding: 'utf8' }),
    );
    expect(quick).toBe(plain);
    expect(JSON.parse(quick ?? '')).toEqual([
      'neighbour of up',
      'module',
      'common js',
      ['data'],
      'beside a link',
      'a/lazy.ts',
      'thread up',
    ]);
  });

  test('that are not there end the program, and are named', () => {
    const run = spawnSync(process.execPath, [...flags, join(folder, 'absent.ts')], { encoding: 'utf8' });
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain('not-there.ts');
  });
});
