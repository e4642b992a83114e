export { parseServiceAddress, parseToken } from './address.ts';
export type { BackingOffOptions } from './backing-off.ts';
export { DicomwebError, type DicomwebErrorCode } from './client-error.ts';
export { getInstances, type GetReport, type GetTarget } from './get-instances.ts';
export { type ConnectionOptions, HttpConnection } from './http-connection.ts';
export { putFiles, type PutReport, type PutResult } from './put-files.ts';
export { type Search, SEARCH_LEVELS, type SearchLevel, searchRecords } from './search.ts';
