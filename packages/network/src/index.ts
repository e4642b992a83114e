/** How DICOM application entities talk: PS3.7 (DIMSE) over PS3.8 (upper layer). See README.md. */
export * from './association/index.ts';
export * from './dimse/index.ts';
export * from './pdu/index.ts';
export * from './scu/index.ts';
