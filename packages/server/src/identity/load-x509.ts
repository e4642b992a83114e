import type * as X509 from '@peculiar/x509';

/**
 * The X.509 library costs a good part of the start-up budget and is needed only when something is issued, so it
 * is loaded here, on first use. Its dependency injection needs reflect-metadata to be there before it.
 */
export async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}
