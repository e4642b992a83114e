/** Start of a front page that is matched against signs of products, bytes: titles and script names stand there. */
const FRONT_PAGE_BYTES = 64 * 1024;
/** Orthanc's description of itself has some 500 bytes. */
const SYSTEM_PAGE_BYTES = 4 * 1024;

/** The question everybody asks of a web door first; asked in the same words it is sent once. */
export const FRONT_PAGE = { method: 'GET', path: '/', bodyMaxBytes: FRONT_PAGE_BYTES } as const;

/** Orthanc's description of itself: version and switches, no patient. */
export const ORTHANC_SYSTEM = { method: 'GET', path: '/system', bodyMaxBytes: SYSTEM_PAGE_BYTES } as const;
