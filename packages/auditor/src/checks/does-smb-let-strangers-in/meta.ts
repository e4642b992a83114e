import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S02',
  name: 'does-smb-let-strangers-in',
  group: 'shares',
  question: 'Does SMB let strangers in, or speak version 1?',
  title: 'Windows shares are open to strangers',
  sends:
    'SMB session setups without a name and as Guest without a password, the question for the list of shares, and an SMBv1 negotiation. No share is opened.',
  proof:
    'A guest session, a list of shares given to nobody in particular, or SMBv1 chosen; only the number of shares is kept.',
  score: 7.5,
  references: ['C4', 'PR.AC-4'],
  fixes: ['F6'],
  why: 'Whoever reaches the server sees its shares without a password, and may read them; SMBv1 is how WannaCry spread through hospitals.',
  fix: 'Turn guest access off (Samba: map to guest = never, restrict anonymous = 2; Windows: disable the Guest account and set RestrictAnonymous), remove SMBv1, and close port 445 to other networks.',
};
