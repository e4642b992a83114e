import { describe, test } from 'vitest';
import { expectJudgedByAnswer, expectUnansweredIsUnknown } from '../../testing/attestation.ts';
import { check } from './check.ts';

describe('G02 is there no break-glass control', () => {
  test('exposed: the operator says there is none', () =>
    expectJudgedByAnswer(check, 'break-glass', false, 'exposed'));

  test('protected: the operator attests it', () =>
    expectJudgedByAnswer(check, 'break-glass', true, 'protected'));

  test('inconclusive: unanswered is not safe', () => expectUnansweredIsUnknown(check));
});
