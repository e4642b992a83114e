import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';
import { encodePdu, PduType } from '@leadglass/network';

/** A server of ours answers or hangs up at once; silence this long counts as no answer. */
const PROBE_TIMEOUT_MS = 3000;
/** Verification SOP Class (PS3.4 A.4) and Implicit VR Little Endian (PS3.5 A.1): what every DICOM program knows. */
const VERIFICATION = '1.2.840.10008.1.1';
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';
const PDU_LENGTH_MAX = 16_384;
const CHECK_IMPLEMENTATION_UID = '2.25.302063517911465921127360153298461075203';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
}

export interface ProbeIdentity {
  readonly keyPem: string;
  readonly certPem: string;
}

/** How the stranger comes: without TLS, with TLS and no certificate, with a certificate of somebody else. */
export type StrangerKind = 'clear-text' | 'no-certificate' | 'foreign-certificate';

export type ProbeResult =
  /** Nobody listens there. */
  | 'not-running'
  /** The connection was ended, or nothing came, or the association was rejected or aborted. */
  | 'refused'
  /** A-ASSOCIATE-AC: a stranger was let in. */
  | 'accepted'
  /** A DICOM answer without TLS on a port that is for TLS. */
  | 'speaks-clear-text';

/**
 * Knocks once with an A-ASSOCIATE-RQ for Verification and sends nothing more: no message, no query.
 */
export async function probeAsStranger(
  target: ProbeTarget,
  kind: StrangerKind,
  identity?: ProbeIdentity,
): Promise<ProbeResult> {
  const { host, port } = target;
  const request = associateRequest(target);
  return await new Promise<ProbeResult>((resolve) => {
    let isConnected = false;
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const knock = (): void => {
      isConnected = true;
      socket.write(request);
    };
    // The server's own certificate does not matter here: the question is whom IT lets in.
    const socket: Socket =
      kind === 'clear-text'
        ? connectPlain({ host, port }, knock)
        : connectTLS(
            {
              host,
              port,
              rejectUnauthorized: false,
              ...(kind === 'foreign-certificate' && identity !== undefined
                ? { key: identity.keyPem, cert: identity.certPem }
                : {}),
            },
            knock,
          );
    const timer = setTimeout(() => finish('refused'), PROBE_TIMEOUT_MS);
    socket.once('data', (bytes: Buffer) => finish(judgeAnswer(bytes[0], kind)));
    socket.once('close', () => finish('refused'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      finish(!isConnected && error.code === 'ECONNREFUSED' ? 'not-running' : 'refused');
    });
  });
}

function judgeAnswer(firstByte: number | undefined, kind: StrangerKind): ProbeResult {
  if (firstByte === PduType['A-ASSOCIATE-AC']) return 'accepted';
  const isPdu =
    firstByte !== undefined && firstByte >= PduType['A-ASSOCIATE-RQ'] && firstByte <= PduType['A-ABORT'];
  // A TLS alert begins with 0x15, so a PDU type in clear text can only come from a DICOM listener.
  return isPdu && kind === 'clear-text' ? 'speaks-clear-text' : 'refused';
}

function associateRequest(target: ProbeTarget): Buffer {
  return encodePdu({
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: target.calledAETitle,
    callingAETitle: target.callingAETitle,
    applicationContextName: APPLICATION_CONTEXT,
    presentationContexts: [
      { id: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN] },
    ],
    userInformation: {
      maximumLength: PDU_LENGTH_MAX,
      implementationClassUID: CHECK_IMPLEMENTATION_UID,
      implementationVersionName: 'LEADGLASS_CHECK',
      roleSelections: [],
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
    },
  });
}
