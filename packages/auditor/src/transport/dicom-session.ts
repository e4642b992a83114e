import {
  CommandField,
  DICOM_APPLICATION_CONTEXT_NAME,
  DimseError,
  MessageReader,
  PduError,
  PduReader,
  encodeCommand,
  encodePdu,
} from '@leadglass/network';
import type {
  AssociateAccept,
  AssociateRequest,
  Command,
  CommandFields,
  ControlPdu,
} from '@leadglass/network';
import type { AssociationAnswer, AssociationProposal, ContextAnswer, ContextProposal } from './askers.ts';
import type { Connection } from './connection.ts';
import {
  CALLING_AE_TITLE,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  freshAETitle,
} from './identity.ts';
import { PDU_MAX_BYTES, READ_TIMEOUT_MS, RESPONSES_AFTER_CANCEL_MAX } from './limits.ts';
import { ProbeError } from './probe-error.ts';
import { verificationProposal } from './standard-proposal.ts';

/** The A-ASSOCIATE-RQ of a proposal. */
export function requestOf(proposal: AssociationProposal): AssociateRequest {
  const identity = proposal.userIdentity;
  const contexts = contextsOf(proposal);
  const scpClasses = new Set(contexts.filter(({ asSCP }) => asSCP).map((one) => one.abstractSyntax));
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAETitle: proposal.calledAETitle ?? freshAETitle(),
    callingAETitle: proposal.callingAETitle ?? CALLING_AE_TITLE,
    applicationContextName: DICOM_APPLICATION_CONTEXT_NAME,
    presentationContexts: contexts.map(({ abstractSyntax, transferSyntaxes }, index) => ({
      id: index * 2 + 1,
      abstractSyntax,
      transferSyntaxes,
    })),
    userInformation: {
      maximumLength: PDU_MAX_BYTES,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      roleSelections: [...scpClasses].map((sopClassUID) => ({ sopClassUID, scuRole: true, scpRole: true })),
      // Byte 1: relational queries (PS3.4 Table C.5.1-1).
      extendedNegotiation: (proposal.relationalFor ?? []).map((sopClassUID) => ({
        sopClassUID,
        information: new Uint8Array([1]),
      })),
      commonExtendedNegotiation: [],
      userIdentity:
        identity === undefined
          ? undefined
          : {
              type: identity.type,
              positiveResponseRequested: true,
              primaryField: Buffer.from(identity.primary, 'latin1'),
              secondaryField: Buffer.from(identity.secondary, 'latin1'),
            },
    },
  };
}

/** The contexts of a proposal: Verification unless it says otherwise. */
export function contextsOf(proposal: AssociationProposal): readonly ContextProposal[] {
  return proposal.contexts ?? verificationProposal();
}

function answerOf(proposal: AssociationProposal, accept: AssociateAccept): AssociationAnswer {
  const answers = new Map(accept.presentationContexts.map((context) => [context.id, context]));
  const { userInformation } = accept;
  const contexts = new Map<string, ContextAnswer>();
  for (const [index, proposed] of contextsOf(proposal).entries()) {
    const answer = answers.get(index * 2 + 1);
    const role = userInformation.roleSelections.find(
      ({ sopClassUID }) => sopClassUID === proposed.abstractSyntax,
    );
    const extended = userInformation.extendedNegotiation.find(
      ({ sopClassUID }) => sopClassUID === proposed.abstractSyntax,
    );
    contexts.set(proposed.key, {
      isAccepted: answer?.result === 'acceptance',
      result: answer === undefined ? 255 : resultCodes.indexOf(answer.result),
      ...(answer?.transferSyntax === undefined ? {} : { transferSyntax: answer.transferSyntax }),
      asSCP: proposed.asSCP === true && role?.scpRole === true,
      isRelational: extended?.information[0] === 1,
    });
  }
  const { implementationClassUID, implementationVersionName, maximumLength } = userInformation;
  return {
    kind: 'accepted',
    contexts,
    peer: {
      ...(implementationClassUID === undefined ? {} : { implementationClassUID }),
      ...(implementationVersionName === undefined ? {} : { implementationVersionName }),
      ...(maximumLength === undefined ? {} : { maximumLength }),
      hasUserIdentityResponse: userInformation.userIdentityResponse !== undefined,
    },
  };
}

