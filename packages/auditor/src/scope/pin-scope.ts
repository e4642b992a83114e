import { parseAddress, parseBlock } from './address.ts';
import { lineOfKey } from './key-lines.ts';
import type { ReadScope } from './read-scope.ts';
import { ScopeError } from './scope-error.ts';
import { Scope, judgeResolved, ownershipOfRange } from './scope.ts';
import type { ScopeBlock } from './scope.ts';

/** The two questions asked of DNS. */
export interface Resolver {
  /** All addresses of a name. */
  addresses(name: string): Promise<readonly string[]>;
  /** TXT records, joined. */
  texts(name: string): Promise<readonly string[]>;
}

/** What an owner publishes under the name of `dns-proof`: that this contact may look at the owner's systems. */
export function proofOfContact(contact: string): string {
  return `leadglass-auditor=${contact}`;
}

/**
 * Resolves every name once and pins what it found: later answers of DNS change nothing. Checks TXT proofs.
 * Throws ScopeError.
 */
export async function pinScope(read: ReadScope, resolver: Resolver): Promise<Scope> {
  const { file, text } = read;
  const blocks: ScopeBlock[] = [];
  for (const [index, range] of file.range.entries()) {
    const ownership = ownershipOfRange(range, file);
    if (range['dns-proof'] !== undefined) {
      await checkProof(range['dns-proof'], read, index, resolver);
    }
    const block = range.cidr === undefined ? undefined : parseBlock(range.cidr);
    if (block !== undefined) blocks.push({ ...ownership, block });
    for (const name of range.hosts ?? []) {
      const key = `range.${index}.hosts`;
      for (const address of await addressesOf(name, resolver, key, text, index)) {
        const resolved = judgeResolved(name, address, range, file, key);
        const hostName = parseAddress(name) === undefined ? { hostName: name } : {};
        blocks.push({ ...ownership, ...hostName, block: resolved });
      }
    }
  }
  return new Scope(read, blocks);
}

async function addressesOf(
  name: string,
  resolver: Resolver,
  key: string,
  text: string,
  index: number,
): Promise<readonly string[]> {
  if (parseAddress(name) !== undefined) return [name];
  const addresses = await resolver.addresses(name).catch((): string[] => []);
  if (addresses.length === 0) {
    const line = lineOfKey(text, ['range', index, 'hosts']);
    throw new ScopeError('NAME_UNRESOLVED', `${name} has no address`, { line, key });
  }
  return addresses;
}

async function checkProof(name: string, read: ReadScope, index: number, resolver: Resolver): Promise<void> {
  const wanted = proofOfContact(read.file.contact);
  const found = await resolver.texts(name).catch((): string[] => []);
  if (found.some((text) => text === wanted)) return;
  throw new ScopeError('PROOF_MISSING', `${name} has no TXT record "${wanted}"`, {
    line: lineOfKey(read.text, ['range', index, 'dns-proof']),
    key: `range.${index}.dns-proof`,
  });
}
