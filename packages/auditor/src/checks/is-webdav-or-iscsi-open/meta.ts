import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S06',
  name: 'is-webdav-or-iscsi-open',
  group: 'shares',
  question: 'Is WebDAV or iSCSI open to strangers?',
  title: 'WebDAV or iSCSI is open without a password',
  sends:
    'OPTIONS and, where WebDAV is announced, PROPFIND of the folder itself (Depth 0); for iSCSI a discovery session. No disk is attached.',
  proof:
    'PROPFIND answers 207 without a login, or discovery answers with targets; only their number is kept.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4'],
  fixes: ['F6'],
  why: 'WebDAV makes the server a network drive for everybody; an iSCSI target is a whole disk of the archive.',
  fix: 'Turn WebDAV off or demand a login for it over HTTPS; give iSCSI targets CHAP and an initiator list, on a storage network of their own.',
};