const resultCodes: readonly string[] = [
  'acceptance',
  'user-rejection',
  'no-reason',
  'abstract-syntax-not-supported',
  'transfer-syntaxes-not-supported',
];

/** The end of one operation: its final response, and how many pending ones came before. */
export interface OperationEnd {
  readonly status: number;
  readonly pending: number;
  readonly wasCut: boolean;
  readonly completedSuboperations: number | undefined;
  readonly triedToStore: boolean;
}

/**
 * One association as requestor, made for asking: command sets are read, the bytes of data sets are overwritten and
 * dropped as they come. It serves no request of the target; a C-STORE-RQ ends it.
 */
export class DicomSession {
  readonly #connection: Connection;
  readonly #reader = new PduReader(PDU_MAX_BYTES);
  readonly #messages: MessageReader;
  readonly #commands: Command[] = [];
  #acceptedIDs = new Set<number>();
  #afterCancel = 0;
  #peerMaximum = PDU_MAX_BYTES;
  #messageID = 0;
  #isOpen = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#messages = new MessageReader({
      isAccepted: (id) => this.#acceptedIDs.has(id),
      command: (command) => void this.#commands.push(command),
      dataSetPiece: (piece) => void piece.fill(0),
      dataSetEnd: () => undefined,
    });
  }

  /** The association stands and nobody has ended it. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#connection.isOver;
  }

  /** Proposes the association. Throws ProbeError; an answer that is no DICOM at all is PROTOCOL. */
  async open(proposal: AssociationProposal): Promise<AssociationAnswer> {
    this.#connection.write(encodePdu(requestOf(proposal)));
    const pdu = await this.#nextPdu();
    if (pdu === undefined) return { kind: 'closed' };
    switch (pdu.type) {
      case 'A-ASSOCIATE-AC': {
        const answer = answerOf(proposal, pdu);
        this.#acceptedIDs = new Set(
          pdu.presentationContexts.filter(({ result }) => result === 'acceptance').map(({ id }) => id),
        );
        const maximum = pdu.userInformation.maximumLength ?? 0;
        if (maximum > 0) this.#peerMaximum = Math.min(maximum, PDU_MAX_BYTES);
        this.#isOpen = true;
        this.#connection.outcome = 'accepted';
        return answer;
      }
      case 'A-ASSOCIATE-RJ':
        this.#connection.outcome = 'rejected';
        return { kind: 'rejected', result: pdu.result, source: pdu.source, reason: pdu.reason };
      case 'A-ABORT':
        this.#connection.outcome = 'aborted';
        return { kind: 'aborted', source: pdu.source, reason: pdu.reason };
      case 'A-ASSOCIATE-RQ':
      case 'A-RELEASE-RQ':
      case 'A-RELEASE-RP':
        // No server answers a request with a request: an echo server does.
        throw new ProbeError('PROTOCOL', pdu.type);
    }
  }

  /**
   * Sends a request and reads responses until the final one. Counting is cancelled at `pendingMax`.
   * Throws ProbeError when the association breaks first.
   */
  async operate(
    contextID: number,
    fields: Omit<CommandFields, 'messageID'>,
    identifier: Buffer | undefined,
    pendingMax: number,
  ): Promise<OperationEnd> {
    this.#messageID = (this.#messageID % 0xffff) + 1;
    const messageID = this.#messageID;
    this.#send(contextID, true, encodeCommand({ ...fields, messageID }, identifier !== undefined));
    if (identifier !== undefined) this.#send(contextID, false, identifier);
    const { commandField } = fields;
    const end = { pending: 0, wasCut: false, completed: undefined as number | undefined };
    for (;;) {
      const command = await this.#nextCommand();
      if (command.isRequest) return this.#refuseRequest(command, end);
      if (command.commandField !== (commandField | 0x8000)) throw this.#broken('COMMAND_FIELD_WRONG');
      if (command.messageIDBeingRespondedTo !== messageID) throw this.#broken('MESSAGE_ID_WRONG');
      const status = command.status ?? 0xffff;
      end.completed = command.numberOfCompletedSuboperations ?? end.completed;
      if (status !== 0xff00 && status !== 0xff01) {
        return {
          status,
          pending: end.pending,
          wasCut: end.wasCut,
          completedSuboperations: end.completed,
          triedToStore: false,
        };
      }
      if (!end.wasCut) end.pending++;
      else if (++this.#afterCancel > RESPONSES_AFTER_CANCEL_MAX) return this.#abandon(end);
      if (end.pending >= pendingMax && !end.wasCut) {
        end.wasCut = true;
        this.#afterCancel = 0;
        this.#send(
          contextID,
          true,
          encodeCommand(
            { commandField: CommandField['C-CANCEL-RQ'], messageIDBeingRespondedTo: messageID },
            false,
          ),
        );
      }
    }
  }

  /** The target ignores the cancel: what was counted stands. */
  #abandon(end: { pending: number; completed: number | undefined }): OperationEnd {
    this.abort();
    return {
      status: 0xfe00,
      pending: end.pending,
      wasCut: true,
      completedSuboperations: end.completed,
      triedToStore: false,
    };
  }

  /** A request of the target. A C-STORE-RQ means it would send an instance: stop before a byte of it is taken. */
  #refuseRequest(command: Command, end: { pending: number; wasCut: boolean }): OperationEnd {
    this.abort();
    if (command.commandField !== CommandField['C-STORE-RQ'])
      throw new ProbeError('PROTOCOL', 'REQUEST_UNASKED');
    return {
      status: 0xffff,
      pending: end.pending,
      wasCut: end.wasCut,
      completedSuboperations: undefined,
      triedToStore: true,
    };
  }

  #broken(detail: string): ProbeError {
    this.abort();
    return new ProbeError('PROTOCOL', detail);
  }

  #send(contextID: number, isCommand: boolean, bytes: Uint8Array): void {
    // Identifiers and commands are a few hundred bytes; only a peer with tiny PDUs needs several.
    const room = Math.max(this.#peerMaximum - 6, 64);
    for (let at = 0; at < bytes.length; at += room) {
      const data = bytes.subarray(at, at + room);
      const pdv = { presentationContextID: contextID, isCommand, isLast: at + room >= bytes.length, data };
      this.#connection.write(encodePdu({ type: 'P-DATA-TF', pdvs: [pdv] }));
    }
  }

  async #nextCommand(): Promise<Command> {
    for (;;) {
      const command = this.#commands.shift();
      if (command !== undefined) return command;
      const pdu = await this.#nextPdu(() => this.#commands.length > 0);
      if (this.#commands.length > 0) continue;
      this.#isOpen = false;
      // Whoever aborts waits for the other side to close (PS3.8 9.2, AA-3), Orthanc for 30 s, and one of the two
      // connections a host may have would be taken as long.
      this.#connection.close();
      throw new ProbeError('CLOSED', pdu?.type);
    }
  }

  /** The next PDU other than P-DATA-TF, or undefined when the target closed, or when `enough` says so. */
  async #nextPdu(enough: () => boolean = () => false): Promise<ControlPdu | undefined> {
    const reader = this.#reader;
    try {
      for (;;) {
        const event = reader.next();
        if (event === 'pdu') return reader.pdu;
        if (event === 'pdv') this.#piece();
        if (event !== 'need-more') {
          if (enough()) return undefined;
          continue;
        }
        if (enough()) return undefined;
        const chunk = await this.#connection.read(READ_TIMEOUT_MS);
        if (chunk === undefined) return undefined;
        reader.feed(chunk);
      }
    } catch (error) {
      this.#isOpen = false;
      this.#connection.close();
      if (error instanceof PduError || error instanceof DimseError)
        throw new ProbeError('PROTOCOL', error.code);
      throw error;
    }
  }

  #piece(): void {
    const { presentationContextID, isCommand, isLast, pdvEnds, piece } = this.#reader;
    void this.#messages.piece(presentationContextID, isCommand, isLast && pdvEnds, piece);
  }

  /** A-RELEASE, without waiting longer than a moment for its answer. */
  async release(): Promise<void> {
    if (this.isOpen) {
      this.#connection.write(encodePdu({ type: 'A-RELEASE-RQ' }));
      await this.#connection.read(RELEASE_WAIT_MS).catch(() => undefined);
    }
    this.#isOpen = false;
    this.#connection.close();
  }

  abort(): void {
    if (this.isOpen) this.#connection.write(encodePdu({ type: 'A-ABORT', source: 0, reason: 0 }));
    this.#isOpen = false;
    this.#connection.socket.end();
    this.#connection.close();
  }
}

/** For the A-RELEASE-RP; nothing is learned from it. */
const RELEASE_WAIT_MS = 500;
