import { notReadByDcmtk, notSentByStorescu } from './dcmtk-limits.ts';

const NO_ITEM_END = 'DCMTK under it does not read an Item Delimitation Item there: 400 Bad file format';

/** Files of the corpus that Orthanc 1.10.1 does not take over REST. */
export const notHeldByOrthanc: ReadonlyMap<string, string> = new Map(
  notReadByDcmtk.map((file) => [file, NO_ITEM_END]),
);

/**
 * What it holds and cannot send, with the reasons storescu gives: DCMTK is under both. Orthanc tries those it
 * read no identity of, with whatever stands in its memory as SOP class, and is refused; of the others nothing goes out.
 */
export const notSentByOrthanc: ReadonlyMap<string, string> = new Map(
  [...notSentByStorescu].filter(([file]) => !notHeldByOrthanc.has(file)),
);

/** What Orthanc 1.10.1 leaves out when it writes a file of what it received. */
export const changedOnReceipt: ReadonlyMap<string, string> = new Map([
  ['fo-dicom__fo-dicom/Test_Data/GH1376.dcm', 'File Meta Information (group 0002) within the data set'],
]);

/*
 * How Orthanc changes what it is given before it sends it, in 166 of the corpus' files: it reads a data set and writes
 * it anew, with other lengths of sequences and items, group lengths and a basic offset table of its own, the fragments
 * of a frame as one and Pixel Data in fragments as OB, values padded to an even length and no further, a VR that does
 * not exist as UN, without Data Set Trailing Padding, and deflated again. No value becomes another one, which the test
 * shows for each of them.
 */
