import { describe, test } from 'vitest';
import { expectFoundByOffer, expectSilentWithoutOffer } from '../../testing/offered-classes.ts';
import { check } from './check.ts';

describe('D17 Does it offer administrative classes', () => {
  test('exposed: a context is accepted, and no message follows', () =>
    expectFoundByOffer(check, '1.2.840.10008.5.1.4.33'));

  test('protected: none is accepted, or no association', () => expectSilentWithoutOffer(check));
});
