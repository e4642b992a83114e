import type { Product, Vulnerability } from '../findings/index.ts';
import { fingerprints } from './fingerprints.ts';
import type { Fingerprint } from './fingerprints.ts';
import type { Signs } from './signs.ts';
import { isInRange, parseVersion } from './version.ts';
import { endOfLifeTable, vulnerabilityTable } from './vulnerabilities.ts';

/** Every product the signs speak of: the product itself first, the toolkits it is built on after it. */
export function identifyProducts(signs: Signs): Product[] {
  const found = new Map<string, Product>();
  for (const fingerprint of fingerprints) {
    const value = signs[fingerprint.sign];
    const match = value === undefined ? null : fingerprint.pattern.exec(value);
    if (match === null) continue;
    const version = versionOf(fingerprint, match[1]);
    const before = found.get(fingerprint.product);
    const known = before?.version ?? version;
    found.set(fingerprint.product, {
      name: fingerprint.product,
      ...(known === undefined ? {} : { version: known }),
      confidence: before?.confidence === 'named' ? 'named' : fingerprint.confidence,
      signs: [...(before?.signs ?? []), signWords[fingerprint.sign]],
    });
  }
  return [...found.values()];
}

const signWords: Readonly<Record<keyof Signs, string>> = {
  implementationClassUID: 'implementation class UID',
  implementationVersionName: 'implementation version name',
  httpServer: 'Server header',
  httpRealm: 'authentication realm',
  httpBody: 'web page',
  httpLocation: 'redirect of the web page',
  webVersion: 'version told by the web door',
  certificateSubject: 'certificate',
};

function versionOf(fingerprint: Fingerprint, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return fingerprint.isDigits === true ? text.split('').join('.') : text.replace(/\.+$/, '');
}

/** Published vulnerabilities whose affected versions include this one; none without a version, unless for all. */
export function vulnerabilitiesOf(product: Product): Vulnerability[] {
  const version = product.version === undefined ? undefined : parseVersion(product.version);
  return vulnerabilityTable
    .filter(({ product: name, affected }) => {
      if (name !== product.name) return false;
      return affected === '' || (version !== undefined && isInRange(version, affected));
    })
    .map(({ id, title, score }) => ({
      id,
      title,
      potential: true as const,
      ...(score === undefined ? {} : { score }),
    }));
}

/** Why a version is past its end of life, or undefined. */
export function endOfLife(product: Product): string | undefined {
  const version = product.version === undefined ? undefined : parseVersion(product.version);
  return endOfLifeTable.find(({ product: name, affected }) => {
    if (name !== product.name) return false;
    return affected === '' || (version !== undefined && isInRange(version, affected));
  })?.words;
}
