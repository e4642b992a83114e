import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X09',
  name: 'is-a-container-door-open',
  group: 'neighbours',
  question: 'Can strangers command Docker or Kubernetes?',
  title: 'Docker or Kubernetes takes commands of strangers',
  sends: 'GET /version to Docker; to Kubernetes GET of one random namespace that does not exist.',
  proof:
    'Docker tells its version without a client certificate, or Kubernetes says "not found" instead of "forbidden".',
  score: 9.8,
  references: ['C4', 'PR.AC-4'],
  fixes: ['F6'],
  why: 'Whoever commands Docker is root on the machine: every container, image and database on it is theirs.',
  fix: 'Docker: listen on the local socket only, or demand client certificates (tlsverify). Kubernetes: anonymous-auth=false, and the API on the management network only.',
};
