import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D15',
  name: 'are-procedure-steps-open',
  group: 'DIMSE',
  question: 'Are procedure steps, storage commitment or unified worklists open?',
  title: 'Workflow services are open to strangers',
  sends: 'Presentation contexts of these classes; no message.',
  proof: 'A context is accepted.',
  score: 6.5,
  references: ['Hc'],
  fixes: ['F3'],
  why: 'A stranger could report examinations as done or discontinued, or make a modality believe that its images are safe.',
  fix: 'Allow workflow services only to the modalities, each by certificate and address.',
};
