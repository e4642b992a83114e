import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'S05',
  name: 'is-the-object-store-listable',
  group: 'shares',
  question: 'Can strangers list the bucket or container?',
  title: 'The cloud store lists its objects to anybody',
  sends:
    'A listing of no entries (max-keys=0) under a random prefix that exists nowhere, without credentials.',
  proof: 'The answer is a listing, although an empty one.',
  score: 7.5,
  references: ['C3', 'PR.DS-5'],
  fixes: ['F8'],
  why: 'A list of all objects is the way to all images: whoever has the address can download the store at leisure.',
  fix: 'Block public access (S3: Block Public Access; Azure: AllowBlobPublicAccess=false; GCS: public access prevention; MinIO: anonymous policy none), and give access by role.',
};
