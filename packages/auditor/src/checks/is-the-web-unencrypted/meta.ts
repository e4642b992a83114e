import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W05',
  name: 'is-the-web-unencrypted',
  group: 'web',
  question: 'Is the web door of the archive unencrypted?',
  title: 'The web door answers in clear text',
  sends: 'GET / over plain HTTP.',
  proof: 'A page or a login on a door of imaging, and no redirect to HTTPS.',
  score: 7.4,
  references: ['He', 'PR.DS-2', 'G32'],
  fixes: ['F7'],
  why: 'Everybody on the way can read the images, the names and the passwords, and change them.',
  fix: 'Serve HTTPS alone; let plain HTTP answer with a redirect to it, or close the port.',
};
