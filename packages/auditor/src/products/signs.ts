/** What a system said about itself, in passing. Every field is the target's word and may lie. */
export interface Signs {
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
  readonly httpServer?: string;
  /** Realm of a WWW-Authenticate header. */
  readonly httpRealm?: string;
  /** Start of a web page; only ever matched against the table, never kept. */
  readonly httpBody?: string;
  readonly certificateSubject?: string;
}
