/** Characters kept of a short text value: LO has 64, and devices exceed it; four times that is nobody's honest value. */
export const SHORT_TEXT_MAX_CHARS = 256;
/** Characters kept of a person name: three groups of 64 and two '=' (PS3.5 6.2.1), with the same allowance. */
export const PERSON_NAME_MAX_CHARS = 512;
/** Characters kept of LT, ST, UT, UC and UR: what a short text may hold (PS3.5 6.2). The whole is in the instance. */
export const LONG_TEXT_MAX_CHARS = 1024;
/** Values kept of a multi-valued attribute: a search tells one study from another by the first few. */
export const VALUES_MAX = 32;
/** Items kept of a sequence: code and reference sequences have a few. */
export const ITEMS_MAX = 16;
/** Nesting of sequences kept and matched: the keys of PS3.4 C.6 need two. */
export const SEQUENCE_DEPTH_MAX = 3;
/** Characters kept of a sequence as text. One that is longer keeps the items that fit. */
export const SEQUENCE_TEXT_MAX_CHARS = 8192;
/** Characters of a UID (PS3.5 9.1). */
export const UID_MAX_CHARS = 64;
/** Characters of an AE title (PS3.5 6.2). */
export const AE_TITLE_MAX_CHARS = 16;
/** Values of ModalitiesInStudy and SOPClassesInStudy that are kept; a study has a handful. */
export const STUDY_SUMMARY_VALUES_MAX = 64;

/** Elements of an identifier: PS3.4 C.6 has some seventy keys in all, and a client may ask for as many of its own. */
export const KEYS_MAX = 1024;
/** UIDs in a list (PS3.4 C.2.2.2.2): a worklist's worth, or the series of the largest study. */
export const UID_LIST_MAX = 10_000;
/** Values of any other key. */
export const KEY_VALUES_MAX = 64;
/** Characters of one value of a key: no attribute that is matched is longer. */
export const KEY_VALUE_MAX_CHARS = 1024;
/** '*' and runs of '?' in a value: matching costs characters times pattern, so both are bounded. */
export const WILDCARDS_MAX = 32;

/** Rows of the first page of a search, and of the largest: the first matches come at once, and one step stays short. */
export const PAGE_ROWS_MIN = 64;
export const PAGE_ROWS_MAX = 512;
/**
 * Rows passed over in one step without being read, some milliseconds' worth; when a few are left, they are passed over as
 * they are read.
 */
export const PASSED_ROWS_MAX = 4096;
export const PASSED_ROWS_MIN = 16;
/** Rows of a page most of which is not read: patients are known beforehand, or matches are to be passed over. */
export const SKIMMED_ROWS_MAX = 2048;
/** Rows that are listed for components which are followed: with more of them a search soon has enough, name after name. */
export const LISTED_ROWS_MAX = 262_144;
/** Rows of such a list that are followed to spare a look at one name. */
export const LISTED_FOR_ONE_TESTED = 12;
/**
 * Of the patients who may have a name this part is looked at one by one; all at once when there are more, which takes an eighth
 * of the time for each.
 */
export const SETTLED_PART = 1 / 8;
/** Rows whose names are looked at together when a search goes down them: a multiple of 32. */
export const SETTLED_ROWS_AT_ONCE = 1024;
/** Names looked at letter by letter in one step, where what their components have does not decide. */
export const NAME_SCAN_ROWS = 2048;
/** The same where that is told by numbers of components. */
export const QUICK_SCAN_ROWS = 32_768;
/**
 * Rows counted to find out which index narrows a query best, a few at first: the smallest count that stays below its
 * limit decides. Above the last of them all indexes are alike.
 */
export const DRIVER_COUNT_LIMITS: readonly number[] = [256, 2048];
export const DRIVER_COUNT_MAX = 16_384;
/**
 * Patients up to which all that an index brings are fetched beforehand, to leave out studies of others without reading
 * them: some milliseconds' worth. It is of no use where fewer rows than `from` are left anyway, and costs, for so many
 * patients and studies together, what one row costs that is read.
 */
export const SIEVE_PATIENTS_MAX = 16_384;
export const SIEVE_WORTH_FROM = 256;
export const SIEVED_ROWS_FOR_ONE_READ = 16;
/** Components that a group of a name has (PS3.5 6.2.1.1): what devices put behind them is kept with the last one. */
export const NAME_COMPONENTS_MAX = 5;
/** Components told apart by their texts in memory; hostile names must not fill it, and no Map has more than 16 million keys. */
export const COMPONENTS_REMEMBERED_MAX = 4_194_304;
/** Literal parts of a name with wildcards that components are looked through for: more narrow no further. */
export const NAME_PARTS_MAX = 12;
/** Marks that components get for one name: they are bits of a number. */
export const NAME_MARKS_MAX = 30;
/** Words of a fuzzy name that components are looked through for; of more, names are tested. Marks have 32 bits. */
export const WORDS_MARKED_MAX = 10;
/** Words of a fuzzy name that decide the order of matches. */
export const FUZZY_WORDS_MAX = 3;
/** Trigrams of each that tell whether its letters are there, alone and beside others. */
export const WORD_TRIGRAMS_MAX = 4;
export const WORD_TRIGRAMS_OF_SEVERAL_MAX = 2;
/** Texts of SOP classes, transfer syntaxes and AE titles remembered in memory; hostile ones must not fill it. */
export const REMEMBERED_TEXTS_MAX = 10_000;

/**
 * Instances with which an index is filled before it gets its search structures; further ones are added as they are in an
 * archive that is running. They are sorted in memory, some 100 bytes each, and the tables of what is held have as much.
 */
export const FILLED_INSTANCES_MAX = 4_000_000;
/** Patients whose names are read into memory in one step, of some 5 ms. */
export const NAMES_READ_AT_ONCE = 2048;
/** Patients read at once when the search tables are made. */
export const PATIENTS_AT_ONCE = 4096;
/** Names sorted at once then, some 200 bytes each: most indexes are sorted in one go. */
export const SORTED_NAMES = 1_048_576;
/** Groups of names whose order is read into memory in one step, and studies, of some 5 ms too. */
export const NAMES_ORDERED_AT_ONCE = 8192;
export const STUDIES_READ_AT_ONCE = 4096;
/** After so many removals more than there are names, or studies, in memory, all are read again: what they left takes memory. */
export const REMOVED_MORE_MAX = 65_536;
/** Different texts of Modalities in Study that have numbers; others are read where they are asked for. */
export const MODALITIES_TOLD_MAX = 1023;

/**
 * Studies, or patients, that are looked at in memory in one step: some milliseconds' worth. From so many patients on it is found
 * out beforehand who has a study that passes.
 */
export const WALKED_AT_ONCE = 65_536;
export const NARROWED_FROM = 4096;
/** Studies that are passed in memory in the time that is taken to put the studies of one patient in order. */
export const WALKED_FOR_ONE_SORTED = 16;
/** Studies that are passed in memory at the cost of one that an index of the table brings. */
export const WALKED_FOR_ONE_BROUGHT = 64;

/** Above every row number: JavaScript and SQLite both hold it exactly. */
export const endOfRows = Number.MAX_SAFE_INTEGER;
/** Above every text that is stored, in the order of UTF-8. */
export const endOfText = '\u{10ffff}';
/** Bytes of the records of instances that are kept between two changes: some thousand, few when they have very many chunks. */
export const RECORDS_TOLD_MAX_BYTES = 1024 * 1024;
/** What a record takes beside the places of its chunks. */
export const RECORD_TOLD_BYTES = 768;
