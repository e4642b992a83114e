import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'T03',
  name: 'are-old-tls-versions-accepted',
  group: 'TLS',
  question: 'Are SSL 3.0, TLS 1.0 or TLS 1.1 accepted?',
  title: 'Outdated TLS versions are accepted',
  sends: 'Three TLS hellos that end at SSL 3.0, TLS 1.0 and TLS 1.1.',
  proof: 'A ServerHello of that version.',
  score: 7.4,
  references: ['RFC8996'],
  fixes: ['F7'],
  why: 'These versions have known breaks; whoever sits on the way can make both sides fall back to them.',
  fix: 'Allow TLS 1.2 and 1.3 only.',
};
