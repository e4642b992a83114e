import { describe, test } from 'vitest';
import { expectJudgedByAnswer, expectUnansweredIsUnknown } from '../../testing/attestation.ts';
import { check } from './check.ts';

describe('W18 are logins unthrottled', () => {
  test('exposed: the operator says there is none', () =>
    expectJudgedByAnswer(check, 'login-throttling-and-second-factor', false, 'exposed'));

  test('protected: the operator attests it', () =>
    expectJudgedByAnswer(check, 'login-throttling-and-second-factor', true, 'protected'));

  test('inconclusive: unanswered is not safe', () => expectUnansweredIsUnknown(check));
});
