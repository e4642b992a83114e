import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X06',
  name: 'is-old-remote-access-open',
  group: 'neighbours',
  question: 'Are telnet, rsh or SNMP with the community public open?',
  title: 'Telnet, rsh or SNMP public answers',
  sends:
    'Nothing to telnet and rsh, which are only listened to; one SNMP GetRequest each in v1 and v2c for the uptime, with the community public.',
  proof: 'A telnet or rsh banner, or the uptime.',
  score: 7.5,
  references: ['C4', 'PR.AC-3'],
  fixes: ['F6'],
  why: 'Telnet and rsh carry passwords in clear text; SNMP with public tells everything about the device and its network, and often lets it be reconfigured.',
  fix: 'Turn telnet and rsh off and use SSH; change the community, allow only the monitoring host, and use SNMPv3 with authPriv.',
};
