import { randomInt } from 'node:crypto';
import { AnswerReader, anything } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import { getUpTime, responseStatus } from '../../protocols/snmp.ts';
import type { SnmpVersion } from '../../protocols/snmp.ts';
import { ProbeError } from '../../transport/index.ts';
import type { SocketAsker } from '../../transport/index.ts';
import type { Check, Service, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

const SNMP_PORT = 161;
const COMMUNITY = 'public';
const VERSIONS: readonly SnmpVersion[] = ['v2c', 'v1'];
/** A telnet server speaks at once. */
const BANNER_WAIT_MS = 5_000;
/** Command byte that begins telnet's negotiations (RFC 854). */
const IAC = 0xff;

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  // No port scan over TCP finds SNMP: the first open port of a system asks for it, if the scope names port 161.
  matches: (service) => ['telnet', 'rsh', 'snmp'].includes(service.protocol) || asksForSystem(service),
  async ask(asker, service) {
    if (service.protocol === 'telnet' || service.protocol === 'rsh') return listen(asker, service.protocol);
    const port = service.protocol === 'snmp' ? service.port : SNMP_PORT;
    if (!asker.mayAsk(port)) return notApplicable('PORT_NOT_IN_SCOPE', 'the scope does not name port 161');
    return askSnmp(asker, port);
  },
};

function asksForSystem(service: Service): boolean {
  const { services } = service.system;
  return services[0] === service && !services.some(({ protocol }) => protocol === 'snmp');
}

function listen(asker: SocketAsker, protocol: string): Promise<Verdict> {
  return converseWith(asker, `${protocol} banner`, async (conversation) => {
    try {
      const banner = await new AnswerReader(conversation).next(anything, BANNER_WAIT_MS);
      return exposed({ service: protocol, negotiates: banner[0] === IAC });
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      if (error.code === 'CLOSED' || error.code === 'RESET') return isProtected({ service: protocol });
      if (error.code !== 'READ_TIMED_OUT') throw error;
      return inconclusive('SILENT', 'it takes connections and says nothing', { service: protocol });
    }
  });
}

async function askSnmp(asker: SocketAsker, port: number): Promise<Verdict> {
  for (const version of VERSIONS) {
    const requestID = randomInt(1, 2 ** 31);
    const request = getUpTime(version, COMMUNITY, requestID);
    const answer = await asker.askDatagram(`SNMP ${version} uptime`, request, { port });
    if (answer.kind === 'refused')
      return notApplicable('NO_SNMP', 'nothing listens there', { udpPort: port });
    if (answer.kind === 'silent') continue;
    const status = responseStatus(answer.bytes, requestID);
    if (status !== undefined) {
      return exposed({ service: 'snmp', version, community: COMMUNITY, errorStatus: status, udpPort: port });
    }
  }
  return isProtected({ service: 'snmp', community: COMMUNITY, answered: false, udpPort: port });
}
