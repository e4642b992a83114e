import { describe, test } from 'vitest';
import { expectJudgedByAnswer, expectUnansweredIsUnknown } from '../../testing/attestation.ts';
import { check } from './check.ts';

describe('G03 are backups within reach or untested', () => {
  test('exposed: the operator says there is none', () =>
    expectJudgedByAnswer(check, 'backups-offline-and-tested', false, 'exposed'));

  test('protected: the operator attests it', () =>
    expectJudgedByAnswer(check, 'backups-offline-and-tested', true, 'protected'));

  test('inconclusive: unanswered is not safe', () => expectUnansweredIsUnknown(check));
});
