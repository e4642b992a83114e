import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S04',
  name: 'are-rsync-modules-open',
  group: 'shares',
  question: 'Can rsync modules be used without a password?',
  title: 'rsync gives files out without a password',
  sends:
    'The question for the list of modules, and the name of up to eight of them; no file list is asked for.',
  proof: 'A module answers OK without asking for a password; only the number of modules is kept.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4'],
  fixes: ['F6'],
  why: 'Backups are often made by rsync: whoever reaches this port can copy all of it, and with a writable module change it.',
  fix: 'Set auth users, secrets file and hosts allow for every module, or run rsync over SSH and close port 873.',
};
