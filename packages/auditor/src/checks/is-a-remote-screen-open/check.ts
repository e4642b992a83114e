import { AnswerReader } from '../../protocols/answer-reader.ts';
import { converseWith } from '../../protocols/converse.ts';
import {
  NLA_REQUIRED,
  askVnc,
  parseConnectionConfirm,
  rdpConnectionRequest,
  rdpProtocol,
  tpkt,
} from '../../protocols/remote-desktop.ts';
import type { RdpAnswer } from '../../protocols/remote-desktop.ts';
import type { SocketAsker } from '../../transport/index.ts';
import type { Check, Verdict } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: ({ protocol }) => protocol === 'rdp' || protocol === 'vnc',
  ask: (asker, service) => (service.protocol === 'rdp' ? askRdp(asker) : askVncServer(asker)),
};

async function askRdp(asker: SocketAsker): Promise<Verdict> {
  let code = 0;
  for (const requested of [rdpProtocol.rdp, rdpProtocol.tls]) {
    const answer = await negotiate(asker, requested);
    if (answer.kind === 'selected') {
      const selected = answer.protocol === rdpProtocol.tls ? 'TLS' : 'RDP';
      return exposed({ product: 'RDP', security: selected, networkLevelAuthentication: false });
    }
    ({ code } = answer);
    if (code === NLA_REQUIRED) break;
  }
  return isProtected({ product: 'RDP', failureCode: code });
}

function negotiate(asker: SocketAsker, requested: number): Promise<RdpAnswer> {
  return converseWith(asker, 'RDP connection request', async (conversation) => {
    conversation.write(rdpConnectionRequest(requested));
    return parseConnectionConfirm(await new AnswerReader(conversation).next(tpkt));
  });
}

/** Security type None (RFC 6143 7.2.1). */
const NONE = 1;

async function askVncServer(asker: SocketAsker): Promise<Verdict> {
  const { version, securityTypes } = await converseWith(asker, 'VNC security types', askVnc);
  const evidence = { product: 'VNC', version, securityTypes: securityTypes.join(' ') };
  return securityTypes.includes(NONE) ? exposed(evidence) : isProtected(evidence);
}
