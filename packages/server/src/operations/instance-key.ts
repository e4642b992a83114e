import type { InstanceRecord } from '../archive/index/index.ts';

/** Names a held instance for good: it never changes, and where it lies says which it is. */
export function instanceKey({ keySlot, location }: Pick<InstanceRecord, 'keySlot' | 'location'>): string {
  const { buffer, byteOffset, byteLength } = location;
  return `${keySlot}.${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}`;
}
