export * from './ae-title.ts';
export * from './associate-rejection.ts';
export * from './limits.ts';
export * from './pdu-codec.ts';
export * from './pdu-error.ts';
export * from './pdu-reader.ts';
export * from './pdu.ts';
