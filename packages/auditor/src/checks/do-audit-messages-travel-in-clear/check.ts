import type { DatagramAnswer } from '../../transport/index.ts';
import type { Check } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

const SYSLOG_PORT = 514;
/** Syslog over TLS (RFC 5425) and, by UDP, over DTLS (RFC 6012). */
const SECURED_PORT = 6514;
const NOTHING = new Uint8Array(0);

/**
 * Syslog over UDP never answers (RFC 5426), so an open port is told by what a closed one says: a host that answers
 * "port unreachable" at 6514 and nothing at 514 listens at 514.
 */
export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'syslog' || service.system.services[0] === service,
  async ask(asker, service) {
    const clear = service.protocol === 'syslog' ? service.port : SYSLOG_PORT;
    if (!asker.mayAsk(clear) || !asker.mayAsk(SECURED_PORT)) {
      return notApplicable('PORT_NOT_IN_SCOPE', 'the scope does not name ports 514 and 6514');
    }
    const isSecured = service.system.services.some(({ protocol }) => protocol === 'syslog-tls');
    const ask = (port: number): Promise<DatagramAnswer> =>
      asker.askDatagram('empty datagram: is the port closed', NOTHING, { port });
    const [syslog, control] = [await ask(clear), await ask(SECURED_PORT)];
    const evidence = { udp514: syslog.kind, udp6514: control.kind, syslogOverTls: isSecured };
    if (syslog.kind === 'refused') {
      return isSecured ? isProtected(evidence) : notApplicable('NO_SYSLOG', 'it takes no syslog', evidence);
    }
    if (isSecured) return isProtected(evidence);
    if (control.kind === 'refused') return exposed(evidence);
    return inconclusive('SILENT', 'a listening port cannot be told from a filtered one', evidence);
  },
};
