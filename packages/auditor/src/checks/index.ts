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
import { check as isDicomwebSearchOpen } from './is-dicomweb-search-open/check.ts';
import { check as isAProductCounterOpen } from './is-a-product-counter-open/check.ts';
import { check as isWadoOpen } from './is-wado-open/check.ts';
import { check as isStowAllowed } from './is-stow-allowed/check.ts';
import { check as isTheWebUnencrypted } from './is-the-web-unencrypted/check.ts';
import { check as isBasicLoginInClear } from './is-basic-login-in-clear/check.ts';
import { check as areDefaultLoginsAccepted } from './are-default-logins-accepted/check.ts';
import { check as isABlankLoginAccepted } from './is-a-blank-login-accepted/check.ts';
import { check as isAViewerOpen } from './is-a-viewer-open/check.ts';
import { check as isADirectoryListed } from './is-a-directory-listed/check.ts';
import { check as mayOtherSitesReadIt } from './may-other-sites-read-it/check.ts';
import { check as areSecurityHeadersMissing } from './are-security-headers-missing/check.ts';
import { check as isAConsoleReachable } from './is-a-console-reachable/check.ts';
import { check as isOrthancOpen } from './is-orthanc-open/check.ts';
import { check as areInternalsTold } from './are-internals-told/check.ts';
import { check as isTheViewerOutdated } from './is-the-viewer-outdated/check.ts';
import { check as areTokensInLinks } from './are-tokens-in-links/check.ts';
import { check as areLoginsUnthrottled } from './are-logins-unthrottled/check.ts';
import { check as isThereNoAuditTrail } from './is-there-no-audit-trail/check.ts';
import { check as isThereNoBreakGlass } from './is-there-no-break-glass/check.ts';
import { check as areBackupsWithinReach } from './are-backups-within-reach/check.ts';
import { check as isAnNfsExportOpenToAll } from './is-an-nfs-export-open-to-all/check.ts';
import { check as doesSmbLetStrangersIn } from './does-smb-let-strangers-in/check.ts';
import { check as isAnonymousFtpAllowed } from './is-anonymous-ftp-allowed/check.ts';
import { check as areRsyncModulesOpen } from './are-rsync-modules-open/check.ts';
import { check as isTheObjectStoreListable } from './is-the-object-store-listable/check.ts';
import { check as isWebdavOrIscsiOpen } from './is-webdav-or-iscsi-open/check.ts';
import { check as areDicomFilesInOpenShares } from './are-dicom-files-in-open-shares/check.ts';
import { check as doesPostgresqlTrustAnyone } from './does-postgresql-trust-anyone/check.ts';
import { check as doesADatabaseGreetStrangers } from './does-a-database-greet-strangers/check.ts';
import { check as doesADataStoreAskNoPassword } from './does-a-data-store-ask-no-password/check.ts';
import { check as doesHl7AnswerStrangers } from './does-hl7-answer-strangers/check.ts';
import { check as isARemoteScreenOpen } from './is-a-remote-screen-open/check.ts';
import { check as isOldRemoteAccessOpen } from './is-old-remote-access-open/check.ts';
import { check as isSshWeak } from './is-ssh-weak/check.ts';
import { check as isTheDirectoryReadable } from './is-the-directory-readable/check.ts';
import { check as isAContainerDoorOpen } from './is-a-container-door-open/check.ts';
import { check as doAuditMessagesTravelInClear } from './do-audit-messages-travel-in-clear/check.ts';

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
  isDicomwebSearchOpen, // W01
  isAProductCounterOpen, // W02
  isWadoOpen, // W03
  isStowAllowed, // W04
  isTheWebUnencrypted, // W05
  isBasicLoginInClear, // W06
  areDefaultLoginsAccepted, // W07
  isABlankLoginAccepted, // W08
  isAViewerOpen, // W09
  isADirectoryListed, // W10
  mayOtherSitesReadIt, // W11
  areSecurityHeadersMissing, // W12
  isAConsoleReachable, // W13
  isOrthancOpen, // W14
  areInternalsTold, // W15
  isTheViewerOutdated, // W16
  areTokensInLinks, // W17
  areLoginsUnthrottled, // W18
  isAnNfsExportOpenToAll, // S01
  doesSmbLetStrangersIn, // S02
  isAnonymousFtpAllowed, // S03
  areRsyncModulesOpen, // S04
  isTheObjectStoreListable, // S05
  isWebdavOrIscsiOpen, // S06
  areDicomFilesInOpenShares, // S07
  doesPostgresqlTrustAnyone, // X01
  doesADatabaseGreetStrangers, // X02
  doesADataStoreAskNoPassword, // X03
  doesHl7AnswerStrangers, // X04
  isARemoteScreenOpen, // X05
  isOldRemoteAccessOpen, // X06
  isSshWeak, // X07
  isTheDirectoryReadable, // X08
  isAContainerDoorOpen, // X09
  doAuditMessagesTravelInClear, // X10
  isThereNoAuditTrail, // G01
  isThereNoBreakGlass, // G02
  areBackupsWithinReach, // G03
];
