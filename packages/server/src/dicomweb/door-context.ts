import type {
  Exporter,
  Imaging,
  QuietWork,
  ReadyMetadata,
  Refusals,
  Viewings,
  Workplace,
} from '../operations/index.ts';
import type { Answer } from './answer.ts';
import type { AcceptReader } from './accept-reader.ts';
import type { Doorkeepers } from './authenticate.ts';
import type { HeaderCache } from './header-cache.ts';
import type { Turns } from './turns.ts';
import type { WebRequest } from './web-request.ts';

/** What the door is made with. */
export interface DoorOptions extends Doorkeepers {
  readonly workplace: Workplace;
  readonly refusals: Refusals;
  readonly keyPem: string;
  readonly certPem: string;
  readonly caCertPem: string;
  /** `https://host[:port]`, no slash at the end; undefined: `https://localhost` and the port. */
  readonly publicAddress?: string | undefined;
  /** The host of links when there is no public address. */
  readonly host: string;
  readonly allowedOrigins: readonly string[];
  readonly connectionsMax: number;
  readonly idleTimeoutMs: number;
  readonly requestMaxBytes: number;
  readonly searchResultsMax: number;
  /** Who writes the files of Retrieve (PS3.10 7.1). */
  readonly exporter: Exporter;
  /** Decodes, encodes and renders; without it what needs that is answered 406. */
  readonly imaging?: Imaging;
  /** Series metadata kept ready on the disk, all together; default: READY_METADATA_MAX_BYTES. */
  readonly readyMetadataMaxBytes?: number;
  /** Makes answers ahead; without it they are made when they are first asked for. */
  readonly quietWork?: QuietWork;
  readonly onError?: (error: unknown) => void;
}

/** What every handler works with. */
export interface DoorContext extends DoorOptions {
  readonly viewings: Viewings;
  readonly headers: HeaderCache;
  readonly metadata: ReadyMetadata;
  readonly accepts: AcceptReader;
  readonly turns: Turns;
  /** Of DICOMweb: `https://host:port/dicom-web`. Configured, never taken from a request. */
  readonly baseURL: string;
}

export type Handler = (context: DoorContext, request: WebRequest, answer: Answer) => Promise<void>;
