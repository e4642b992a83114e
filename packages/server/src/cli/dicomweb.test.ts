import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerJSON, FakeService } from '../dicomweb-client/testing/fake-service.ts';
import { registerDicomwebCommand } from './dicomweb.ts';

let folder: string;
let service: FakeService;
const authorizations: (string | undefined)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leadglass-dicomweb-'));
  authorizations.length = 0;
  service = await FakeService.start((request, response) => {
    authorizations.push(request.headers.authorization);
    const isFirst = !(request.url ?? '').includes('offset');
    answerJSON(response, isFirst ? [{ '0020000D': { vr: 'UI', Value: ['1.2.3'] } }] : []);
  });
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const said = { code: undefined as number | undefined, stdout: '', stderr: '' };
  const program = new Command('leadglass').exitOverride();
  registerDicomwebCommand(program, {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env,
    setExitCode: (code) => (said.code = code),
  });
  await program.parseAsync(['node', 'leadglass', 'dicomweb', ...args]);
  return said;
}

type Refused = [name: string, args: string[], words: string, env?: Record<string, string>];

describe('leadglass dicomweb', () => {
  test('search shows what a server has, as a table, JSON and CSV', async () => {
    const table = await run(['search', service.url]);
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(/StudyInstanceUID\n.*1\.2\.3\n$/);
    const json = await run(['search', service.url, '--format', 'json']);
    expect(JSON.parse(json.stdout)).toEqual([{ '0020000D': { vr: 'UI', Value: ['1.2.3'] } }]);
    const csv = await run(['search', service.url, '--format', 'csv', '--include', 'StudyID']);
    expect(csv.stdout).toMatch(/StudyInstanceUID,StudyID\r\n.*,1\.2\.3,\r\n$/);
  });

  test('a patient in the URL is said so; --post keeps it out', async () => {
    expect((await run(['search', service.url, '--match', 'PatientID=1'])).stderr).toContain('--post');
    expect((await run(['search', service.url, '--match', 'PatientID=1', '--post'])).stderr).toBe('');
    expect((await run(['search', service.url, '--match', 'StudyInstanceUID=1.2'])).stderr).toBe('');
  });

  test('the token comes from a file or the environment, and is told to the service alone', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'lg_from_file\n', { mode: 0o600 });
    const outcomes = [
      await run(['search', service.url], { LEADGLASS_TOKEN: 'lg_from_env' }),
      await run(['search', service.url, '--token-file', file], { LEADGLASS_TOKEN: 'lg_from_env' }),
    ];
    expect(new Set(authorizations)).toEqual(new Set(['Bearer lg_from_env', 'Bearer lg_from_file']));
    for (const { stdout, stderr } of outcomes) expect(stdout + stderr).not.toContain('lg_');
    writeFileSync(join(folder, 'open'), 'lg_open', { mode: 0o644 });
    expect((await run(['search', service.url, '--token-file', join(folder, 'open')])).stderr).toContain(
      'chmod',
    );
  });

  test.each([
    ['clear text to elsewhere', ['search', 'http://archive.example.org/dicom-web'], 'HTTPS_NEEDED'],
    [
      'a certificate without its key',
      ['search', 'https://localhost/', '--cert', 'a.pem'],
      '--cert and --key',
    ],
    ['a limit that is none', ['search', 'URL', '--limit', '0'], '--limit'],
    ['a match that is none', ['search', 'URL', '--match', 'PatientID'], '--match'],
    ['an attribute nobody knows', ['search', 'URL', '--match', 'Nothing=1'], 'UNKNOWN_ATTRIBUTE'],
    ['a token that is none', ['search', 'URL'], 'BAD_TOKEN', { LEADGLASS_TOKEN: 'a b' }],
  ] satisfies Refused[])(
    '%s is refused with the next step',
    async (...[, args, words, env = {}]: Refused) => {
      const outcome = await run(
        args.map((arg) => (arg === 'URL' ? service.url : arg)),
        env,
      );
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain(words);
      expect(service.asked).toEqual([]);
    },
  );
});
