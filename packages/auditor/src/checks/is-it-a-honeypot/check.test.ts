import { describe, expect, test } from 'vitest';
import { PduReader, encodePdu } from '@leadglass/network';
import { askOne } from '../../testing/ask.ts';
import { startScripted } from '../../testing/scripted-server.ts';
import { startSimulatedPacs } from '../../testing/simulated-pacs.ts';
import { check } from './check.ts';

/**
 * What dicompot answers, by its source: every context is accepted with the first transfer syntax proposed, and no
 * implementation is named, which PS3.7 D.3.3.2 does not allow.
 */
function acceptAnything(bytes: Buffer): Uint8Array | undefined {
  const reader = new PduReader(bytes.length);
  reader.feed(bytes);
  const { pdu } = reader.next() === 'pdu' ? reader : { pdu: undefined };
  if (pdu?.type !== 'A-ASSOCIATE-RQ') return undefined;
  const { calledAETitle, callingAETitle, applicationContextName } = pdu;
  return encodePdu({
    type: 'A-ASSOCIATE-AC',
    protocolVersion: 1,
    calledAETitle,
    callingAETitle,
    applicationContextName,
    presentationContexts: pdu.presentationContexts.map(({ id, transferSyntaxes }) => ({
      id,
      result: 'acceptance',
      transferSyntax: transferSyntaxes[0],
    })),
    userInformation: {
      maximumLength: 4 * 1024 * 1024,
      roleSelections: [],
      extendedNegotiation: [],
      commonExtendedNegotiation: [],
    },
  });
}

describe('D25 is it a honeypot', () => {
  test('exposed: it accepts what does not exist', async () => {
    await using pacs = await startSimulatedPacs({ form: 'honeypot' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { acceptsNonsenseSyntax: true } });
  });

  test('exposed: dicompot, which names no toolkit', async () => {
    await using server = await startScripted({
      // Whatever is asked afterwards ends it.
      answer: (turn, bytes) => (turn === 0 ? acceptAnything(bytes) : [undefined, 'end']),
    });
    const verdict = await askOne(check, { port: server.port });
    expect(verdict).toMatchObject({ outcome: 'exposed', evidence: { acceptsNonsenseSyntax: true } });
  });

  test('exposed: the toolkit of a known trap', async () => {
    await using pacs = await startSimulatedPacs({ implementationVersionName: 'GODICOM_1_1' });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'exposed' });
  });

  test('protected: an open but honest archive is none', async () => {
    await using pacs = await startSimulatedPacs({ studies: 3 });
    const verdict = await askOne(check, { port: pacs.port });
    expect(verdict).toMatchObject({ outcome: 'protected' });
  });
});
