/** What a system said about itself, in passing. Every field is the target's word and may lie. */
export interface Signs {
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
  readonly httpServer?: string;
  /** Realm of a WWW-Authenticate header. */
  readonly httpRealm?: string;
  /** Start of a web page; only ever matched against the table, never kept. */
  readonly httpBody?: string;
  /** Where the front page redirects to; it is not followed. */
  readonly httpLocation?: string;
  /** A product and its version as a check read them: 'Orthanc 1.12.4'. */
  readonly webVersion?: string;
  readonly certificateSubject?: string;
}
