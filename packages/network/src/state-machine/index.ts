export * from './effects.ts';
export * from './transition-table.ts';
export { UpperLayerMachine } from './upper-layer-machine.ts';
