import type { DicomJsonAttribute } from '@leadglass/dicom';
import type { ReferenceAttribute } from './corpus.ts';

/** An attribute on which we and the reference differ. Either side may lack it. */
export interface Difference {
  readonly file: string;
  /** The program the reference is from. */
  readonly tool: string;
  /** Tags and item numbers: '00081140/0/00081150'. */
  readonly path: string;
  /** The last tag of the path. */
  readonly tag: string;
  readonly ours: DicomJsonAttribute | undefined;
  readonly theirs: ReferenceAttribute | undefined;
}

interface Explanation {
  /** Why the two differ and why ours is right, or means the same. */
  readonly why: string;
  readonly covers: (difference: Difference) => boolean;
}

/** Every difference is one of these; each of these is met in the corpus (the test checks both). */
export const explainedDifferences: readonly Explanation[] = [
  {
    why: 'Both programs carry private dictionaries; without one a private element of Implicit VR is UN (PS3.5 6.2.2). Same bytes.',
    covers: ({ tag, ours, theirs }) =>
      isPrivate(tag) && ours?.vr === 'UN' && theirs !== undefined && theirs.vr !== 'UN',
  },
  {
    why: 'UN of a standard element: we read it by the dictionary (PS3.5 6.2.2), DCMTK leaves the bytes.',
    covers: ({ tag, ours, theirs }) =>
      !isPrivate(tag) && theirs?.vr === 'UN' && ours !== undefined && ours.vr !== 'UN',
  },
  {
    why: 'Text in JSON is Unicode, so Specific Character Set is ISO_IR 192 wherever it is present; the others leave it in plain ASCII data sets and items.',
    covers: ({ tag, ours }) => tag === '00080005' && JSON.stringify(ours?.Value) === '["ISO_IR 192"]',
  },
  {
    why: 'DCMTK keeps NUL in text; it is padding here, as many writers use it.',
    covers: ({ ours, theirs }) =>
      JSON.stringify(theirs?.Value ?? '').includes('\\u0000') &&
      withoutNul(theirs?.Value) === withoutNul(ours?.Value),
  },
  {
    why: 'pydicom writes an empty value between others as "" where PS3.18 F.2.5 has null, and keeps padding before a backslash.',
    covers: ({ tool, ours, theirs }) =>
      tool === 'pydicom' &&
      ours?.Value !== undefined &&
      JSON.stringify(theirs?.Value?.map((value) => String(value).trim() || null)) ===
        JSON.stringify(ours.Value),
  },
  {
    why: 'pydicom keeps group lengths, which PS3.18 F.2.2 leaves out.',
    covers: ({ tool, tag, ours }) => tool === 'pydicom' && tag.endsWith('0000') && ours === undefined,
  },
  {
    why: 'DCMTK drops Data Set Trailing Padding along with Pixel Data when it prepared compressed files.',
    covers: ({ tag, theirs }) => tag === 'FFFCFFFC' && theirs === undefined,
  },
  {
    why: 'DCMTK pads values of odd length with a byte the file does not have.',
    covers: ({ file, ours, theirs }) =>
      ['dx_image.dcm', 'ctbrain1.dcm', 'meta_missing_tsyntax.dcm', 'nested_priv_SQ.dcm'].some((name) =>
        file.endsWith(name),
      ) &&
      (theirs?.InlineBinary ?? theirs?.['x-binary']) !== undefined &&
      ours?.InlineBinary !== undefined,
  },
  {
    why: 'DCMTK takes spaces inside a UID away. The UID is invalid either way; ours is what the file says.',
    covers: ({ file, tag }) => file.endsWith('ConsoleTest/test1.dcm') && tag === '0020000E',
  },
  {
    why: 'Three backslashes and no text are four empty values; DCMTK takes them for none.',
    covers: ({ file, tag }) => file.endsWith('func-sequence-replace/cleaned.dcm') && tag === '00089007',
  },
  {
    why: 'Curve Data in Implicit VR: DCMTK looks at Data Value Representation for OB or OW, we write OW. Same bytes.',
    covers: ({ file, tag }) => file.endsWith('RI6XDosiGap.dcm') && tag === '50003000',
  },
  {
    why: 'Leading spaces of AS are padding; DCMTK keeps them.',
    covers: ({ file, tag }) => file.endsWith('TC0211_age_spaces.dcm') && tag === '00101010',
  },
  {
    why: 'Components without text mean nothing (PS3.5 6.2.1.1): pydicom keeps a name of delimiters only.',
    covers: ({ tool, ours, theirs }) =>
      tool === 'pydicom' &&
      ours?.Value === undefined &&
      JSON.stringify(theirs?.Value) === '[{"Alphabetic":"^^^^"}]',
  },
  {
    why: 'No Specific Character Set and bytes of code page 1251: pydicom reads them as Latin-1, to us they are unknown.',
    covers: ({ file }) => file === 'generated/charset_missing_cp1251_bytes.dcm',
  },
];

