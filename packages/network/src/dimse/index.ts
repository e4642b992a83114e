export * from './command.ts';
export { commandTag, decodeCommand, encodeCommand } from './command-codec.ts';
export * from './data-set-sink.ts';
export * from './dimse-error.ts';
export * from './limits.ts';
export * from './message-reader.ts';
export * from './message-writer.ts';
export * from './status.ts';
