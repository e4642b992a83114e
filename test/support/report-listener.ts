import { type AddressInfo, createServer } from 'node:net';
import {
  acceptAssociation,
  collectDataSet,
  type CommitmentReport,
  readCommitmentReport,
} from '@leadglass/network';
import type { Scope } from './scope.ts';
import { TEST_IMPLEMENTATION } from './tls-client.ts';

/** A report of 700 instances fits. */
const REPORT_MAX_BYTES = 100_000;

/** An AE that others open an association to for Storage Commitment reports (PS3.4 J.3.3). */
export class ReportListener {
  readonly port: number;
  readonly #received: CommitmentReport[];

  private constructor(port: number, received: CommitmentReport[]) {
    this.port = port;
    this.#received = received;
  }

  static async open(scope: Scope): Promise<ReportListener> {
    const received: CommitmentReport[] = [];
    const server = createServer({ noDelay: true }, (socket) => {
      acceptAssociation(socket, {
        ...TEST_IMPLEMENTATION,
        decide: ({ presentationContexts }) => ({
          accept: true,
          presentationContexts: presentationContexts.map(({ id, transferSyntaxes }) => ({
            id,
            result: 'acceptance',
            transferSyntax: transferSyntaxes[0],
            scuRole: false,
            scpRole: true,
          })),
        }),
        onRequest: (request) =>
          collectDataSet(REPORT_MAX_BYTES, async (bytes) => {
            received.push(readCommitmentReport(bytes, request.presentationContext.transferSyntax));
            await request.respond({ status: 0 });
          }),
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.onClose(() => new Promise((resolve) => server.close(() => resolve())));
    return new ReportListener((server.address() as AddressInfo).port, received);
  }

  /** The report on this transaction, once it has come. */
  find(transactionUID: string): CommitmentReport | undefined {
    return this.#received.find((report) => report.transactionUID === transactionUID);
  }
}
