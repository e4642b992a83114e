import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W15',
  name: 'are-internals-told',
  group: 'web',
  question: 'Are API descriptions, actuators or metrics open?',
  title: 'Internals of the server are told to strangers',
  sends:
    'GET of the usual pages: /actuator, /metrics, /swagger-ui/, /v3/api-docs, /openapi.json and Orthanc’s metrics.',
  proof: 'The page is there and has the shape of an actuator, of metrics or of an API description.',
  score: 5.3,
  references: ['C4', 'PR.PT-3', 'G32'],
  fixes: ['F6', 'F8'],
  why: 'They tell an attacker which doors there are, which versions run, and at times passwords out of the memory.',
  fix: 'Serve them on a management address only, or behind a login.',
};
