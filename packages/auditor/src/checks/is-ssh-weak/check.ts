import { converseWith } from '../../protocols/converse.ts';
import { askSsh } from '../../protocols/ssh.ts';
import type { Check } from '../check.ts';
import { exposed, isProtected } from '../verdicts.ts';
import { meta } from './meta.ts';

/** RFC 9142: SHA-1 and 1024 bits. RFC 8758: RC4. CBC since the attack of 2008, MD5, DES and SSH 1 long before. */
const WEAK_KEY_EXCHANGE =
  /^(diffie-hellman-group1-sha1|diffie-hellman-group14-sha1|diffie-hellman-group-exchange-sha1|rsa1024-sha1)/;
const WEAK_HOST_KEY = /^ssh-dss/;
const WEAK_CIPHER = /(-cbc(@|$)|^arcfour|^(3)?des\b|^none$)/;
const WEAK_MAC = /^(hmac-md5|hmac-sha1-96|none$)/;
/** Algorithm names that a finding lists; they come from the target and are cut to what is registered. */
const NAMES_MAX = 20;

export const check: Check<'socket'> = {
  kind: 'socket',
  meta,
  matches: (service) => service.protocol === 'ssh',
  async ask(asker) {
    const lists = await converseWith(asker, 'SSH algorithms', (conversation) =>
      askSsh(conversation, 'EXPOAUDIT'),
    );
    const weak = [
      ...lists.keyExchanges.filter((name) => WEAK_KEY_EXCHANGE.test(name)),
      ...lists.hostKeys.filter((name) => WEAK_HOST_KEY.test(name)),
      ...lists.ciphers.filter((name) => WEAK_CIPHER.test(name)),
      ...lists.macs.filter((name) => WEAK_MAC.test(name)),
    ];
    const names = [...new Set(weak)].filter((name) => /^[\w@.-]{1,64}$/.test(name));
    const takesVersion1 = lists.version.startsWith('1.');
    const evidence = {
      version: lists.version,
      keyExchanges: lists.keyExchanges.length,
      weakAlgorithms: names.slice(0, NAMES_MAX).join(' '),
    };
    return names.length > 0 || takesVersion1 ? exposed(evidence) : isProtected(evidence);
  },
};
