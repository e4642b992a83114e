import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W16',
  name: 'is-the-viewer-outdated',
  group: 'web',
  question: 'Is the OHIF viewer a version that leaks its token?',
  title: 'The OHIF viewer can leak its token',
  sends: 'GET /, the start of the bundle it names, and /app-config.js; only fixed patterns are looked for.',
  proof:
    'The version in the bundle is 3.12.0 or older (CVE-2026-12473); a data source that a URL can name makes it worse.',
  score: 8.2,
  references: ['I8.8', 'C7', 'G32'],
  fixes: ['F5', 'F8'],
  why: 'A link sent to an employee can make the viewer hand its access token to a foreign server.',
  fix: 'Update OHIF to 3.12.2 or newer, and take dicomwebproxy and dicomjson out of the data sources of app-config.js.',
};
