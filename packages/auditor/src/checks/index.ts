import type { AnyCheck } from './check.ts';
import { check as doesItAnswerDicom } from './does-it-answer-dicom/check.ts';
import { check as isAnyCalledAeTitleAccepted } from './is-any-called-ae-title-accepted/check.ts';
import { check as isAnyCallingAeTitleAccepted } from './is-any-calling-ae-title-accepted/check.ts';
import { check as doesItEchoStrangers } from './does-it-echo-strangers/check.ts';
import { check as mayStrangersQueryStudies } from './may-strangers-query-studies/check.ts';
import { check as canStudyRecordsBeCounted } from './can-study-records-be-counted/check.ts';
import { check as mayStrangersQueryPatients } from './may-strangers-query-patients/check.ts';
import { check as mayStrangersQuerySeriesAndImages } from './may-strangers-query-series-and-images/check.ts';
import { check as isTheWorklistOpen } from './is-the-worklist-open/check.ts';
import { check as areRelationalQueriesAccepted } from './are-relational-queries-accepted/check.ts';
import { check as isCGetPermitted } from './is-c-get-permitted/check.ts';
import { check as isCMovePermitted } from './is-c-move-permitted/check.ts';
import { check as isStorageOffered } from './is-storage-offered/check.ts';
import { check as isRiskyStorageOffered } from './is-risky-storage-offered/check.ts';
import { check as areProcedureStepsOpen } from './are-procedure-steps-open/check.ts';
import { check as areUnneededClassesOffered } from './are-unneeded-classes-offered/check.ts';
import { check as areAdminClassesOffered } from './are-admin-classes-offered/check.ts';
import { check as isUserIdentityIgnored } from './is-user-identity-ignored/check.ts';
import { check as doesTheRejectionLeakTitles } from './does-the-rejection-leak-titles/check.ts';
import { check as doesItTellItsVersion } from './does-it-tell-its-version/check.ts';
import { check as isTheProductPastItsEnd } from './is-the-product-past-its-end/check.ts';
import { check as areIdleAssociationsUncapped } from './are-idle-associations-uncapped/check.ts';
import { check as doesHalfAPduHoldIt } from './does-half-a-pdu-hold-it/check.ts';
import { check as isAnAbsurdLengthAccepted } from './is-an-absurd-length-accepted/check.ts';
import { check as isItAHoneypot } from './is-it-a-honeypot/check.ts';
import { check as isDicomUnencrypted } from './is-dicom-unencrypted/check.ts';
import { check as doesOnePortSpeakClearAndTls } from './does-one-port-speak-clear-and-tls/check.ts';
import { check as areOldTlsVersionsAccepted } from './are-old-tls-versions-accepted/check.ts';
import { check as areWeakCiphersAccepted } from './are-weak-ciphers-accepted/check.ts';
import { check as areKeyExchangesWeak } from './are-key-exchanges-weak/check.ts';
import { check as isTheCertificateInvalid } from './is-the-certificate-invalid/check.ts';
import { check as isTheKeyWeakOrShared } from './is-the-key-weak-or-shared/check.ts';
import { check as isNoClientCertificateAsked } from './is-no-client-certificate-asked/check.ts';
import { check as isAnUntrustedCertificateAccepted } from './is-an-untrusted-certificate-accepted/check.ts';
import { check as isTls13Missing } from './is-tls-1-3-missing/check.ts';

/** Every check of the network groups, in the order in which they run: a line each. */
// prettier-ignore
export const checks: readonly AnyCheck[] = [
  doesItAnswerDicom, // D01
  isAnyCalledAeTitleAccepted, // D02
  isAnyCallingAeTitleAccepted, // D03
  doesItEchoStrangers, // D04
  mayStrangersQueryStudies, // D05
  canStudyRecordsBeCounted, // D06
  mayStrangersQueryPatients, // D07
  mayStrangersQuerySeriesAndImages, // D08
  isTheWorklistOpen, // D09
  areRelationalQueriesAccepted, // D10
  isCGetPermitted, // D11
  isCMovePermitted, // D12
  isStorageOffered, // D13
  isRiskyStorageOffered, // D14
  areProcedureStepsOpen, // D15
  areUnneededClassesOffered, // D16
  areAdminClassesOffered, // D17
  isUserIdentityIgnored, // D18
  doesTheRejectionLeakTitles, // D19
  doesItTellItsVersion, // D20
  isTheProductPastItsEnd, // D21
  areIdleAssociationsUncapped, // D22
  doesHalfAPduHoldIt, // D23
  isAnAbsurdLengthAccepted, // D24
  isItAHoneypot, // D25
  isDicomUnencrypted, // T01
  doesOnePortSpeakClearAndTls, // T02
  areOldTlsVersionsAccepted, // T03
  areWeakCiphersAccepted, // T04
  areKeyExchangesWeak, // T05
  isTheCertificateInvalid, // T06
  isTheKeyWeakOrShared, // T07
  isNoClientCertificateAsked, // T08
  isAnUntrustedCertificateAccepted, // T09
  isTls13Missing, // T10
];
