import { meta as activeDocument } from '../checks/does-a-document-act/meta.ts';
import { meta as claims } from '../checks/does-it-claim-more-than-it-holds/meta.ts';
import { meta as configuration } from '../checks/is-it-a-configuration-file-too/meta.ts';
import { meta as programPreamble } from '../checks/is-the-preamble-a-program/meta.ts';
import { meta as otherPreamble } from '../checks/is-the-preamble-something-else/meta.ts';
import { meta as programInside } from '../checks/are-programs-in-private-elements/meta.ts';
import { meta as paths } from '../checks/do-identifiers-lead-out-of-the-folder/meta.ts';
import { meta as code } from '../checks/is-there-code-in-text/meta.ts';
import { meta as identifiers } from '../checks/are-there-identifiers/meta.ts';
import { meta as burnedIn } from '../checks/may-text-be-burned-in/meta.ts';
import { meta as nationalNumbers } from '../checks/are-there-national-identity-numbers/meta.ts';
import type { CheckMeta } from '../findings/index.ts';

/** What P01 to P11 are, in their order; without the code that asks, which only workers need. */
export const fileCheckMetas: readonly CheckMeta[] = [
  programPreamble,
  otherPreamble,
  configuration,
  activeDocument,
  programInside,
  paths,
  claims,
  code,
  identifiers,
  burnedIn,
  nationalNumbers,
];
