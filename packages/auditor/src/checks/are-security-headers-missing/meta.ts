import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W12',
  name: 'are-security-headers-missing',
  group: 'web',
  question: 'Are the headers missing that tell browsers to be careful?',
  title: 'Security headers are missing',
  sends: 'GET /, once for all checks.',
  proof:
    'Strict-Transport-Security (over HTTPS), Content-Security-Policy, X-Content-Type-Options or a protection against frames is absent from a page of an imaging door.',
  score: 3.1,
  references: ['C16', 'G32'],
  fixes: ['F8'],
  why: 'Without them a browser lets foreign pages frame the viewer, run injected scripts or fall back to clear text.',
  fix: 'Send Strict-Transport-Security, a Content-Security-Policy with frame-ancestors, and X-Content-Type-Options: nosniff with every page.',
};
