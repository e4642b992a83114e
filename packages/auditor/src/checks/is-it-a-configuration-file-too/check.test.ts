import { describe, expect, test } from 'vitest';
import { buildFile, exposedBy } from '../../files/testing/build-file.ts';

describe('P03: a configuration file too (CVE-2023-33466)', () => {
  test('JSON in the preamble, open behind it', async () => {
    expect(await exposedBy('P03', buildFile({ preamble: '{ "Name": "x", /*' }))).toEqual(['json-beginning']);
  });

  test('JSON from the first byte to the last', async () => {
    const trailing = Buffer.from('*/ "RemoteAccessAllowed": true }\n');
    expect(await exposedBy('P03', buildFile({ preamble: ' {"a": "', trailing }))).toEqual([
      'json-to-the-end',
    ]);
  });

  test.each(['/* a comment', '// a comment', '[{"x"'])('%s', async (preamble) => {
    expect(await exposedBy('P03', buildFile({ preamble }))).toHaveLength(1);
  });

  test.each(['', 'II*\0', '{braces} alone', 'text'])('silent: %j', async (preamble) => {
    expect(await exposedBy('P03', buildFile({ preamble }))).toEqual([]);
  });
});
