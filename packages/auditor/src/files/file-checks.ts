import { check as activeDocument } from '../checks/does-a-document-act/check.ts';
import { check as claims } from '../checks/does-it-claim-more-than-it-holds/check.ts';
import { check as configuration } from '../checks/is-it-a-configuration-file-too/check.ts';
import { check as programPreamble } from '../checks/is-the-preamble-a-program/check.ts';
import { check as otherPreamble } from '../checks/is-the-preamble-something-else/check.ts';
import { check as programInside } from '../checks/are-programs-in-private-elements/check.ts';
import { check as paths } from '../checks/do-identifiers-lead-out-of-the-folder/check.ts';
import { check as code } from '../checks/is-there-code-in-text/check.ts';
import { check as identifiers } from '../checks/are-there-identifiers/check.ts';
import { check as burnedIn } from '../checks/may-text-be-burned-in/check.ts';
import { check as nationalNumbers } from '../checks/are-there-national-identity-numbers/check.ts';
import type { FileCheck } from './file-check.ts';

/** P01 to P11, in their order. */
export const fileChecks: readonly FileCheck[] = [
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
