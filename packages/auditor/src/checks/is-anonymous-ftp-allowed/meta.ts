import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S03',
  name: 'is-anonymous-ftp-allowed',
  group: 'shares',
  question: 'Does FTP let anonymous users in?',
  title: 'FTP lets anybody in',
  sends: 'USER anonymous and, when it is asked for, PASS with an address of nobody; no folder is listed.',
  proof: 'Reply 230, logged in.',
  score: 7.5,
  references: ['He', 'PR.AC-4'],
  fixes: ['F6'],
  why: 'Anybody can log in, and read what lies there; FTP also sends every file and password in clear text.',
  fix: 'Turn anonymous access off (vsftpd: anonymous_enable=NO), and replace FTP by SFTP with keys.',
};
