export { decide, type Decision, type DecisionReason, type Subject } from './decide.ts';
