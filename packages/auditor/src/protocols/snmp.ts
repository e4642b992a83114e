import { ber, berChildren, berElement, berInteger, berNumber, berText } from './ber.ts';

/** SNMP v1 (RFC 1157) and v2c (RFC 1901): one GetRequest for sysUpTime.0, which is a number and names nobody. */
export type SnmpVersion = 'v1' | 'v2c';
const SYS_UP_TIME = Buffer.from('2b06010201010300', 'hex');
const GET_RESPONSE = 0xa2;

export function getUpTime(version: SnmpVersion, community: string, requestID: number): Buffer {
  const binding = ber(0x30, ber(0x06, SYS_UP_TIME), ber(0x05));
  const request = ber(0xa0, berInteger(requestID), berInteger(0), berInteger(0), ber(0x30, binding));
  return ber(0x30, berInteger(version === 'v1' ? 0 : 1), berText(community), request);
}

/** Whether this is the response to that request; its error status, or undefined when it is something else. */
export function responseStatus(bytes: Buffer, requestID: number): number | undefined {
  const message = berElement(bytes);
  if (message?.tag !== 0x30) return undefined;
  const pdu = berChildren(message.content)[2];
  if (pdu?.tag !== GET_RESPONSE) return undefined;
  const [id, status] = berChildren(pdu.content);
  return berNumber(id) === requestID ? berNumber(status) : undefined;
}
