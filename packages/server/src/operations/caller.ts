import type { Principal } from '../identity/index.ts';

/** Who asks, from where, through which door. */
export interface Caller {
  readonly principal: Principal;
  readonly peer?: { readonly address: string; readonly port: number };
}
