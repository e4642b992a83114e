export { demoInstances, type DemoInstance, type DemoOptions } from './demo-instances.ts';
export { benchInstances, type BenchKind, type BenchOptions } from './bench-instances.ts';
