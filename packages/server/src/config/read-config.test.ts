import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError, configurationManual, plainListener, readConfig } from './index.ts';
import { configKeys } from './keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'leadglass-config-'));
const file = join(folder, 'leadglass.toml');
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): ReturnType<typeof readConfig> {
  writeFileSync(file, text);
  return readConfig(file);
}

describe('reading', () => {
  test('an empty file is all defaults, frozen to the bottom', () => {
    const config = read('');
    expect(config).toEqual(readConfig(undefined));
    expect(config.aeTitle).toBe('LEADGLASS');
    expect(config.dimse.tls).toEqual({ host: '127.0.0.1', port: 2762 });
    expect(Object.isFrozen(config.dimse.tls)).toBe(true);
    expect(Object.isFrozen(config.certificates.serverHosts)).toBe(true);
  });

  test('the command line comes before the file, the file before the default', () => {
    writeFileSync(file, '[dimse.tls]\nport = 3000\nhost = "10.0.0.1"\n');
    const config = readConfig(file, { dimse: { tls: { port: 0 } } });
    expect(config.dimse.tls).toEqual({ host: '10.0.0.1', port: 0 });
  });

  test.each([
    ['[dimse.tls]\nprot = 1', ':2: there is no key dimse.tls.prot; did you mean dimse.tls.port?'],
    ['\n\naetitle = "X"', ':3: there is no key aetitle; did you mean aeTitle?'],
    ['[dimse.tls]\nhost = "::1"\n[dimsee]\nx = 1', ':3: there is no key dimsee; did you mean dimse?'],
    ['zzzzzzzzzzzz = 1', ':1: there is no key zzzzzzzzzzzz; see docs/reference/configuration.md'],
    ['dimse.tls.port = 70000', ':1: dimse.tls.port: '],
    ['[dimse]\nassociationsMax = "many"', ':2: dimse.associationsMax: '],
    ['aeTitle = "A\\\\B"', ':1: aeTitle: 1 to 16 characters'],
    ['a = [1,\n2', ':'],
  ])('%j is an error that names place and remedy', (text, message) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(file + message);
  });

  test.each(['0.0.0.0', '8.8.8.8', '::', 'pacs.example', '2001:db8::1'])(
    'L1: clear text on %s is refused with why and what to do',
    (host) => {
      const text = `[dimse.plain]\nhost = "${host}"\n`;
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'PLAIN_ADDRESS_NOT_PRIVATE' }));
      expect(() => read(text)).toThrow(/:2: dimse\.plain\.host: .*private.*certificate/);
    },
  );

  test('a file that cannot be read, or is far too long, is an error', () => {
    expect(() => readConfig(join(folder, 'none.toml'))).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
    expect(() => read('#'.repeat(300_000))).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
  });

  test('any text is a configuration or ConfigError', () => {
    const word = fc.constantFrom(
      '[dimse]',
      '[dimse.tls]',
      'port',
      '=',
      '1',
      '"x"',
      '\n',
      '[[',
      ']]',
      'host',
      '.',
      '{',
      '}',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(' ')),
        ),
        (text) => {
          try {
            read(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
    );
  });
});

describe('the clear-text listener (L1)', () => {
  test('does not exist without an old device, whatever is configured', () => {
    expect(plainListener(read('[dimse.plain]\nport = 104\nhost = "10.0.0.1"'), 0)).toBeUndefined();
  });

  test('exists on the private address with one', () => {
    expect(plainListener(read('[dimse.plain]\nhost = "10.0.0.1"'), 1)).toEqual({
      host: '10.0.0.1',
      port: 11112,
    });
    expect(plainListener(read('[dimse.plain]\nhost = "localhost"'), 1)).toEqual({
      host: '127.0.0.1',
      port: 11112,
    });
  });

  test('is refused on another address, should one ever get past the reading', () => {
    const config = read('');
    const forged = { ...config, dimse: { ...config.dimse, plain: { host: '0.0.0.0', port: 104 } } };
    expect(() => plainListener(forged, 1)).toThrow(
      expect.objectContaining({ code: 'PLAIN_ADDRESS_NOT_PRIVATE' }),
    );
  });
});

describe('the manual', () => {
  test('docs/reference/configuration.md is what the code generates (node scripts/generate-docs.ts)', () => {
    const manual = new URL('../../../../docs/reference/configuration.md', import.meta.url);
    expect(readFileSync(manual, 'utf8')).toBe(configurationManual());
  });

  test('every key says what it does and who reads it', () => {
    expect(configKeys().length).toBeGreaterThan(10);
    for (const key of configKeys()) {
      expect(key.description, key.path).toMatch(/\.$/);
      expect(key.readBy, key.path).not.toBe('');
    }
  });
});
