import { isPrivateAddress } from '../identity/private-address.ts';
import { ConfigError } from './errors.ts';
import type { Config } from './schema.ts';

/**
 * Where clear-text DIMSE may listen, decided by the devices (law L1): nowhere unless an old device is registered;
 * then on one private or loopback address.
 * @param plainDeviceCount registered devices that speak without TLS, revoked ones not counted
 * @throws ConfigError PLAIN_ADDRESS_NOT_PRIVATE: the server must not start
 */
export function plainListener(
  config: Config,
  plainDeviceCount: number,
): { readonly host: string; readonly port: number } | undefined {
  if (plainDeviceCount === 0) return undefined;
  const { host, port } = config.dimse.plain;
  // The schema has refused this already; a configuration made in another way must not slip past.
  if (host !== 'localhost' && !isPrivateAddress(host)) {
    throw new ConfigError(
      'PLAIN_ADDRESS_NOT_PRIVATE',
      `clear-text DICOM is not spoken on ${host}: set dimse.plain.host to the private address of the network the ` +
        'old device is in, or give the device a certificate and revoke its clear-text entry',
    );
  }
  // A name could be given another address by a hosts file: listen on the address itself.
  return { host: host === 'localhost' ? '127.0.0.1' : host, port };
}
