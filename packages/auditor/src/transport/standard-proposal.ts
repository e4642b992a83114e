import type { ContextProposal } from './askers.ts';
import { freshUID } from './identity.ts';

export const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';
const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** SOP classes of the standard proposal by key (PS3.4, PS3.6 Table A-1); keys name them in checks. */
export const proposedClasses: Readonly<Record<string, string>> = {
  verification: '1.2.840.10008.1.1',
  'study-find': '1.2.840.10008.5.1.4.1.2.2.1',
  'study-move': '1.2.840.10008.5.1.4.1.2.2.2',
  'study-get': '1.2.840.10008.5.1.4.1.2.2.3',
  'patient-find': '1.2.840.10008.5.1.4.1.2.1.1',
  'patient-move': '1.2.840.10008.5.1.4.1.2.1.2',
  'patient-get': '1.2.840.10008.5.1.4.1.2.1.3',
  'worklist-find': '1.2.840.10008.5.1.4.31',
  'storage-ct': '1.2.840.10008.5.1.4.1.1.2',
  'storage-mr': '1.2.840.10008.5.1.4.1.1.4',
  'storage-us': '1.2.840.10008.5.1.4.1.1.6.1',
  'storage-sc': '1.2.840.10008.5.1.4.1.1.7',
  'storage-cr': '1.2.840.10008.5.1.4.1.1.1',
  'storage-dx': '1.2.840.10008.5.1.4.1.1.1.1',
  'storage-pdf': '1.2.840.10008.5.1.4.1.1.104.1',
  'storage-cda': '1.2.840.10008.5.1.4.1.1.104.2',
  'storage-raw': '1.2.840.10008.5.1.4.1.1.66',
  // Siemens CSA Non-Image, the private class most often met.
  'storage-private': '1.3.12.2.1107.5.9.1',
  mpps: '1.2.840.10008.3.1.2.3.3',
  'storage-commitment': '1.2.840.10008.1.20.1',
  'ups-push': '1.2.840.10008.5.1.4.34.6.1',
  'ups-pull': '1.2.840.10008.5.1.4.34.6.3',
  'print-grayscale': '1.2.840.10008.5.1.1.9',
  'print-color': '1.2.840.10008.5.1.1.18',
  'media-creation': '1.2.840.10008.5.1.1.33',
  'hanging-protocol-find': '1.2.840.10008.5.1.4.38.2',
  'event-logging': '1.2.840.10008.1.40',
  'instance-availability': '1.2.840.10008.5.1.4.33',
  'display-system': '1.2.840.10008.5.1.1.40',
  'product-characteristics': '1.2.840.10008.5.1.4.41',
  'inventory-find': '1.2.840.10008.5.1.4.1.1.201.2',
  'repository-query': '1.2.840.10008.5.1.4.1.1.201.6',
};

/** Classes asked with the SCP role, because C-GET delivers on them (PS3.4 C.4.3). */
const deliveredByGet = new Set([
  'storage-ct',
  'storage-mr',
  'storage-us',
  'storage-sc',
  'storage-cr',
  'storage-dx',
]);

/**
 * One proposal for nearly all checks, so that a host is asked once: every class above, one class that does not exist
 * and one transfer syntax that does not exist. An honest server refuses the last two; what accepts them accepts
 * anything, which is what traps do.
 */
export function standardProposal(): ContextProposal[] {
  const contexts: ContextProposal[] = Object.entries(proposedClasses).map(([key, abstractSyntax]) => ({
    key,
    abstractSyntax,
    transferSyntaxes: key.startsWith('storage-')
      ? [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN]
      : [IMPLICIT_VR_LITTLE_ENDIAN],
    ...(deliveredByGet.has(key) ? { asSCP: true } : {}),
  }));
  const verification = proposedClasses['verification'] ?? '';
  contexts.push(
    { key: 'nonsense-class', abstractSyntax: freshUID(), transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
    { key: 'nonsense-syntax', abstractSyntax: verification, transferSyntaxes: [freshUID()] },
  );
  return contexts;
}

/** For servers that give up on a long proposal: only what most checks need. */
export function coreProposal(): ContextProposal[] {
  const keys = [
    'verification',
    'study-find',
    'study-move',
    'study-get',
    'patient-find',
    'worklist-find',
    'storage-ct',
  ];
  return standardProposal().filter(({ key }) => keys.includes(key));
}

/** Verification alone: the smallest question there is. */
export function verificationProposal(): ContextProposal[] {
  return standardProposal().filter(({ key }) => key === 'verification');
}
