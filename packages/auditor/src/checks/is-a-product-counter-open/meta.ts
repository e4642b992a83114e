import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W02',
  name: 'is-a-product-counter-open',
  group: 'web',
  question: "Does the product's counter answer strangers?",
  title: 'The archive tells strangers how much it holds',
  sends: "Orthanc's /statistics and dcm4chee's /studies/count: pages that hold numbers only.",
  proof: 'Status 200 with the numbers of studies or images.',
  score: 7.5,
  references: ['Ha', 'PR.AC-4', 'G32'],
  fixes: ['F4', 'F1'],
  why: 'Who can read the counters without a login can as a rule read everything else of the same interface, and knows what it is worth.',
  fix: 'Switch the login of the web interface on, and let it listen on localhost or behind a proxy that demands one.',
};
