import { BlockList, isIP } from 'node:net';
import { IdentityError } from './errors.ts';

/** Addresses nobody on the internet can send from or to: loopback, RFC 1918, RFC 4193, link-local. */
const privateRanges = new BlockList();
privateRanges.addSubnet('127.0.0.0', 8, 'ipv4');
privateRanges.addSubnet('10.0.0.0', 8, 'ipv4');
privateRanges.addSubnet('172.16.0.0', 12, 'ipv4');
privateRanges.addSubnet('192.168.0.0', 16, 'ipv4');
privateRanges.addSubnet('169.254.0.0', 16, 'ipv4');
privateRanges.addAddress('::1', 'ipv6');
privateRanges.addSubnet('fc00::', 7, 'ipv6');
privateRanges.addSubnet('fe80::', 10, 'ipv6');

/**
 * One spelling per address, so that two can be compared as text: no zone, IPv4-mapped IPv6 as IPv4
 * (a dual-stack socket reports 192.168.1.5 as ::ffff:192.168.1.5), IPv6 compressed and in lower case.
 * @returns undefined when the text is no IP address.
 */
export function canonicalAddress(text: string): string | undefined {
  const withoutZone = text.replace(/%.*$/, '');
  if (isIP(withoutZone) === 4) return withoutZone;
  if (isIP(withoutZone) !== 6) return undefined;
  const compressed = new URL(`http://[${withoutZone}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed);
  if (mapped === null) return compressed;
  const high = Number.parseInt(mapped[1] ?? '', 16);
  const low = Number.parseInt(mapped[2] ?? '', 16);
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** True for loopback, RFC 1918, fc00::/7 and link-local addresses. A host name is never private: it can move. */
export function isPrivateAddress(text: string): boolean {
  const address = canonicalAddress(text);
  if (address === undefined) return false;
  return privateRanges.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopbackAddress(text: string): boolean {
  const address = canonicalAddress(text);
  return address !== undefined && (address === '::1' || address.startsWith('127.'));
}

/**
 * The address of an old device, or of anything that may be spoken to without TLS: exactly one, private.
 * @throws IdentityError INVALID_ADDRESS for a range, name or wildcard; ADDRESS_NOT_PRIVATE for a public one
 */
export function parsePrivateAddress(text: string): string {
  const address = canonicalAddress(text);
  if (address === undefined) {
    throw new IdentityError(
      'INVALID_ADDRESS',
      'clear-text DICOM needs exactly one IP address: no range, no host name, no wildcard',
    );
  }
  if (!isPrivateAddress(address)) {
    throw new IdentityError(
      'ADDRESS_NOT_PRIVATE',
      `${address} is not a private or loopback address: clear-text DICOM is never spoken across the internet. ` +
        'Give the device a certificate, or reach it through a VPN and name its private address',
      { address },
    );
  }
  return address;
}
