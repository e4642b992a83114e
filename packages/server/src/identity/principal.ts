/**
 * What a device may ask for over DIMSE, one verb per DIMSE service (PS3.4 A, C, C.4.2, C.4.3, J).
 * 'commit' (Storage Commitment) is never granted by itself: who may store may ask whether it was kept.
 */
export const DEVICE_VERBS = ['echo', 'store', 'find', 'get', 'move', 'commit'] as const;

/** What a bearer token may be made for: a program or a person behind HTTPS. */
export const TOKEN_VERBS = ['store', 'find', 'get', 'commit'] as const;

/** What a person at the machine itself may do through the command line. */
export const OPERATOR_VERBS = [
  'import',
  'export',
  'delete',
  'verify',
  'read-quarantine',
  'drop-quarantined',
  'rebuild-index',
  'read-trail',
  'manage-devices',
  'manage-installation',
] as const;

/** What the server does of its own accord. */
export const SYSTEM_VERBS = ['start', 'stop', 'reclaim', 'notify'] as const;

/** What a door records when nobody was let in: never granted to anybody, only ever seen as refused. */
export const DOOR_VERBS = ['connect'] as const;

export const VERBS = [...DEVICE_VERBS, ...OPERATOR_VERBS, ...SYSTEM_VERBS, ...DOOR_VERBS] as const;

export type DeviceVerb = (typeof DEVICE_VERBS)[number];
export type Verb = (typeof VERBS)[number];
export type TokenVerb = (typeof TOKEN_VERBS)[number];
export type PrincipalKind = 'device' | 'token' | 'operator' | 'system';
export type PrincipalVia = 'certificate' | 'plain-address' | 'bearer-token' | 'command-line' | 'internal';

/** Somebody who proved who they are. Made by this room only; a door never builds one by hand. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** A device: its AE title. A token: its public part. An operator: the account name of the operating system. */
  readonly id: string;
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly via: PrincipalVia;
  readonly certificateSerial?: string;
}

/** The person who runs a command on the machine that holds the keys. */
export function operatorPrincipal(accountName: string): Principal {
  return Object.freeze({
    kind: 'operator',
    id: accountName,
    name: accountName,
    verbs: OPERATOR_VERBS,
    via: 'command-line',
  });
}

/** The server itself: starting, stopping, reclaiming space. */
export function systemPrincipal(): Principal {
  return Object.freeze({
    kind: 'system',
    id: 'leadglass',
    name: 'Leadglass',
    verbs: SYSTEM_VERBS,
    via: 'internal',
  });
}
