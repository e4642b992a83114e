interface PixelDifference {
  /** What comes instead of the others' pixels: the code of an error, or other pixels. */
  readonly found: string;
  readonly why: string;
}

function refused(found: string, why: string, ...files: readonly string[]): Record<string, PixelDifference> {
  return Object.fromEntries(files.map((file) => [file, { found, why }]));
}

const FUZZING = 'pwnlabmx__dicom-fuzzing-corpus/fuzz_corpus_v2';

/** Where our decoded frames are not those of other decoders, and why. A row that is not needed fails the test. */
export const pixelDifferences: Readonly<Record<string, PixelDifference>> = {
  ...refused(
    'PIXELS_UNSUPPORTED',
    'lossy JPEG of 12 bits: there is no decoder for it here',
    'Enet4__dicom-test-files/WG04/JPLY/MR2_JPLY',
    'Enet4__dicom-test-files/WG04/JPLY/MR4_JPLY',
    'Enet4__dicom-test-files/WG04/JPLY/RG3_JPLY',
    'Enet4__dicom-test-files/WG04/JPLY/XA1_JPLY',
    'chafey__dicomParser/multi-frame/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm',
    'cornerstonejs__cornerstone3D/test-images/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm',
    'cornerstonejs__cornerstone3D/test-images/CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm',
    'pydicom__pydicom/test_files/JPEG-lossy.dcm',
    'pydicom__pydicom/test_files/JPGExtended.dcm',
  ),
  ...refused(
    'TRANSFER_SYNTAX_NOT_DECODABLE',
    'JPEG XL: there is no decoder for it here',
    'dcm4che__dcm4che/main/resources/will-jxl.dcm',
  ),
  ...refused(
    'PIXELS_UNSUPPORTED',
    'pixels of 12 bits packed without gaps, retired since 1993; nine and 48 bits, which nothing defines',
    'fo-dicom__fo-dicom/Test_Data/GH340.dcm',
    `${FUZZING}/cat04_pixel_data/TC0311_bits_ba_nine.dcm`,
    `${FUZZING}/cat04_pixel_data/TC0315_bits_ba_48.dcm`,
  ),
  ...refused(
    'DESCRIPTION_INVALID',
    'no rows; more bits stored than allocated; a high bit above them; no bits stored',
    `${FUZZING}/cat04_pixel_data/TC0295_rows_zero.dcm`,
    `${FUZZING}/cat04_pixel_data/TC0299_bits_bsstored_gt_ba.dcm`,
    `${FUZZING}/cat04_pixel_data/TC0303_bits_highbit_gt_ba.dcm`,
    `${FUZZING}/cat04_pixel_data/TC0319_bits_bs_zero.dcm`,
  ),
  ...refused(
    'LENGTH_WRONG',
    'pixel data shorter than one frame: the others give what there is',
    `${FUZZING}/cat02_vr_mismatch/TC0243_pixeldata_OB_as_OW.dcm`,
    `${FUZZING}/cat04_pixel_data/TC0285_buf_half.dcm`,
  ),
  ...refused(
    'NESTING_TOO_DEEP',
    'the parser refuses the file',
    `${FUZZING}/cat03_sequence_nesting/TC0265_depth_100.dcm`,
  ),
  ...refused(
    'UNEXPECTED_TAG',
    'the parser refuses the file',
    `${FUZZING}/cat06_private_tags/TC0357_stray_item_tag.dcm`,
  ),
  ...refused(
    'VR_INVALID',
    'the parser refuses the file',
    `${FUZZING}/cat08_string_encoding/TC0405_latin1_utf8_payload.dcm`,
    `${FUZZING}/cat09_logic_bombs/TC0469_group_len_zero.dcm`,
    'pydicom__pydicom/test_files/SC_rgb_jpeg.dcm',
  ),
  ...refused(
    'DATA_CUT_SHORT',
    'the parser refuses the file: it ends within a value',
    `${FUZZING}/cat09_logic_bombs/TC0445_duplicate_tags.dcm`,
    'pydicom__pydicom/test_files/MR_truncated.dcm',
  ),
  ...refused(
    'other pixels',
    'the codestream says unsigned of 13 bits, the data set signed of 14: the sign is extended, as pydicom does, not GDCM',
    'pydicom__pydicom/test_files/J2K_pixelrep_mismatch.dcm',
  ),
  ...refused(
    'other pixels',
    'theirs is the hash of the codestream itself; of a second Pixel Data element, where the first counts',
    'fo-dicom__fo-dicom/Test_Data/GH1376.dcm',
    `${FUZZING}/cat04_pixel_data/TC0323_encap_zero_frag.dcm`,
  ),
};
