import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { scopeExample } from '../scope/index.ts';
import { startSimulatedPacs } from '../testing/simulated-pacs.ts';
import { runCommandLine } from './commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'auditor-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const none = (): Promise<string[]> => Promise.resolve([]);
  const code = await runCommandLine(args, {
    version: '0.1.0',
    print: (text) => (out += text),
    printError: (text) => (err += text),
    isTerminal: false,
    signal: new AbortController().signal,
    resolver: { addresses: none, texts: none },
    environment: {},
    fail: () => {},
  });
  return { code, out, err };
}

describe('commands', () => {
  test('scope example prints a scope that scope show reads', async () => {
    const { out } = await run('scope', 'example');
    expect(out).toBe(scopeExample);
    const path = join(folder, 'scope.toml');
    writeFileSync(path, out);
    const shown = await run('scope', 'show', path, '--json');
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.out)).toMatchObject({ addresses: 256, owner: 'Example Imaging Centre' });
  });

  test('a scope with a mistake ends with 1 before the first packet, naming line and key', async () => {
    const path = join(folder, 'wrong.toml');
    writeFileSync(path, scopeExample.replace('exclude =', 'exclud ='));
    const { code, err } = await run('scan', '--scope', path, '--out', join(folder, 'never'));
    expect(code).toBe(1);
    expect(err).toMatch(/line \d+, exclud: .*did you mean exclude\?/);
    expect(readdirSync(folder)).not.toContain('never');
  });

  test('a wrong call ends with 2, help with 0', async () => {
    expect((await run('scan')).code).toBe(2);
    expect((await run('nothing')).code).toBe(2);
    expect((await run('--help')).code).toBe(0);
    expect((await run('checks', 'Z99')).code).toBe(2);
  });

  test('checks prints the manual of every check', async () => {
    const { out } = await run('checks', '--json');
    const metas = JSON.parse(out) as { id: string }[];
    expect(metas.map(({ id }) => id)).toContain('D05');
    expect((await run('checks', 'd05')).out).toContain('May a stranger query studies?');
  });

  test('scan writes the reports and prints a summary for programs', async () => {
    await using pacs = await startSimulatedPacs({ address: '127.47.0.1' });
    const path = join(folder, 'loopback.toml');
    writeFileSync(
      path,
      `owner = "Clinic"
contact = "it@clinic.example"
operator = "Jane Doe"
attestation = "Loopback of this machine, for a test."
attested = true
not-before = 2020-01-01
not-after = 2099-12-31
ports = [${pacs.port}]
[rates]
half-pdu-wait-seconds = 0
hosts-per-second = 100000
[[range]]
cidr = "127.47.0.0/30"
`,
    );
    const out = join(folder, 'out');
    const first = await run('scan', '--scope', path, '--out', out, '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({
      complete: true,
      addresses: 4,
      systems: 1,
      systemsExposed: 1,
    });
    expect(JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8'))).toMatchObject({
      format: 'leadglass-auditor-scan',
    });
    const again = await run('scan', '--scope', path, '--out', out);
    expect(again.code).toBe(1);
    expect(again.err).toContain('--resume');
    const compared = await run('compare', join(out, 'findings.json'), join(out, 'findings.json'), '--json');
    expect(compared.code).toBe(0);
  });
});
