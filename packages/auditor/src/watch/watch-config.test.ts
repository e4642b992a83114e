import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { watchExample } from './example.ts';
import { readWatchConfig } from './watch-config.ts';
import type { WatchConfig } from './watch-config.ts';
import { WatchError } from './watch-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'leadglass-watch-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string, environment: Record<string, string> = {}): WatchConfig =>
  readWatchConfig(text, { folder, environment });
const weekly = '[schedule]\nevery = "7d"\nat = "02:30"\n';
const mail = '[[mail]]\nhost = "mail.example"\nfrom = "a@example"\nto = ["b@example"]\n';
const hook = '[[webhook]]\nurl = "https://hook.example/x"\n';

describe('watch.toml', () => {
  test('the example is read, with its comments taken away, too', () => {
    expect(read(watchExample)).toMatchObject({
      scopeFile: join(folder, 'scope.toml'),
      schedule: { days: 7, at: { hour: 2, minute: 30 }, weekday: 'sunday' },
      channels: [],
      metricsServer: { host: '127.0.0.1', port: 9464 },
    });
    writeFileSync(join(folder, 'mail-password'), 'hunter2\n', { mode: 0o600 });
    writeFileSync(join(folder, 'webhook-key'), 'k'.repeat(32), { mode: 0o600 });
    writeFileSync(join(folder, 'ca.pem'), 'certificate', { mode: 0o600 });
    const full = watchExample
      .replace(/^# (?=\[\[|[a-z-]+ +=|password-file)/gm, '')
      .replace(/^address = .*$/m, '');
    const { channels, textfile } = read(full);
    expect(channels.map(({ kind, audience }) => [kind, audience])).toEqual([
      ['mail', 'full'],
      ['webhook', 'public'],
    ]);
    expect(textfile).toMatch(/\.prom$/);
  });

  test.each([
    ['', /schedule: /],
    [`${weekly}evry = 1\n`, /line 4, schedule\.evry: is no key of this file; did you mean every\?/],
    [`colour = 1\n${weekly}`, /line 1, colour: is no key/],
    [`${weekly}${mail}pasword-file = "x"\n`, /line 8, mail\.0\.pasword-file: .*did you mean password-file/],
    ['[schedule]\nevery = "7d"\n', /schedule\.at: is missing/],
    ['[schedule]\nevery = "7d"\nat = 02:30\n', /line 3, schedule\.at: must be text like "02:30", in quotes/],
    ['[schedule]\nevery = "7"\n', /schedule\.every: must be a time like/],
    ['[schedule]\nevery = "400d"\nat = "02:30"', /schedule\.every: is longer than/],
    ['[schedule]\nevery = "12h"\nat = "02:30"\n', /goes with days or weeks/],
    ['[schedule]\nevery = "3d"\nat = "02:30"\nweekday = "monday"\n', /needs whole weeks/],
    [`${weekly}${mail}security = "none"\n`, /none is for a mail server of this machine alone/],
    [`${weekly}${mail}user = "x"\n`, /go together/],
    [`${weekly}${mail}user = "x"\npassword-environment = "NOT_THERE"\n`, /the environment has no NOT_THERE/],
    [`${weekly}${hook.replace('https', 'http')}`, /must be an https address/],
    [`${weekly}${hook.replace('hook.', 'u:p@hook.')}`, /must not hold a password/],
    [`${weekly}${hook}key-environment = "SHORT"\n`, /must have 32 characters or more/],
    [`${weekly}[metrics]\n`, /needs a port or a textfile/],
    [`${weekly}[metrics]\nport = 1\naddress = "192.0.2.1"\n`, /is no loopback address: it needs token-file/],
  ])('is refused with line and key: %j', (text, message) => {
    expect(() => read(text, { SHORT: 'abc' })).toThrow(message);
  });

  test('a password that stands in the file is refused, and not repeated', () => {
    const attempt = (text: string): string => {
      try {
        read(text);
        return 'read';
      } catch (error) {
        return `${String(error)} ${inspect(error)}`;
      }
    };
    for (const text of [`${weekly}${mail}password = "hunter2"\n`, `${weekly}${mail}password = hunter2\n`]) {
      expect(attempt(text)).toMatch(/line \d+/);
      expect(attempt(text)).not.toContain('hunter2');
    }
  });

  test('a secret shows itself in no message, and every user may not read its file', () => {
    const path = join(folder, 'secret');
    writeFileSync(path, 'hunter2\n', { mode: 0o600 });
    const text = `${weekly}${mail}user = "x"\npassword-file = "secret"\n`;
    const [channel] = read(text).channels;
    if (channel?.kind !== 'mail') throw new Error('no mail');
    expect(channel.login?.password.reveal()).toBe('hunter2');
    expect(`${inspect(channel, { depth: 9 })} ${JSON.stringify(channel)}`).not.toContain('hunter2');
    chmodSync(path, 0o604);
    expect(() => read(text)).toThrow(/every user may read the secret file/);
  });

  test('any text is a configuration or a WatchError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `${watchExample}\n${text}`),
        ),
        (text) => {
          try {
            read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(WatchError);
          }
        },
      ),
    );
  });
});
