import { BoundAsker, Remembered } from './asker-context.ts';
import type { AskerContext } from './asker-context.ts';
import type { TlsAsker, TlsAssociation, TlsHandshake, TlsHelloAnswer, TlsQuestion } from './askers.ts';
import type { Connection } from './connection.ts';
import { DicomSession } from './dicom-session.ts';
import { ProbeError } from './probe-error.ts';
import { throwawayCertificate } from './throwaway-certificate.ts';
import type { ThrowawayCertificate } from './throwaway-certificate.ts';
import { ServerFlightReader, clientHello } from './tls-hello.ts';

/** For whole handshakes: everything B.13 allows, and no smaller keys than the library's own limits want. */
const MODERN: { minVersion: 'TLSv1.2' } = { minVersion: 'TLSv1.2' };

/** Asks one TLS port: hellos of our own making, whole handshakes, and what DICOM says behind them. */
export class SocketTlsAsker extends BoundAsker implements TlsAsker {
  readonly #hellos = new Remembered<TlsHelloAnswer>();
  readonly #handshakes = new Remembered<TlsHandshake>();
  readonly #associations = new Remembered<TlsAssociation>();
  #certificate: ThrowawayCertificate | undefined;

  constructor(context: AskerContext) {
    super(context);
  }

  get hostName(): string | undefined {
    return this.context.hostName;
  }

  get #serverName(): { servername?: string } {
    return this.hostName === undefined ? {} : { servername: this.hostName };
  }

  hello(question: TlsQuestion): Promise<TlsHelloAnswer> {
    return this.#hellos.get(`${question.version} ${question.suites.join()}`, () => this.#sayHello(question));
  }

  async #sayHello(question: TlsQuestion): Promise<TlsHelloAnswer> {
    const connection = await this.context.dialler.connect(
      this.context,
      this.purpose(`TLS hello, version ${question.version.toString(16)}`),
    );
    const reader = new ServerFlightReader();
    try {
      connection.write(clientHello(question, this.hostName));
      for (;;) {
        const chunk = await connection.read();
        if (chunk === undefined) return reader.end('closed');
        const answer = reader.feed(chunk);
        if (answer !== undefined) return answer;
      }
    } catch (error) {
      // A reset is how several stacks say no.
      if (error instanceof ProbeError && error.code === 'RESET') return reader.end('closed');
      throw error;
    } finally {
      connection.close();
    }
  }

  handshake(options: { version?: 'TLSv1.2' | 'TLSv1.3' } = {}): Promise<TlsHandshake> {
    return this.#handshakes.get(options.version ?? '', () => this.#shakeHands(options.version));
  }

  /** A handshake that was made already, if any; sends nothing. */
  rememberedHandshake(): Promise<TlsHandshake | undefined> {
    return this.#handshakes.peek('');
  }

  async #shakeHands(version: 'TLSv1.2' | 'TLSv1.3' | undefined): Promise<TlsHandshake> {
    const versions = version === undefined ? MODERN : { minVersion: version, maxVersion: version };
    try {
      const { connection, tls } = await this.context.dialler.connectTls(
        this.context,
        this.purpose(`TLS handshake ${version ?? ''}`.trim()),
        { ...this.#serverName, ...versions },
      );
      const certificate = tls.getPeerX509Certificate();
      const facts: TlsHandshake = {
        isComplete: true,
        version: tls.getProtocol() ?? '',
        cipher: tls.getCipher().name,
        ...(certificate === undefined ? {} : { certificate }),
      };
      connection.outcome = facts.version ?? 'TLS';
      connection.close();
      return facts;
    } catch (error) {
      if (error instanceof ProbeError && ['TLS_FAILED', 'RESET', 'CLOSED'].includes(error.code)) {
        return { isComplete: false, failure: error.detail ?? error.code };
      }
      throw error;
    }
  }

  associate(withThrowawayCertificate: boolean): Promise<TlsAssociation> {
    return this.#associations.get(`tls ${withThrowawayCertificate}`, async () => {
      if (withThrowawayCertificate) this.#certificate ??= throwawayCertificate(new Date());
      const certificate = withThrowawayCertificate ? this.#certificate : undefined;
      const what = certificate === undefined ? 'no client certificate' : 'a throwaway client certificate';
      const why = this.purpose(`propose an association over TLS with ${what}`, true);
      const options = { ...this.#serverName, ...MODERN, ...certificate };
      return associateOver(
        async () => (await this.context.dialler.connectTls(this.context, why, options)).connection,
      );
    });
  }

  clearAssociate(): Promise<TlsAssociation> {
    const why = this.purpose('propose an association in clear', true);
    return this.#associations.get('clear', () =>
      associateOver(() => this.context.dialler.connect(this.context, why)),
    );
  }
}

/** How servers end what they do not want to talk about. */
const SILENT: readonly string[] = ['TLS_FAILED', 'RESET', 'CLOSED', 'PROTOCOL', 'READ_TIMED_OUT'];

/** The DICOM answer, or why there was none. */
async function associateOver(connect: () => Promise<Connection>): Promise<TlsAssociation> {
  try {
    const connection = await connect();
    try {
      const session = new DicomSession(connection);
      const answer = await session.open({});
      await session.release();
      return answer.kind === 'closed' ? { refusal: 'CLOSED' } : { answer };
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof ProbeError && SILENT.includes(error.code))
      return { refusal: error.detail ?? error.code };
    throw error;
  }
}
