import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scopeExample } from './example.ts';
import { pinScope } from './pin-scope.ts';
import type { Resolver } from './pin-scope.ts';
import { readScope } from './read-scope.ts';
import { ScopeError } from './scope-error.ts';
import type { Scope } from './scope.ts';

const head = `owner = "Clinic"
contact = "it@clinic.example"
operator = "Jane Doe"
attestation = "Allowed in writing by the owner of the clinic."
attested = true
not-before = 2026-11-01
not-after = 2026-12-31
`;
const withRange = (range: string, more = ''): string => `${head}${more}\n[[range]]\n${range}\n`;

function mistake(text: string): ScopeError {
  try {
    readScope(text);
  } catch (error) {
    if (error instanceof ScopeError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

const resolver = (answers: Record<string, string[]>, texts: Record<string, string[]> = {}): Resolver => ({
  addresses: (name) => Promise.resolve(answers[name] ?? []),
  texts: (name) => Promise.resolve(texts[name] ?? []),
});

describe('a scope file with a mistake stops the run and names line and key', () => {
  test('an unknown key, with the nearest known one', () => {
    const error = mistake(withRange('cidr = "10.0.0.0/24"', 'ownr = "x"'));
    expect(error).toMatchObject({ code: 'KEY_UNKNOWN', line: 8, key: 'ownr' });
    expect(error.message).toContain('did you mean owner?');
  });

  test('an unknown key in a range', () => {
    const error = mistake(withRange('cidr = "10.0.0.0/24"\ncidrs = "10.0.1.0/24"'));
    expect(error).toMatchObject({ code: 'KEY_UNKNOWN', line: 11, key: 'range.0.cidrs' });
  });

  test.each([
    ['no attestation', head.replace(/attestation.*\n/, ''), 'KEY_MISSING', 'attestation'],
    [
      'an attestation nobody stands for',
      head.replace('attested = true', 'attested = false'),
      'VALUE_INVALID',
      'attested',
    ],
    ['no TOML', `${head}owner = `, 'TOML_INVALID', undefined],
    ['no such day', head.replace('2026-12-31', '"2026-13-31"'), 'VALUE_INVALID', 'not-after'],
    ['an end before its beginning', head.replace('2026-12-31', '2026-10-31'), 'VALUE_INVALID', 'not-after'],
  ])('%s', (_title, text, code, key) => {
    const error = mistake(`${text}\n[[range]]\ncidr = "10.0.0.0/24"\n`);
    expect(error).toMatchObject({ code, key });
  });

  test.each([
    ['the whole internet', '0.0.0.0/0', 'RANGE_TOO_WIDE'],
    ['the whole internet, IPv6', '::/0', 'RANGE_TOO_WIDE'],
    ['wider than the limit', '10.0.0.0/11', 'RANGE_TOO_WIDE'],
    ['public, nobody attests', '8.8.8.0/24', 'RANGE_NOT_ATTESTED'],
    ['half private, half public', '172.0.0.0/12', 'RANGE_NOT_ATTESTED'],
    ['multicast', '224.0.0.0/24', 'RANGE_RESERVED'],
    ['bits behind the prefix', '10.0.0.1/24', 'VALUE_INVALID'],
  ])('%s: %s', (_title, cidr, code) => {
    expect(mistake(withRange(`cidr = "${cidr}"`))).toMatchObject({ code, key: 'range.0.cidr', line: 10 });
  });

  test('a fast rate is for loopback alone', () => {
    const rates = '\n[rates]\nhosts-per-second = 50000\n';
    expect(mistake(`${withRange('cidr = "10.0.0.0/24"')}${rates}`)).toMatchObject({ code: 'VALUE_INVALID' });
    expect(readScope(`${withRange('cidr = "127.0.0.0/16"')}${rates}`).file.rates['hosts-per-second']).toBe(
      50_000,
    );
  });

  test('any text gives a scope or a ScopeError', () => {
    const words = fc.constantFrom(
      '[[range]]',
      'cidr',
      '=',
      '"10.0.0.0/8"',
      '\n',
      'owner',
      '[rates]',
      '0',
      'true',
      '{',
      '"',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words).map((list) => head + list.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          readScope(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ScopeError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is in the scope', () => {
  test('the example is a scope', async () => {
    const scope = await pinScope(readScope(scopeExample), resolver({}));
    expect(scope.addressCount).toBe(256);
    expect([...scope.targets()]).toHaveLength(255);
    expect(scope.refusal('192.168.10.13', 104, new Date('2026-11-20'))).toContain('outside');
    expect(scope.refusal('192.168.10.14', 104, new Date('2026-11-20'))).toBeUndefined();
    expect(scope.refusal('192.168.10.14', 105, new Date('2026-11-20'))).toContain('port');
    expect(scope.refusal('192.168.11.1', 104, new Date('2026-11-20'))).toContain('outside');
    expect(scope.refusal('192.168.10.14', 104, new Date('2027-01-01'))).toContain('ended');
  });

  test('some of its ports are a scope of their own; a port that the file does not name is refused', async () => {
    const scope = await pinScope(readScope(scopeExample), resolver({}));
    const fewer = scope.withPorts([443, 104]);
    expect(fewer.ports).toEqual([104, 443]);
    expect(fewer.refusal('192.168.10.14', 104, new Date('2026-11-20'))).toBeUndefined();
    expect(fewer.refusal('192.168.10.14', 80, new Date('2026-11-20'))).toContain('port');
    expect(fewer.hash).not.toBe(scope.hash);
    expect(fewer.hash).toBe(scope.withPorts([104, 443]).hash);
    expect(() => scope.withPorts([22])).toThrow(/port 22 is not in the scope/);
  });

  test('ranges that overlap are walked once, and the first owner stands', async () => {
    const text = `${withRange('cidr = "10.0.0.0/30"\nowner = "A"')}[[range]]\ncidr = "10.0.0.0/29"\nowner = "B"\n`;
    const targets = [...(await pinScope(readScope(text), resolver({}))).targets()];
    expect(targets.map(({ owner }) => owner)).toEqual(['A', 'A', 'A', 'A', 'B', 'B', 'B', 'B']);
    expect(targets.map(({ index }) => index)).toEqual([0, 1, 2, 3, 8, 9, 10, 11]);
  });

  test('a name is resolved once and pinned', async () => {
    let asked = 0;
    const answers: Resolver = {
      addresses: () => Promise.resolve(asked++ === 0 ? ['8.8.4.4'] : ['8.8.8.8']),
      texts: () => Promise.resolve([]),
    };
    const text = withRange('hosts = ["pacs.clinic.example"]\nowner-attests = true');
    const scope = await pinScope(readScope(text), answers);
    const at = new Date('2026-11-20');
    expect(scope.refusal('8.8.4.4', 104, at)).toBeUndefined();
    expect(scope.refusal('8.8.8.8', 104, at)).toBeDefined();
    expect(scope.ownershipOf('8.8.4.4')?.hostName).toBe('pacs.clinic.example');
  });

  test('a name must not lead into a private network that nobody named', async () => {
    const read = readScope(withRange('hosts = ["pacs.clinic.example"]\nowner-attests = true'));
    await expect(pinScope(read, resolver({ 'pacs.clinic.example': ['10.1.2.3'] }))).rejects.toMatchObject({
      code: 'NAME_PRIVATE',
    });
  });

  test('a proof by DNS is asked for and must name the contact', async () => {
    const read = readScope(
      withRange('cidr = "8.8.8.0/24"\nowner-attests = true\ndns-proof = "clinic.example"'),
    );
    await expect(pinScope(read, resolver({}))).rejects.toMatchObject({ code: 'PROOF_MISSING' });
    const texts = { 'clinic.example': ['leadglass-auditor=it@clinic.example'] };
    expect((await pinScope(read, resolver({}, texts))).addressCount).toBe(256);
  });

  test('the daily window holds, also over midnight', async () => {
    const window = '\n[window]\nfrom = "20:00"\nto = "06:00"\n';
    const scope = await pinScope(readScope(`${withRange('cidr = "10.0.0.0/24"')}${window}`), resolver({}));
    expect(scope.timeRefusal(new Date(2026, 10, 20, 12, 0))).toContain('window');
    expect(scope.timeRefusal(new Date(2026, 10, 20, 23, 0))).toBeUndefined();
    expect(scope.timeRefusal(new Date(2026, 10, 20, 3, 0))).toBeUndefined();
  });

  test('attestations answer what cannot be seen, and ask for the checks of governance', async () => {
    const text = withRange('cidr = "10.0.0.0/24"', '\n[attestations]\naudit-trail = false\n');
    const scope = await pinScope(readScope(text), resolver({}));
    expect([scope.attested('audit-trail'), scope.attested('break-glass')]).toEqual([false, undefined]);
    expect(scope.isOptedIn('attestation')).toBe(true);
    expect(
      (await pinScope(readScope(withRange('cidr = "10.0.0.0/24"')), resolver({}))).isOptedIn('attestation'),
    ).toBe(false);
    expect(
      mistake(withRange('cidr = "10.0.0.0/24"', '\n[attestations]\naudit-trial = true\n')).message,
    ).toContain('did you mean audit-trail?');
  });

  test('what the scope says of a moment holds until the minute is over', async () => {
    const clock = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const moments = fc.date({
      min: new Date('2026-10-31'),
      max: new Date('2027-01-02'),
      noInvalidDate: true,
    });
    await fc.assert(
      fc.asyncProperty(clock, clock, moments, fc.nat(59_999), async (from, to, now, later) => {
        fc.pre(from !== to);
        const text = withRange('cidr = "10.0.0.0/24"', `[window]\nfrom = "${from}"\nto = "${to}"`);
        const fresh = (): Promise<Scope> => pinScope(readScope(text), resolver({}));
        const [asked, other] = [await fresh(), await fresh()];
        const holdsMs = asked.timeHoldsMs(now);
        const then = new Date(now.getTime() + (later % holdsMs));
        const after = new Date(now.getTime() + holdsMs);
        expect(other.timeRefusal(then)).toBe(asked.timeRefusal(now));
        // What was said of one minute is not said of the next.
        expect(asked.timeRefusal(after)).toBe((await fresh()).timeRefusal(after));
      }),
      { numRuns: 50 },
    );
  });

  test('half a PDU waits longer than servers that close after 30 seconds, and no longer than 40', async () => {
    const { rates } = await pinScope(readScope(withRange('cidr = "10.0.0.0/24"')), resolver({}));
    expect(rates.halfPduWaitSeconds).toBe(40);
  });

  test('modality-safe mode slows everything down', async () => {
    const text = withRange('cidr = "10.0.0.0/24"', 'modality-safe = true');
    const { rates } = await pinScope(readScope(text), resolver({}));
    expect(rates).toMatchObject({ hostsPerSecond: 1, connectionsPerHost: 1, halfPduWaitSeconds: 0 });
  });
});
