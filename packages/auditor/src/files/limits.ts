/** Bytes read at once, and the longest value that is kept: a longer one then always reaches beyond its chunk. */
export const chunkBytes = 64 * 1024;

/** Bytes read behind something that was passed over: most often one element header stands there. */
export const chunkAfterSkipBytes = 4 * 1024;

/** File Meta Information may hold private information (0002,0102); behind this no data set is looked for. */
export const headMaxBytes = 2 * 1024 * 1024;

/**
 * Values and bookkeeping of one data set; two are read at a time. Multi-frame headers of 4,000 frames need some 30 MB;
 * what needs more is told of as not read to its end.
 */
export const retainedMaxBytes = 32 * 1024 * 1024;

/** A deflated data set, inflated: it is held whole while it is looked at. */
export const inflatedMaxBytes = 24 * 1024 * 1024;

/** A deflated data set as stored. */
export const deflatedMaxBytes = 24 * 1024 * 1024;

/** Beginning of a long private value: programs and archives show themselves in their first bytes. */
export const prefixMaxBytes = 4 * 1024;

/** Long private values of one file whose beginning is kept. */
export const prefixCountMax = 64;

/** Text of one value that is searched; longer ones are searched to here. */
export const textMaxBytes = 16 * 1024;

/** Text of one file that is searched: time for a data set of nothing but text stays below a second. */
export const textTotalMaxBytes = 8 * 1024 * 1024;

/** An encapsulated document that is kept so that its compressed parts can be looked into; the rest is scanned as is. */
export const documentKeptMaxBytes = 8 * 1024 * 1024;

/** All streams of one document, inflated. */
export const documentInflatedMaxBytes = 16 * 1024 * 1024;

/** Streams of one document that are inflated. */
export const documentStreamCountMax = 2_000;

/** A file that takes longer than this ends its worker: the slowest real one takes well under a second. */
export const fileTimeoutMs = 30_000;

/** Two threads: reading waits for disks, and more would only make them seek. */
export const workerCountDefault = 2;

/** JavaScript heap of a worker; the parser's own limits keep real files far below. */
export const workerHeapMaxMb = 56;

/** Where short-lived objects live: nothing of a file outlives it, and a small space is cleared before it grows. */
export const workerYoungHeapMaxMb = 2;

/** Files sent to a worker at a time: fewer cost messages, more cost work done again after a crash. */
export const batchSize = 32;

/** Batches that wait for a worker. The walk stops until there is room. */
export const batchesWaitingMax = 4;

/** Folders below folders: deeper is a loop or an attack. */
export const folderDepthMax = 256;

/** Names of a folder that are held to be sorted; those of a larger folder come as the file system has them. */
export const sortedNamesMax = 20_000;

/** Archives inside archives. */
export const containerDepthMax = 2;

/** Entries of one ZIP archive or CD image that are looked at. */
export const memberCountMax = 1_000_000;

/** Bytes inflated out of one ZIP archive; of each entry only the header is inflated. */
export const archiveInflatedMaxBytes = 8 * 1024 * 1024 * 1024;

/** An archive inside an archive is held whole while it is looked at. */
export const nestedArchiveMaxBytes = 16 * 1024 * 1024;

/** Deflate cannot do better than about 1,032 to 1, and images of real bodies not better than about 30 to 1. */
export const compressionRatioMax = 500;

/** Below this an extreme ratio harms nobody: an empty image of one colour has it too. */
export const ratioMattersAboveBytes = 64 * 1024 * 1024;

/** Crashes inside one archive before the rest of it is left alone. */
export const containerFailuresMax = 16;

/** Members of an archive between two reports. */
export const membersPerReport = 64;

/** Directories of a CD image: ISO 9660 allows 8 levels, Rock Ridge and Joliet writers use more. */
export const isoDepthMax = 32;

/** Length of one directory of a CD image: 100,000 names. */
export const isoDirectoryMaxBytes = 16 * 1024 * 1024;

/** Files listed one by one for each check; counts go on. */
export const flaggedFilesPerCheckMax = 200;

/** Files a finding names as examples, and the length of their names together (a report's field holds 2,048). */
export const examplesMax = 5;
export const examplesLengthMax = 2_000;

/** Objects of a bucket per listing request (the most S3 gives). */
export const s3PageSize = 1_000;

/** Pages of one listing: 100 million objects. */
export const s3PageCountMax = 100_000;

/** A listing page of 1,000 keys of 1,024 bytes each, escaped. */
export const s3ListingMaxBytes = 8 * 1024 * 1024;

/** One request to an object store. */
export const s3TimeoutMs = 20_000;

/** clamd's own default for StreamMaxLength: it refuses more. */
export const clamdFileMaxBytes = 25 * 1024 * 1024;

/** Silence of clamd: shorter than a file may take, so that a slow clamd is not blamed on the file. */
export const clamdTimeoutMs = 20_000;

/** 'stream: NAME FOUND': clamd's names are far shorter. */
export const clamdAnswerMaxBytes = 1_024;
