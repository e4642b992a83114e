import { BoundAsker } from './asker-context.ts';
import type { SocketAsker } from './askers.ts';

/** Plain bytes on connections of their own: for protocols that have no asker of their own. */
export class SocketAskerOverDialler extends BoundAsker implements SocketAsker {}
