import { CommandField, Priority } from '@leadglass/network';
import { BoundAsker, Remembered } from './asker-context.ts';
import type { AskerContext } from './asker-context.ts';
import type {
  AssociationAnswer,
  AssociationProposal,
  ContextAnswer,
  ContextProposal,
  ConversationOptions,
  DicomAsker,
  OperationAnswer,
  QueryQuestion,
  RawConversation,
} from './askers.ts';
import type { Connection, ConnectionLimits } from './connection.ts';
import type { Purpose } from './dialler.ts';
import { DicomSession, contextsOf } from './dicom-session.ts';
import type { OperationEnd } from './dicom-session.ts';
import { countIdentifier, zeroMatchIdentifier } from './identifiers.ts';
import { freshAETitle } from './identity.ts';
import { SHARED_ASSOCIATION_OPENS_MAX } from './limits.ts';
import { ProbeError } from './probe-error.ts';
import {
  coreProposal,
  proposedClasses,
  standardProposal,
  verificationProposal,
} from './standard-proposal.ts';

interface SharedAssociation {
  readonly session: DicomSession;
  readonly answer: AssociationAnswer;
  readonly proposal: AssociationProposal;
}

/** More matches than this to a question that has none: enough to know, no reason to hear more. */
const ZERO_MATCH_PENDING_MAX = 1;

/** Asks one DICOM port, mostly on one association that is kept open between the checks. */
export class SocketDicomAsker extends BoundAsker implements DicomAsker {
  readonly isTls: boolean;
  readonly #operations = new Remembered<OperationAnswer>();
  readonly #hello = new Remembered<AssociationAnswer>();
  readonly #randomTitle = freshAETitle();
  #proposal: AssociationProposal = {};
  #shared: SharedAssociation | undefined;
  #opens = 0;
  #title: Promise<string | undefined> | undefined;

  constructor(context: AskerContext, isTls: boolean) {
    super(context);
    this.isTls = isTls;
  }

  get knownAETitles(): readonly string[] {
    return this.context.knownAETitles;
  }

