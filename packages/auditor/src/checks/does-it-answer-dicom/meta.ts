import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'D01',
  name: 'does-it-answer-dicom',
  group: 'DIMSE',
  question: 'Does it speak DICOM where it should not be reachable?',
  title: 'DICOM answers from outside its zone',
  sends: 'One A-ASSOCIATE-RQ with a random called AE title.',
  proof: 'An A-ASSOCIATE-AC, A-ASSOCIATE-RJ or A-ABORT comes back.',
  score: 5.3,
  references: ['PR.AC-5', 'I8.22', 'C12'],
  fixes: ['F1'],
  why: 'Whoever reaches this port can go on to try titles, versions and known faults. Imaging systems are meant to be reached by imaging systems only.',
  fix: 'Close the port on the firewall for everything but the devices that need it. Reach the archive from outside through a VPN or a gateway that asks for a certificate.',
};
