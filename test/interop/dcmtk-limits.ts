import { TransferSyntaxUID } from '@leadglass/dicom';
import type { StorableFile } from '../support/storable.ts';

const CORNERSTONE = 'cornerstonejs__cornerstone3D/test-images/CTImage.dcm';
const NO_IDENTITY =
  'storescu: No SOP Class or Instance UID in file (it stops reading at pixel data of odd length)';
const UNKNOWN_SYNTAX = 'storescu: DIMSE Unsupported transfer syntax (DCMTK 3.6.7 does not know it)';
const NO_ITEM_END = 'storescu: Bad DICOM file: Item Delimitation Item missing';

/** Files of the corpus that storescu 3.6.7 does not send, each with the reason it gives. */
export const notSentByStorescu: ReadonlyMap<string, string> = new Map([
  [`${CORNERSTONE}_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm`, NO_IDENTITY],
  [`${CORNERSTONE}_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm`, NO_IDENTITY],
  [`${CORNERSTONE}_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm`, NO_IDENTITY],
  ['pydicom__pydicom-data/data/explicit_VR-UN.dcm', NO_IDENTITY],
  ['pydicom__pydicom/test_files/rtdose_rle.dcm', NO_IDENTITY],
  ['pydicom__pydicom/test_files/rtdose_rle_1frame.dcm', NO_IDENTITY],
  ['dcm4che__dcm4che/main/resources/will-jxl.dcm', UNKNOWN_SYNTAX],
  ['generated/encapsulated_uncompressed_elE.dcm', UNKNOWN_SYNTAX],
  ['generated/jpip_referenced.dcm', UNKNOWN_SYNTAX],
  ['pydicom__pydicom-data/data/liver_deflate.dcm', UNKNOWN_SYNTAX],
  ['generated/video_h264_hp41_mp4.dcm', NO_ITEM_END],
  ['generated/video_mpeg2_main.dcm', NO_ITEM_END],
]);

/** dcmsend 3.6.7 has the same limits, but for one transfer syntax that it does not look at. */
export const notSentByDcmsend: ReadonlyMap<string, string> = new Map(
  [...notSentByStorescu].filter(([file]) => file !== 'generated/jpip_referenced.dcm'),
);

/** Files of the corpus that no tool of DCMTK 3.6.7 reads to their end. */
export const notReadByDcmtk: readonly string[] = [...notSentByStorescu].flatMap(([file, why]) =>
  why === NO_ITEM_END ? [file] : [],
);

/** Retired transfer syntaxes that storescu sends and storescp and getscu do not take. */
const NOT_RECEIVED_BY_DCMTK: readonly string[] = ['1.2.840.10008.1.2.4.53', '1.2.840.10008.1.2.4.57'];

/** Whether storescp, the destination of movescu, can receive it. */
export function isReceivedByStorescp(file: StorableFile): boolean {
  return !NOT_RECEIVED_BY_DCMTK.includes(file.transferSyntaxUID);
}

/** SOP classes that getscu 3.6.7 does not propose: private ones, and those beyond the 120 it knows. */
const NOT_PROPOSED_BY_GETSCU: readonly string[] = [
  '1.2.840.10008.5.1.4.1.1.30',
  '1.2.840.10008.5.1.4.1.1.66.7',
  '1.2.840.10008.5.1.4.1.1.104.3',
  '1.3.46.670589.11.0.0.12.1',
  '2.25.152752519834663263826301420581341174218',
  '2.25.155828353415164261086737374395291355553',
];

/**
 * Whether getscu can ask for it. Its option for implicit VR little endian (+xi) proposes explicit VR instead, and
 * where it proposes both, explicit VR comes first: what is held in implicit VR then cannot go out unchanged.
 */
export function isGottenByGetscu(file: StorableFile): boolean {
  if (file.transferSyntaxUID === TransferSyntaxUID.ImplicitVRLittleEndian) return false;
  return isReceivedByStorescp(file) && !NOT_PROPOSED_BY_GETSCU.includes(file.sopClassUID);
}
