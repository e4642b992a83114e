import { randomInt } from 'node:crypto';
import { converseWith } from '../../protocols/converse.ts';
import { MOUNT, PORT_MAPPER, callRpc, countExports, getPortArguments } from '../../protocols/sun-rpc.ts';
import type { RpcReply } from '../../protocols/sun-rpc.ts';
import type { SocketAsker } from '../../transport/index.ts';
import type { Check, Service, Verdict } from '../check.ts';
import { exposed, inconclusive, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

/** Where MOUNT is found, the best first: all of them belong to one server, which is asked once. */
const PROTOCOLS = ['rpcbind', 'mountd', 'nfs'];
const XID_MAX = 2 ** 32;

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => {
    const rank = PROTOCOLS.indexOf(service.protocol);
    const better = PROTOCOLS.slice(0, Math.max(rank, 0));
    return rank >= 0 && !service.system.services.some(({ protocol }) => better.includes(protocol));
  },
  async ask(asker, service) {
    if (service.protocol !== 'rpcbind') return askExports(asker, service, asker.port);
    const xid = randomInt(XID_MAX);
    const reply = await converseWith(asker, 'port of MOUNT', (conversation) =>
      callRpc(conversation, xid, { ...PORT_MAPPER, procedure: PORT_MAPPER.getPort }, getPortArguments(MOUNT)),
    );
    const port = reply.results?.u32be() ?? 0;
    if (port === 0 || port > 65_535) return notApplicable('NO_MOUNT', 'the port mapper knows no MOUNT');
    if (!asker.mayAsk(port)) {
      return inconclusive('PORT_NOT_IN_SCOPE', 'MOUNT is at a port the scope does not name', {
        mountPort: port,
      });
    }
    return askExports(asker, service, port);
  },
};

async function askExports(asker: SocketAsker, service: Service, port: number): Promise<Verdict> {
  const xid = randomInt(XID_MAX);
  const reply: RpcReply = await converseWith(
    asker,
    'MOUNT EXPORT',
    (conversation) => callRpc(conversation, xid, { ...MOUNT, procedure: MOUNT.exports }),
    { port },
  );
  if (reply.results === undefined) {
    return service.protocol === 'nfs'
      ? inconclusive(
          'NEEDS_PORT_MAPPER',
          'the export list is told at another port: name 111 and the port of MOUNT',
        )
      : isProtected({ rpcRefusal: reply.refusal });
  }
  const { exports, toEverybody } = countExports(reply.results);
  if (toEverybody === 0) return isProtected({ exports });
  return exposed({ exports, exportsToEverybody: toEverybody }, { grants: ['S'] });
}