function isPrivate(tag: string): boolean {
  return (Number.parseInt(tag.slice(3, 4), 16) & 1) === 1;
}

/** Numbers and text alike as text, so that "1\0" and 1 compare. */
function withoutNul(values: readonly unknown[] | undefined): string {
  const plain = (values ?? []).map((value) => {
    const text = String(value ?? '')
      .replaceAll('\0', '')
      .trim();
    return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  });
  return plain.every((value) => value === '') ? '[]' : JSON.stringify(plain);
}

/** Files the reference tools read and we refuse. */
export const refusedFiles: readonly { readonly file: string; readonly code: string; readonly why: string }[] =
  [
    {
      file: 'dcm4che__dcm4che/main/resources/3gb-bulk-data-truncated',
      code: 'DATA_CUT_SHORT',
      why: 'Pixel Data is cut short',
    },
    {
      file: 'fo-dicom__fo-dicom/Test_Data/GH626.dcm',
      code: 'DATA_CUT_SHORT',
      why: 'an element claims 337 MB in a 132 KB file; DCMTK refuses it too',
    },
    {
      file: 'pydicom__pydicom-data/data/emri_small_jpeg_2k_lossless_too_short.dcm',
      code: 'DATA_CUT_SHORT',
      why: 'fragments without their delimiter; DCMTK refuses it too',
    },
    {
      file: 'pydicom__pydicom/test_files/MR_truncated.dcm',
      code: 'DATA_CUT_SHORT',
      why: 'Pixel Data is cut short',
    },
    {
      file: 'pydicom__pydicom/test_files/SC_rgb_jpeg.dcm',
      code: 'VR_INVALID',
      why: 'Implicit VR under an Explicit VR transfer syntax; DCMTK refuses it too',
    },
    {
      file: 'pydicom__pydicom/test_files/rtplan_truncated.dcm',
      code: 'DATA_CUT_SHORT',
      why: 'a sequence is cut short',
    },
    {
      file: 'pydicom__pydicom/test_files/dicomdirtests/DICOMDIR-nooffset',
      code: 'DATA_CUT_SHORT',
      why: 'the last item is cut short',
    },
    {
      file: 'pwnlabmx__dicom-fuzzing-corpus/fuzz_corpus_v2/cat03_sequence_nesting/TC0265_depth_100.dcm',
      code: 'NESTING_TOO_DEEP',
      why: 'deeper than nestingDepthMax',
    },
    {
      file: 'pwnlabmx__dicom-fuzzing-corpus/fuzz_corpus_v2/cat07_file_meta/TC0393_meta_glen_one.dcm',
      code: 'VR_INVALID',
      why: 'a meta element without VR',
    },
    {
      file: 'pwnlabmx__dicom-fuzzing-corpus/fuzz_corpus_v2/cat07_file_meta/TC0397_meta_glen_huge.dcm',
      code: 'VR_INVALID',
      why: 'a meta element without VR',
    },
    {
      file: 'pwnlabmx__dicom-fuzzing-corpus/fuzz_corpus_v2/cat07_file_meta/TC0401_invalid_ts.dcm',
      code: 'TRANSFER_SYNTAX_UNKNOWN',
      why: 'a transfer syntax nobody defined',
    },
    {
      file: 'pwnlabmx__dicom-fuzzing-corpus/fuzz_corpus_v2/cat09_logic_bombs/TC0469_group_len_zero.dcm',
      code: 'VR_INVALID',
      why: 'an element without VR',
    },
  ];
