export {
  Tag,
  formatTag,
  isGroupLength,
  isPrivate,
  isPrivateCreator,
  tagHex,
  tagOf,
} from './dictionary/tag.ts';
export { ITEM, ITEM_DELIMITATION_ITEM, SEQUENCE_DELIMITATION_ITEM } from './dictionary/tag.ts';
export { dictionaryEntry } from './dictionary/dictionary.ts';
export type { DictionaryEntry } from './dictionary/dictionary.ts';
export { isVR, vrInfo } from './dictionary/vr.ts';
export type { VR, VRInfo } from './dictionary/vr.ts';

export { TransferSyntaxUID, transferSyntax, transferSyntaxUIDs } from './uid/transfer-syntax.ts';
export type { TransferSyntax } from './uid/transfer-syntax.ts';
export { SOPClassUID, generateUID, isUID, uidName } from './uid/uid.ts';
export { storageSOPClass, storageSOPClassUIDs } from './uid/storage-sop-class.ts';
export type { StorageSOPClass } from './uid/storage-sop-class.ts';

export { DataElement } from './data-set/data-element.ts';
export type { Fragment } from './data-set/data-element.ts';
export { DataSet } from './data-set/data-set.ts';
export type { DataSetOptions, SettableValue } from './data-set/data-set.ts';
export { ValueError } from './data-set/value-error.ts';
export type { ValueErrorCode } from './data-set/value-error.ts';

export { ParseError } from './parser/parse-error.ts';
export type { ParseErrorCode, ParseErrorFacts } from './parser/parse-error.ts';
export type { ParseWarning, ParseWarningCode } from './parser/parse-warning.ts';
export { defaultReadLimits, retainValueMaxBytesDefault } from './parser/read-limits.ts';
export type { ReadLimits } from './parser/read-limits.ts';
export { readDataSet } from './parser/read-data-set.ts';
export type { ReadOptions } from './parser/read-data-set.ts';
export { DataSetReader } from './parser/data-set-reader.ts';
export type { DataSetReaderOptions } from './parser/data-set-reader.ts';

export { writeDataSet } from './writer/write-data-set.ts';
export type { WriteOptions } from './writer/write-data-set.ts';

export { readPart10Header, writePart10Header } from './part10/part10-header.ts';
export type { Part10Header, Part10HeaderFields } from './part10/part10-header.ts';
export { readPart10 } from './part10/read-part10.ts';
export type { Part10File } from './part10/read-part10.ts';
export { deflateDataSet, inflateDataSet, inflateDataSetSync } from './inflate/inflate-data-set.ts';

export { decodeText } from './text/decode-text.ts';
export { characterSetFor, encodeText } from './text/encode-text.ts';
export { isCharacterSetTerm } from './text/character-set.ts';
export { parsePersonName } from './text/person-name.ts';
export type { PersonName, PersonNameGroup } from './text/person-name.ts';

export { toDicomJson } from './json/to-dicom-json.ts';
export type { ToDicomJsonOptions } from './json/to-dicom-json.ts';
export { fromDicomJson } from './json/from-dicom-json.ts';
export type { FromDicomJsonOptions } from './json/from-dicom-json.ts';
export type {
  DicomJson,
  DicomJsonAttribute,
  DicomJsonPersonName,
  DicomJsonValue,
} from './json/dicom-json.ts';

export { frameLocations } from './pixel-data/frame-locations.ts';
export type { FrameLocation } from './pixel-data/frame-locations.ts';
export { encapsulatedPixelData } from './pixel-data/encapsulate.ts';
