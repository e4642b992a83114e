/**
 * What other programs may use of the auditor: its checks, asked of doors of their own. Everything else is reached
 * through the command `leadglass-auditor`.
 */
export { auditOwn } from './cli/audit-own.ts';
export type { OwnAudit, OwnDoor, OwnFinding, OwnProtocol } from './cli/audit-own.ts';
