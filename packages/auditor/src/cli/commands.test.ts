import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, describe, expect, test } from 'vitest';
import { parseScanReport } from '../findings/index.ts';
import { finding, report, system } from '../findings/testing/small-report.ts';
import { scopeExample } from '../scope/index.ts';
import { startSimulatedPacs } from '../testing/simulated-pacs.ts';
import { runCommandLine } from './commands.ts';
import { SCOPE_HEAD } from '../testing/scope-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'auditor-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A scope of four addresses of loopback. */
function loopbackScope(name: string, network: string, ports: readonly number[]): string {
  return file(
    name,
    `${SCOPE_HEAD}ports = ${JSON.stringify(ports)}
[rates]
half-pdu-wait-seconds = 0
hosts-per-second = 100000
[[range]]
cidr = "${network}/30"
`,
  );
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(...args: string[]): Promise<Outcome> {
  return runOn({ isTerminal: false }, ...args);
}

async function runOn({ isTerminal }: { isTerminal: boolean }, ...args: string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const none = (): Promise<string[]> => Promise.resolve([]);
  const code = await runCommandLine(args, {
    version: '0.1.0',
    print: (text) => (out += text),
    printError: (text) => (err += text),
    isTerminal,
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
    const path = loopbackScope('loopback.toml', '127.47.0.0', [pacs.port]);
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

describe('flags of scan', () => {
  test('--fail-on gives 3 for what is as bad or worse, and 0 otherwise; --quiet says nothing', async () => {
    await using pacs = await startSimulatedPacs({ address: '127.48.0.1' });
    const path = loopbackScope('fail-on.toml', '127.48.0.0', [pacs.port]);
    const scan = (name: string, severity: string) =>
      run('scan', '--scope', path, '--out', join(folder, name), '--quiet', '--fail-on', severity);
    expect(await scan('fail-high', 'high')).toEqual({ code: 3, out: '', err: '' });
    expect(await scan('fail-critical', 'critical')).toEqual({ code: 0, out: '', err: '' });
  });

  test('--recipient leaves nothing of the run in clear, and what it wrote can be read again', async () => {
    await using pacs = await startSimulatedPacs({ address: '127.49.0.1' });
    const path = loopbackScope('sealed.toml', '127.49.0.0', [pacs.port]);
    const identity = await generateIdentity();
    const out = join(folder, 'sealed');
    const flags = ['--recipient', await identityToRecipient(identity), '--audience', 'public', '--quiet'];
    expect(await run('scan', '--scope', path, '--out', out, ...flags)).toMatchObject({ code: 0, err: '' });
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['record.jsonl.age']));
    expect(files.filter(({ name }) => !name.endsWith('.age'))).toEqual([]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const findings = await decrypter.decrypt(readFileSync(join(out, 'findings.json.age')));
    expect(parseScanReport(findings).systems).toHaveLength(1);
    const again = await run('scan', '--scope', path, '--out', out);
    expect(again).toMatchObject({ code: 2 });
    expect(again.err).toContain('holds a finished run');
  });

  test('--audience, --format, --compare-with and --follow-up', async () => {
    await using pacs = await startSimulatedPacs({ address: '127.50.0.1' });
    const path = loopbackScope('audiences.toml', '127.50.0.0', [pacs.port]);
    const older = file('older.json', JSON.stringify(report([])));
    const told = file('told.toml', '[[owner]]\nowner = "Clinic"\nnotified = 2026-11-02\n');
    const out = join(folder, 'audiences');
    const reports = ['--audience', 'owner', 'authority', '--format', 'csv'];
    const others = ['--compare-with', older, '--follow-up', told, '--ports', `${pacs.port}`];
    expect(await run('scan', '--scope', path, '--out', out, ...reports, ...others)).toMatchObject({
      code: 0,
    });
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['T2.csv', 'authority', 'owners']));
    expect(readdirSync(out)).not.toContain('report.html');
    expect(readFileSync(join(out, 'T6.csv'), 'utf8')).toContain('Clinic,1,2026-11-02');
    expect(readdirSync(join(out, 'owners'))).toEqual([expect.stringMatching(/^clinic-/)]);
  });

  test.each([
    [['--ports', '9'], 1, /port 9 is not in the scope: add it/],
    [['--ports', '8x'], 2, /8x is no port[^]*-> write 104,11112/],
    [['--ports', '11113-12000'], 2, /the scope has no port from 11113 to 12000/],
    [['--ports-from', 'absent.txt'], 2, /absent\.txt cannot be read[^]*-> masscan -oL/],
    [['--recipient', 'age1nonsense'], 2, /recipient 1 is no age recipient[^]*-> age-keygen/],
    [['--compare-with', 'old.json.age'], 2, /it cannot be read[^]*-> it is encrypted: age -d/],
    [['--follow-up', 'absent.toml'], 2, /it cannot be read[^]*-> it has \[\[owner\]\]/],
    [['--audience', 'everybody'], 2, /Allowed choices are owner, authority, public/],
    [['--format', 'pdf'], 2, /Allowed choices are html/],
  ])('%s is refused before the first packet, with what to do', async (flags, code, message) => {
    const path = loopbackScope('refused.toml', '127.51.0.0', [11_112]);
    const out = join(folder, 'refused');
    const result = await run('scan', '--scope', path, '--out', out, ...flags);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
    expect(readdirSync(folder)).not.toContain('refused');
  });

  test('a scope file that is not there, or not in force, is an error with the next step', async () => {
    const absent = await run('scan', '--scope', join(folder, 'absent.toml'), '--out', join(folder, 'never'));
    expect(absent.err).toMatch(/absent\.toml[^]*-> leadglass-auditor scope example > /);
    const over = file(
      'over.toml',
      scopeExample.replace('not-after  = 2026-12-31', 'not-after  = 2026-11-01'),
    );
    const late = await run('scan', '--scope', over, '--out', join(folder, 'never'));
    expect(late.err).toMatch(/nothing was sent: the scope ended[^]*-> not-before, not-after/);
    expect([absent.code, late.code]).toEqual([2, 2]);
  });
});

describe('report', () => {
  test('writes the reports of a findings.json again, for other readers', async () => {
    const run1 = report([system('192.0.2.1'), system('192.0.2.2')], [finding('D05', '192.0.2.1')]);
    const path = file('run-1.json', JSON.stringify(run1));
    const out = join(folder, 'again');
    const { code, out: paths } = await run('report', path, '--out', out, '--audience', 'authority');
    expect(code).toBe(0);
    expect(paths).toContain(join(out, 'authority', 'report.html'));
    expect(readFileSync(join(out, 'authority', 'findings.json'), 'utf8')).not.toContain('192.0.2.2');
    expect(await run('report', join(folder, 'absent.json'), '--out', out)).toMatchObject({ code: 2 });
  });
});

describe('watch', () => {
  const setUp = (name: string, network: string): string => {
    loopbackScope(`${name}-scope.toml`, network, [2399]);
    return file(
      `${name}.toml`,
      `scope = "${name}-scope.toml"\nfolder = "${name}"\n[schedule]\nevery = "12h"\n`,
    );
  };

  test('shows on a terminal how far a run is, on a line of its own', async () => {
    const { code, err } = await runOn(
      { isTerminal: true },
      'watch',
      '--once',
      '--config',
      setUp('seen', '127.51.4.0'),
    );
    expect(code).toBe(0);
    expect(err).toMatch(
      /run 1 begins\n\r[^\n]*\[#{24}\] 4\/4 addresses, 0\/0 systems examined \n[^\n]*run 1 complete/,
    );
  });

  test('shows nothing of the kind in a log', async () => {
    const { code, err } = await run('watch', '--once', '--config', setUp('logged', '127.51.5.0'));
    expect(code).toBe(0);
    expect(err).not.toMatch(/\r|systems examined/);
  });
});
