import type { DataKind } from '../data/template.ts';

/** Who is called, and how. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  /** Folder with key.pem, cert.pem and ca.pem; clear text when absent. */
  readonly certificateFolder?: string;
}

interface JobBase {
  readonly target: Target;
  readonly associations: number;
}

/** Sends so many instances in all, evenly over the associations; each association sends studies of its own. */
export interface StoreJob extends JobBase {
  readonly kind: 'store';
  readonly data: DataKind;
  readonly run: number;
  readonly count: number;
  readonly instancesPerStudy: number;
  /** So many that were refused are sent again, by each association; none when absent: a refusal is a failure. */
  readonly sendAgainMax?: number;
}

/** Each association fetches the study so many times. */
export interface GetJob extends JobBase {
  readonly kind: 'get';
  readonly studyInstanceUID: string;
  readonly repeat: number;
}

/** A value of a key, '' for one that is only to be returned. */
export type QueryKeys = Readonly<Record<number, string>>;

/** Study-level queries, the next of the list each time, until so many are answered or the time is up. */
export interface FindJob extends JobBase {
  readonly kind: 'find';
  readonly queries: readonly QueryKeys[];
  /** Matches that each query has: another number is a failure. */
  readonly matches: number;
  readonly count: number;
  readonly maxMs: number;
}

/** Opens associations, makes sure that each answers a C-ECHO, and keeps them. */
export interface HoldJob extends JobBase {
  readonly kind: 'hold';
}

/** A DICOMweb server, and how it is spoken to. */
export interface WebTarget {
  readonly host: string;
  readonly port: number;
  /** Path under which DICOMweb begins. */
  readonly base: string;
  /** Certificates that are trusted; clear text when absent. */
  readonly caFile?: string;
  /** Sent as bearer token; a server that knows none gets none. */
  readonly token?: string;
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
}

interface WebJobBase {
  readonly web: WebTarget;
  /** Each has a connection of its own; with HTTP/2 a stream at a time on the connection of all. */
  readonly clients: number;
}

export interface FetchRequest {
  /** From the root. */
  readonly path: string;
  readonly accept: string;
  readonly acceptEncoding?: string;
  /** Of the body: another number is a failure. */
  readonly bytes?: number;
  /** Of a search: another number is a failure. */
  readonly matches?: number;
  /** Groups what is told about latencies. */
  readonly label?: string;
}

/** The next request of the list each time, until so many are answered or the time is up. */
export interface FetchJob extends WebJobBase {
  readonly kind: 'fetch';
  readonly requests: readonly FetchRequest[];
  readonly count: number;
  readonly maxMs: number;
}

/** Posts studies of so many instances each, evenly over the clients. */
export interface StowJob extends WebJobBase {
  readonly kind: 'stow';
  readonly data: DataKind;
  readonly run: number;
  readonly posts: number;
  readonly instancesPerPost: number;
}

export type Job = StoreJob | GetJob | FindJob | HoldJob | FetchJob | StowJob;

/** Milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface JobResult {
  /** Instances sent or received, queries, requests or C-ECHOs answered. */
  readonly done: number;
  /** By status in hexadecimal, or what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  /** Of data sets. */
  readonly bytes: number;
  /** Of each request, in ms. */
  readonly latencyP50: number;
  readonly latencyP95: number;
  /** Of answers over the web, from the request to the first byte of the body. */
  readonly firstByte?: Latencies;
  /** By label of the request, to the last byte. */
  readonly labelled?: Readonly<Record<string, Latencies>>;
  /** As negotiated: protocol and cipher, or 'clear'. */
  readonly transport: string;
  /** Longest P-DATA-TF variable field the peer takes, bytes; 0 over the web. */
  readonly maximumLength: number;
}

/** What the bench and the client process tell each other. */
export type ToClient =
  { readonly type: 'prepare'; readonly job: Job } | { readonly type: 'go' } | { readonly type: 'finish' };
export type FromClient =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly result: JobResult }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly reason: string };
