import {
  type DataElement,
  type DicomJson,
  encapsulatedPixelData,
  fromDicomJson,
  ParseError,
  Tag,
  transferSyntax,
  writeDataSet,
} from '@leadglass/dicom';
import { nativeModelToJson } from './dicom-xml-reader.ts';
import { type MediaType, parseMediaType } from '../http-media/media-type.ts';
import type { PartHeaders } from '../http-media/multipart-parser.ts';
import type { PartSink } from './store-parts.ts';
import { currentName, defaultSyntaxOf, EXPLICIT_LITTLE_ENDIAN, OCTET_STREAM } from './syntax-media-types.ts';
import { WebError } from './web-error.ts';

/**
 * Metadata and bulk data of one request, held together until all of it is there: a data set is written from both.
 * Who has more stores application/dicom, which passes through in pieces.
 */
const HELD_MAX_BYTES = 128 * 1024 * 1024;
/** As JSON or XML text; what is parsed takes many times as much. */
const METADATA_MAX_BYTES = 32 * 1024 * 1024;

export const DICOM_XML = 'application/dicom+xml';
const FILE_META_GROUP = '0002';
const TRANSFER_SYNTAX_UID = '00020010';
const AVAILABLE_TRANSFER_SYNTAX_UID = '00083002';
const SPECIFIC_CHARACTER_SET = '00080005';
const PIXEL_DATA = '7FE00010';

interface BulkPart {
  readonly bytes: Buffer;
  readonly media: MediaType;
}

/** An instance made from metadata and bulk data: as it would stand in a file. */
export interface MadeInstance {
  readonly source: { sopClassUID: string; sopInstanceUID: string; transferSyntaxUID: string };
  readonly studyInstanceUID: string | undefined;
  readonly dataSet: Uint8Array;
  /** Something was written otherwise than the metadata has it. */
  readonly warning: 'COERCED' | undefined;
}

/** Gathers the parts of a request in metadata form (PS3.18 8.6.1.2.2) and makes instances of them. */
export class MetadataForm {
  readonly #type: string;
  readonly #metadata: unknown[] = [];
  readonly #bulk = new Map<string, BulkPart[]>();
  #held = 0;
  #metadataBytes = 0;

  /** @param type of the root part: JSON or XML */
  constructor(type: string) {
    this.#type = type;
  }

