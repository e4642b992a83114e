import { describe, test } from 'vitest';
import { expectJudgedByAnswer, expectUnansweredIsUnknown } from '../../testing/attestation.ts';
import { check } from './check.ts';

describe('G01 is there no audit trail', () => {
  test('exposed: the operator says there is none', () =>
    expectJudgedByAnswer(check, 'audit-trail', false, 'exposed'));

  test('protected: the operator attests it', () =>
    expectJudgedByAnswer(check, 'audit-trail', true, 'protected'));

  test('inconclusive: unanswered is not safe', () => expectUnansweredIsUnknown(check));
});
