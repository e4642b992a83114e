interface RenderedDifference {
  /** The greatest difference of any sample. */
  readonly levels: number;
  readonly why: string;
}

/** Where our rendered images are not those of DCMTK, and why. A row that is not needed fails the test. */
export const renderedDifferences: Readonly<Record<string, RenderedDifference>> = {
  'cornerstonejs__cornerstone3D/test-images/CTImage.dcm_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm':
    {
      levels: 131,
      why: 'window and rescale are of VR UN, which DCMTK does not read by its dictionary',
    },
  'dcm4che__dcm4che/main/resources/YBR_FULL-RLE.dcm': {
    levels: 2,
    why: 'DCMTK has 127.5 for no chrominance where PS3.3 C.7.6.3.1.2 has 128',
  },
  'pydicom__pydicom-data/data/SC_ybr_full_uncompressed.dcm': {
    levels: 2,
    why: 'DCMTK has 127.5 for no chrominance where PS3.3 C.7.6.3.1.2 has 128',
  },
  'fo-dicom__fo-dicom/Test_Data/GH195.dcm': {
    levels: 148,
    why: 'the data set says RGB, the codestream has subsampled YCbCr: DCMTK shows wrong colours',
  },
  'fo-dicom__fo-dicom/Test_Data/RI6XDosiGap.dcm': {
    levels: 255,
    why: 'DCMTK rounds what the modality LUT gives to whole numbers, here all below one',
  },
  'qurit__rt-utils/one_slice_data/0.dcm': {
    levels: 24,
    why: 'DCMTK rounds what the modality LUT gives to whole numbers, here from -33 to 33',
  },
  'qurit__rt-utils/oriented_data/1.dcm': {
    levels: 17,
    why: 'DCMTK rounds what the modality LUT gives to whole numbers, here from -33 to 33',
  },
  'icometrix__dicom2nifti/001/IM-0001-9600-0001.dcm': {
    levels: 31,
    why: 'DCMTK does not look for slope and intercept in functional groups',
  },
};