  /** @throws WebError 400, 415; its sink 400, 413 */
  part(headers: PartHeaders): PartSink {
    const media = parseMediaType(headers.get('content-type') ?? '');
    if (!media) throw new WebError(415, 'UNKNOWN_PART_TYPE');
    if (media.type === this.#type) {
      return this.#gathered(true, async (bytes) => void this.#metadata.push(...(await this.#parse(bytes))));
    }
    const isKnown = media.type === OCTET_STREAM || defaultSyntaxOf(currentName(media.type)) !== undefined;
    if (!isKnown) throw new WebError(415, 'UNKNOWN_PART_TYPE');
    const name = headers.get('content-location') ?? contentID(headers.get('content-id'));
    if (name === undefined) throw new WebError(400, 'BULKDATA_WITHOUT_LOCATION');
    return this.#gathered(false, (bytes) => {
      this.#bulk.set(name, [...(this.#bulk.get(name) ?? []), { bytes, media }]);
    });
  }

  /** One a data set of the metadata, each an instance or why it is none. */
  *instances(): Generator<MadeInstance | Error> {
    for (const metadata of this.#metadata) {
      try {
        yield this.#make(metadata);
      } catch (error) {
        yield error instanceof Error ? error : new ParseError('JSON_INVALID');
      }
    }
  }

  #gathered(isMetadata: boolean, taken: (bytes: Buffer) => void | Promise<void>): PartSink {
    const pieces: Buffer[] = [];
    return {
      write: (bytes) => {
        this.#held += bytes.length;
        if (isMetadata) this.#metadataBytes += bytes.length;
        if (this.#held > HELD_MAX_BYTES || this.#metadataBytes > METADATA_MAX_BYTES) {
          throw new WebError(413, 'METADATA_FORM_TOO_LONG');
        }
        pieces.push(Buffer.from(bytes));
      },
      end: () => taken(Buffer.concat(pieces)),
    };
  }

  async #parse(bytes: Buffer): Promise<unknown[]> {
    const text = bytes.toString('utf8');
    if (this.#type === DICOM_XML) return [await nativeModelToJson(text)];
    try {
      const value: unknown = JSON.parse(text);
      return Array.isArray(value) ? value : [value];
    } catch {
      throw new WebError(400, 'METADATA_UNREADABLE');
    }
  }

  #make(metadata: unknown): MadeInstance {
    if (typeof metadata !== 'object' || metadata === null) throw new ParseError('JSON_INVALID', { path: '' });
    const json: DicomJson = { ...(metadata as DicomJson) };
    const pixels = this.#pixelsOf(json);
    const transferSyntaxUID = pixels?.syntax ?? namedSyntax(json) ?? EXPLICIT_LITTLE_ENDIAN;
    const syntax = transferSyntax(transferSyntaxUID);
    const isCompressed = syntax?.encapsulated === true;
    if (!syntax || syntax.deflated || (isCompressed && !pixels && PIXEL_DATA in json)) {
      throw new ParseError('TRANSFER_SYNTAX_UNKNOWN');
    }
    // File Meta Information and what we tell about a stored instance are no part of it.
    for (const key of Object.keys(json)) if (key.startsWith(FILE_META_GROUP)) delete json[key];
    delete json[AVAILABLE_TRANSFER_SYNTAX_UID];
    if (pixels) delete json[PIXEL_DATA];
    const dataSet = fromDicomJson(json, { bulkData: (uri) => this.#bulk.get(uri)?.[0]?.bytes });
    if (pixels) dataSet.put(pixels.element);
    return {
      source: {
        sopClassUID: dataSet.string(Tag.SOPClassUID) ?? '',
        sopInstanceUID: dataSet.string(Tag.SOPInstanceUID) ?? '',
        transferSyntaxUID,
      },
      studyInstanceUID: dataSet.string(Tag.StudyInstanceUID),
      warning: isUnicode(json) ? undefined : 'COERCED',
      dataSet: writeDataSet(dataSet, syntax),
    };
  }

  /** Compressed frames, one a part, as encapsulated Pixel Data; native pixels are bulk data like any other. */
  #pixelsOf(json: DicomJson): { element: DataElement; syntax: string } | undefined {
    const uri = json[PIXEL_DATA]?.BulkDataURI;
    const parts = typeof uri === 'string' ? (this.#bulk.get(uri) ?? []) : [];
    const [first] = parts;
    if (!first || first.media.type === OCTET_STREAM) return undefined;
    const syntax =
      first.media.parameters.get('transfer-syntax') ??
      namedSyntax(json) ??
      defaultSyntaxOf(currentName(first.media.type));
    return syntax === undefined
      ? undefined
      : { element: encapsulatedPixelData(parts.map(({ bytes }) => bytes)), syntax };
  }
}

/** JSON and XML come as Unicode, and so it is stored, whatever else they name. */
function isUnicode(json: DicomJson): boolean {
  const named = json[SPECIFIC_CHARACTER_SET]?.Value ?? [];
  return named.every((term) => term === 'ISO_IR 192' || term === 'ISO_IR 6' || term === '');
}

function namedSyntax(json: DicomJson): string | undefined {
  const [value] = json[TRANSFER_SYNTAX_UID]?.Value ?? json[AVAILABLE_TRANSFER_SYNTAX_UID]?.Value ?? [];
  return typeof value === 'string' ? value : undefined;
}

const contentID = (text: string | undefined): string | undefined => text?.replace(/^<(.*)>$/, 'cid:$1');
