import net from 'node:net';
import { acceptAssociation, requestAssociation } from '../association/index.ts';
import type {
  AcceptorOptions,
  Association,
  AssociateDecision,
  AssociationEnd,
  RequestorOptions,
} from '../association/index.ts';
import type { AssociateRequest } from '../pdu/index.ts';

/** Accepts every proposed context with its first transfer syntax, and every proposed role. */
export function acceptEverything(request: AssociateRequest): AssociateDecision & { accept: true } {
  return {
    accept: true,
    presentationContexts: request.presentationContexts.map((context) => ({
      id: context.id,
      result: 'acceptance',
      transferSyntax: context.transferSyntaxes[0],
      scuRole: true,
      scpRole: true,
    })),
    asynchronousOperationsWindow: { invoked: 4, performed: 4 },
  };
}

export interface TestAcceptor extends AsyncDisposable {
  readonly port: number;
  readonly associations: Association[];
  /** What handlers threw. */
  readonly handlerErrors: unknown[];
  /** The end of the first association. */
  firstEnd(): Promise<AssociationEnd>;
}

/** An acceptor on a free loopback port; without a handler it answers Success to everything. */
export async function startAcceptor(options: Partial<AcceptorOptions> = {}): Promise<TestAcceptor> {
  const associations: Association[] = [];
  const handlerErrors: unknown[] = [];
  const sockets = new Set<net.Socket>();
  const first = Promise.withResolvers<Association>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    const association = acceptAssociation(socket, {
      decide: acceptEverything,
      onRequest: (request) => {
        void request.respond({ status: 0 });
      },
      onHandlerError: (error) => handlerErrors.push(error),
      implementationClassUID: '1.2.3',
      implementationVersionName: 'TEST',
      ...options,
    });
    associations.push(association);
    first.resolve(association);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    associations,
    handlerErrors,
    firstEnd: async () => (await first.promise).closed,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** An association from a requestor of this package to a port. */
export function requestTo(port: number, options: Partial<RequestorOptions> = {}): Promise<Association> {
  return requestAssociation({
    connect: () => net.connect({ port, host: '127.0.0.1' }),
    callingAETitle: 'REQUESTOR',
    calledAETitle: 'ACCEPTOR',
    presentationContexts: [{ abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] }],
    implementationClassUID: '1.2.3',
    implementationVersionName: 'TEST',
    ...options,
  });
}
