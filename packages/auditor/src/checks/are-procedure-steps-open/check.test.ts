import { describe, test } from 'vitest';
import { expectFoundByOffer, expectSilentWithoutOffer } from '../../testing/offered-classes.ts';
import { check } from './check.ts';

describe('D15 Are procedure steps, storage commitment or unified worklists open', () => {
  test('exposed: a context is accepted, and no message follows', () =>
    expectFoundByOffer(check, '1.2.840.10008.3.1.2.3.3'));

  test('protected: none is accepted, or no association', () => expectSilentWithoutOffer(check));
});
