import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S01',
  name: 'is-an-nfs-export-open-to-all',
  group: 'shares',
  question: 'Is an NFS export open to every host?',
  title: 'A file system is exported by NFS to everybody',
  sends:
    'One question to the port mapper for the port of MOUNT, and one MOUNT EXPORT call. Nothing is mounted.',
  proof:
    'The export list holds a file system without a list of hosts, or with * in it; only their number is kept.',
  score: 7.5,
  references: ['PR.DS-5', 'Ha'],
  fixes: ['F6'],
  why: 'Any computer that reaches this server can mount the file system and copy every image on it, without a password.',
  fix: 'Name the hosts that need the export in /etc/exports (or the NAS console) instead of *, use NFSv4 with Kerberos (sec=krb5p), and close ports 111 and 2049 to other networks.',
};
