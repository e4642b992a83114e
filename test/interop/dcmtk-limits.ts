import type { StorableFile } from '../support/storable.ts';

const CORNERSTONE = 'cornerstonejs__cornerstone3D/test-images/CTImage.dcm';
const NO_IDENTITY = 'storescu: No SOP Class or Instance UID in file (it stops reading at pixel data of odd length)';
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

/** Retired transfer syntaxes that storescu sends and storescp and getscu do not take. */
const NOT_RECEIVED_BY_DCMTK: readonly string[] = ['1.2.840.10008.1.2.4.53', '1.2.840.10008.1.2.4.57'];

/** Whether storescp, the destination of movescu, can receive it. */
export function isReceivedByStorescp(file: StorableFile): boolean {
  return !NOT_RECEIVED_BY_DCMTK.includes(file.transferSyntaxUID);
}

/** SOP classes that getscu 3.6.7 does not propose: private ones, and those younger than it or beyond its 120. */
const NOT_PROPOSED_BY_GETSCU: readonly string[] = [];

/** Whether getscu can ask for it. */
export function isGottenByGetscu(file: StorableFile): boolean {
  return isReceivedByStorescp(file) && !NOT_PROPOSED_BY_GETSCU.includes(file.sopClassUID);
}
