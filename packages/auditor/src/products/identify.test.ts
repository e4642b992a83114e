import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trapWords } from './honeypots.ts';
import { endOfLife, identifyProducts, vulnerabilitiesOf } from './identify.ts';
import { compareVersions, isInRange, parseVersion } from './version.ts';

describe('versions', () => {
  test.each([
    ['3.6.6', '<3.6.7', true],
    ['3.6.10', '<3.6.7', false],
    ['3.0.3', '>=1.0.0 <3.0.4', true],
    ['7.3.5.859', '<7.3.5.860', true],
    ['3.6.9', '=3.6.9', true],
    ['1.12', '<=1.12.10', true],
    ['1.12.11', '<=1.12.10', false],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(isInRange(parseVersion(version) ?? [], range)).toBe(expected);
  });

  test('any text is a version or none, and comparing is an order', () => {
    const versions = fc.array(fc.nat(9), { maxLength: 4 });
    fc.assert(
      fc.property(fc.string(), versions, versions, (text, a, b) => {
        parseVersion(text);
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      }),
    );
  });
});

describe('products', () => {
  test('a toolkit and who built on it are both told, the product first', () => {
    const products = identifyProducts({
      httpRealm: 'Orthanc Secure Area',
      implementationVersionName: 'OFFIS_DCMTK_366',
      implementationClassUID: '1.2.276.0.7230010.3.0.3.6.6',
    });
    expect(products.map(({ name, version }) => [name, version])).toEqual([
      ['Orthanc', undefined],
      ['DCMTK', '3.6.6'],
    ]);
  });

  test('what is past its end is told by its name and by its UID, and its version by the UID', () => {
    const named = identifyProducts({
      implementationClassUID: '1.2.840.113654.2.3.1995.3.0.6',
      implementationVersionName: 'MIRCTN11MAR2003',
    });
    expect(named).toMatchObject([{ name: 'CTN', version: '3.0.6', confidence: 'named' }]);
    const [likely] = identifyProducts({ implementationClassUID: '1.2.840.113654.2.3.1995.2.12.0' });
    expect(likely).toMatchObject({ name: 'CTN', version: '2.12.0', confidence: 'likely' });
    expect(likely === undefined ? undefined : endOfLife(likely)).toMatch(/demonstrations/);
  });

  test('published faults match by version, and are potential', () => {
    const [dcmtk] = identifyProducts({ implementationVersionName: 'OFFIS_DCMTK_366' });
    if (dcmtk === undefined) throw new Error('not recognised');
    const found = vulnerabilitiesOf(dcmtk);
    expect(found.map(({ id }) => id)).toContain('CVE-2022-2119');
    expect(found.map(({ id }) => id)).not.toContain('CVE-2025-2357');
    expect(found.every(({ potential }) => potential)).toBe(true);
    expect(endOfLife(dcmtk)).toBeUndefined();
    expect(endOfLife({ ...dcmtk, version: '3.6.1' })).toBeDefined();
  });

  test('without a version no fault is claimed', () => {
    const [orthanc] = identifyProducts({ httpRealm: 'Orthanc Secure Area' });
    expect(orthanc === undefined ? [] : vulnerabilitiesOf(orthanc)).toEqual([]);
  });
});

test('a promiscuous storage server is no trap', () => {
  const honest = { acceptsNonsenseClass: true, acceptsNonsenseSyntax: false, answersRandomUID: false };
  expect(trapWords(honest)).toEqual([]);
  expect(trapWords({ ...honest, acceptsNonsenseSyntax: true })).not.toEqual([]);
});