  #propose(contexts: readonly ContextProposal[], calledAETitle: string): AssociationProposal {
    const relationalFor = contexts
      .filter(({ key }) => key === 'study-find' || key === 'patient-find')
      .map(({ abstractSyntax }) => abstractSyntax);
    return { calledAETitle, contexts, relationalFor };
  }

  hello(): Promise<AssociationAnswer> {
    return this.#hello.get('', () => this.#firstAnswer());
  }

  /** The standard proposal; when it is too much for the server, a shorter one. */
  async #firstAnswer(): Promise<AssociationAnswer> {
    let answer: AssociationAnswer | undefined;
    let failure: unknown;
    for (const proposeContexts of [standardProposal, coreProposal, verificationProposal]) {
      this.#proposal = this.#propose(proposeContexts(), this.#randomTitle);
      failure = undefined;
      try {
        answer = await this.#openShared();
        if (!isTooMuch(answer)) return answer;
      } catch (error) {
        failure = error;
        // A server that broke off or sent nonsense may stumble over the length; silence is no such sign.
        if (!(error instanceof ProbeError) || !['RESET', 'CLOSED'].includes(error.code)) throw error;
      }
    }
    if (answer === undefined) throw failure instanceof Error ? failure : new ProbeError('CLOSED');
    return answer;
  }

  async #openShared(): Promise<AssociationAnswer> {
    if (++this.#opens > SHARED_ASSOCIATION_OPENS_MAX)
      throw new ProbeError('HOST_CAP', 'association ended too often');
    const connection = await this.#connect(this.purpose('propose an association', true));
    const session = new DicomSession(connection);
    try {
      const answer = await session.open(this.#proposal);
      if (answer.kind === 'accepted') this.#shared = { session, answer, proposal: this.#proposal };
      else connection.close();
      return answer;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async #connect(why: Purpose, limits: ConnectionLimits = {}): Promise<Connection> {
    const { dialler, hostName } = this.context;
    if (!this.isTls) return dialler.connect(this.context, why, limits);
    const name = hostName === undefined ? {} : { servername: hostName };
    return (await dialler.connectTls(this.context, why, { ...name, minVersion: 'TLSv1.2' }, limits))
      .connection;
  }

  async converseSecured(purpose: string, options: ConversationOptions = {}): Promise<RawConversation> {
    await this.close();
    return this.#connect(this.conversation(purpose, options), options);
  }

  acceptedTitle(): Promise<string | undefined> {
    this.#title ??= this.#findTitle();
    return this.#title;
  }

  async #findTitle(): Promise<string | undefined> {
    const first = await this.hello();
    if (first.kind === 'accepted') return this.#proposal.calledAETitle;
    for (const title of this.knownAETitles) {
      this.#proposal = this.#propose(standardProposal(), title);
      if ((await this.#openShared()).kind === 'accepted') return title;
    }
    return undefined;
  }

  async associate(proposal: AssociationProposal): Promise<AssociationAnswer> {
    // Some servers take one association at a time, and in modality-safe mode a host has one connection: ours makes room.
    await this.close();
    const connection = await this.#connect(this.purpose('propose an association', true));
    const session = new DicomSession(connection);
    try {
      const answer = await session.open(proposal);
      await session.release();
      return answer;
    } finally {
      connection.close();
    }
  }

  /** The shared association, opened again when the target ended it; or the answer that says there is none. */
  async #association(): Promise<SharedAssociation | AssociationAnswer> {
    if ((await this.acceptedTitle()) === undefined) return this.hello();
    if (this.#shared?.session.isOpen !== true) {
      const answer = await this.#openShared();
      if (answer.kind !== 'accepted' || this.#shared === undefined) return answer;
    }
    return this.#shared;
  }

  async negotiated(key: string): Promise<ContextAnswer | undefined> {
    const shared = await this.#currentAnswer();
    return shared.kind === 'accepted' ? shared.contexts.get(key) : undefined;
  }

  async #currentAnswer(): Promise<AssociationAnswer> {
    if (this.#shared !== undefined) return this.#shared.answer;
    const association = await this.#association();
    return 'session' in association ? association.answer : association;
  }

  echo(): Promise<OperationAnswer> {
    return this.#operations.get('echo', () =>
      this.#operate('verification', CommandField['C-ECHO-RQ'], undefined, ZERO_MATCH_PENDING_MAX),
    );
  }

  find(question: QueryQuestion): Promise<OperationAnswer> {
    return this.#query(question, CommandField['C-FIND-RQ'], {});
  }

  get(question: QueryQuestion): Promise<OperationAnswer> {
    return this.#query(question, CommandField['C-GET-RQ'], {});
  }

  /** The destination is a fresh random title, so that nothing could ever be delivered. */
  move(question: QueryQuestion): Promise<OperationAnswer> {
    return this.#query(question, CommandField['C-MOVE-RQ'], { moveDestination: freshAETitle() });
  }

  #query(
    question: QueryQuestion,
    commandField: number,
    extra: { moveDestination?: string },
  ): Promise<OperationAnswer> {
    const { contextKey, level, mode } = question;
    const isCount = mode === 'count' && commandField === CommandField['C-FIND-RQ'];
    const identifier =
      isCount && (level === 'STUDY' || level === 'PATIENT')
        ? countIdentifier(level)
        : zeroMatchIdentifier(level, contextKey.startsWith('patient'));
    const pendingMax = isCount ? this.rates.countingCap : ZERO_MATCH_PENDING_MAX;
    return this.#operations.get(`${commandField} ${contextKey} ${level} ${mode}`, () =>
      this.#operate(contextKey, commandField, identifier, pendingMax, extra),
    );
  }

  async #operate(
    contextKey: string,
    commandField: number,
    identifier: Buffer | undefined,
    pendingMax: number,
    extra: { moveDestination?: string } = {},
  ): Promise<OperationAnswer> {
    const association = await this.#association();
    if (!('session' in association)) return { kind: 'no-association', answer: association };
    const { session, answer, proposal } = association;
    const index = contextsOf(proposal).findIndex(({ key }) => key === contextKey);
    const context = answer.kind === 'accepted' ? answer.contexts.get(contextKey) : undefined;
    if (context?.isAccepted !== true) return { kind: 'not-offered', result: context?.result ?? 255 };
    const fields = {
      commandField,
      affectedSOPClassUID: proposedClasses[contextKey],
      ...(identifier === undefined ? {} : { priority: Priority.medium }),
    };
    let end: OperationEnd;
    try {
      end = await session.operate(index * 2 + 1, { ...fields, ...extra }, identifier, pendingMax);
    } catch (error) {
      // Several products answer a verb that is not allowed by ending the association.
      if (!(error instanceof ProbeError) || !['CLOSED', 'RESET'].includes(error.code)) throw error;
      return { kind: 'ended', how: error.detail ?? error.code };
    }
    const { completedSuboperations: completed, ...facts } = end;
    return {
      kind: 'status',
      ...facts,
      ...(completed === undefined ? {} : { completedSuboperations: completed }),
    };
  }

  /** Releases the shared association; the next question would open another. */
  async close(): Promise<void> {
    const shared = this.#shared;
    this.#shared = undefined;
    await shared?.session.release();
  }
}

/** A refusal that may be about the length of the proposal and not about us (PS3.8 Table 9-21). */
function isTooMuch(answer: AssociationAnswer): boolean {
  if (answer.kind === 'closed') return true;
  if (answer.kind === 'aborted') return true;
  return answer.kind === 'rejected' && answer.source === 3;
}
