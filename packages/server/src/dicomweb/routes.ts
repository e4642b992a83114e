import { capabilities } from './capabilities.ts';
import type { Handler } from './door-context.ts';
import { retrieveAll } from './retrieve-all-bulkdata.ts';
import { retrieveBulkdata } from './retrieve-bulkdata.ts';
import { retrieveRendered, retrieveThumbnail } from './rendered.ts';
import { retrieveFrames, retrievePixelData } from './retrieve-frames.ts';
import { retrieveInstance, retrieveInstances } from './retrieve-instances.ts';
import { retrieveMetadata } from './retrieve-metadata.ts';
import { searchBy } from './search.ts';
import { storeInstances } from './store.ts';
import { wadoURI } from './wado-uri.ts';

/** Methods that are looked at; whatever a path does not have is answered 405. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export interface RouteEntry {
  /** As PS3.18 10.1.1 names it, under the service's base. */
  readonly path: string;
  readonly what: string;
  /** By method; HEAD is answered wherever GET is. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** What may stand behind the question mark of a GET, where the Standard names it. */
  readonly query?: readonly QueryParameter[];
}

export interface QueryParameter {
  readonly name: string;
  readonly what: string;
  readonly type: 'boolean' | 'integer' | 'string';
}

/** PS3.18 Table 8.3.4-1; attributes by keyword or tag beside them. */
const SEARCHING: readonly QueryParameter[] = [
  { name: 'fuzzymatching', what: "Words of a person's name that begin or sound like these", type: 'boolean' },
  {
    name: 'emptyvaluematching',
    what: 'Two quotation marks ask for what is empty or absent',
    type: 'boolean',
  },
  { name: 'multiplevaluematching', what: 'Each of several values must be there', type: 'boolean' },
  { name: 'includefield', what: 'Keywords or tags to be given, or all', type: 'string' },
  { name: 'limit', what: 'Results at the most', type: 'integer' },
  { name: 'offset', what: 'Results to pass over', type: 'integer' },
];

const BASE = '/dicom-web';
const STUDY = `${BASE}/studies/:study`;
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;

const route = (path: string, what: string, handlers: RouteEntry['handlers']): RouteEntry => ({
  path,
  what,
  handlers,
});

const searching = (path: string, what: string, handlers: RouteEntry['handlers']): RouteEntry => ({
  ...route(path, what, handlers),
  query: SEARCHING,
});

const tell = capabilities(() => routes);

/** All that there is (PS3.18 Table 10.1.1-1): the door, the capabilities and the OpenAPI document are made from it. */
export const routes: readonly RouteEntry[] = [
  route(BASE, 'Capabilities', { GET: tell, OPTIONS: tell }),
  route(`${BASE}/`, 'Capabilities', { GET: tell, OPTIONS: tell }),
  route(`${BASE}/openapi.json`, 'This document', { GET: tell }),
  route(`${BASE}/wado`, 'WADO-URI: one instance', { GET: wadoURI }),
  searching(`${BASE}/studies`, 'Search for studies; store instances', {
    GET: searchBy('STUDY'),
    POST: storeInstances,
  }),
  searching(`${BASE}/series`, 'Search for series', { GET: searchBy('SERIES') }),
  searching(`${BASE}/instances`, 'Search for instances', { GET: searchBy('IMAGE') }),
  searching(`${STUDY}/series`, "Search for a study's series", { GET: searchBy('SERIES') }),
  searching(`${STUDY}/instances`, "Search for a study's instances", { GET: searchBy('IMAGE') }),
  searching(`${SERIES}/instances`, "Search for a series' instances", { GET: searchBy('IMAGE') }),
  // A patient's name or ID has no place in a URL: the same searches with their parameters in the body.
  route(`${BASE}/studies/search`, 'Search for studies, parameters in a form', { POST: searchBy('STUDY') }),
  route(`${BASE}/series/search`, 'Search for series, parameters in a form', { POST: searchBy('SERIES') }),
  route(`${BASE}/instances/search`, 'Search for instances, parameters in a form', {
    POST: searchBy('IMAGE'),
  }),
  route(STUDY, 'Retrieve a study; store instances of it', { GET: retrieveInstances, POST: storeInstances }),
  route(SERIES, 'Retrieve a series', { GET: retrieveInstances }),
  route(INSTANCE, 'Retrieve an instance', { GET: retrieveInstance }),
  route(`${STUDY}/metadata`, "Retrieve a study's metadata", { GET: retrieveMetadata }),
  route(`${SERIES}/metadata`, "Retrieve a series' metadata", { GET: retrieveMetadata }),
  route(`${INSTANCE}/metadata`, "Retrieve an instance's metadata", { GET: retrieveMetadata }),
  route(`${INSTANCE}/frames/:frames`, 'Retrieve frames', { GET: retrieveFrames }),
  route(`${STUDY}/rendered`, 'Retrieve a study as images', { GET: retrieveRendered }),
  route(`${SERIES}/rendered`, 'Retrieve a series as images', { GET: retrieveRendered }),
  route(`${INSTANCE}/rendered`, 'Retrieve an instance as an image or document', { GET: retrieveRendered }),
  route(`${INSTANCE}/frames/:frames/rendered`, 'Retrieve frames as images', { GET: retrieveRendered }),
  route(`${STUDY}/thumbnail`, 'Retrieve a small image of a study', { GET: retrieveThumbnail }),
  route(`${SERIES}/thumbnail`, 'Retrieve a small image of a series', { GET: retrieveThumbnail }),
  route(`${INSTANCE}/thumbnail`, 'Retrieve a small image of an instance', { GET: retrieveThumbnail }),
  route(`${INSTANCE}/frames/:frames/thumbnail`, 'Retrieve a small image of a frame', {
    GET: retrieveThumbnail,
  }),
  route(`${STUDY}/pixeldata`, "Retrieve a study's frames", { GET: retrieveAll('pixeldata') }),
  route(`${SERIES}/pixeldata`, "Retrieve a series' frames", { GET: retrieveAll('pixeldata') }),
  route(`${INSTANCE}/pixeldata`, 'Retrieve all frames', { GET: retrievePixelData }),
  route(`${STUDY}/bulkdata`, "Retrieve all values that a study's metadata links to", {
    GET: retrieveAll('bulkdata'),
  }),
  route(`${SERIES}/bulkdata`, "Retrieve all values that a series' metadata links to", {
    GET: retrieveAll('bulkdata'),
  }),
  route(`${INSTANCE}/bulkdata`, "Retrieve all values that an instance's metadata links to", {
    GET: retrieveAll('bulkdata'),
  }),
  route(`${INSTANCE}/bulkdata/*`, 'Retrieve a value that metadata links to', { GET: retrieveBulkdata }),
];
