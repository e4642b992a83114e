/** Shortest IPv4 prefix of a range: a /12 is 1,048,576 addresses, as many systems as a report may name. */
export const IPV4_PREFIX_MIN = 12;
/** Shortest IPv6 prefix: as many addresses as an IPv4 /12; a whole /64 could never be walked through. */
export const IPV6_PREFIX_MIN = 108;
/** Longest scope file, bytes: 20,000 ranges with owner and site. More is a mistake or an attack on the parser. */
export const SCOPE_FILE_MAX_BYTES = 4 * 1024 * 1024;
export const RANGES_MAX = 20_000;
export const HOSTS_PER_RANGE_MAX = 10_000;
/** Ports looked at on one address: the auditor asks about imaging, it is no general port scanner. */
export const PORTS_MAX = 64;
/** Fastest rate outside loopback, hosts a second. Faster engines exist, and their lists can be read. */
export const HOSTS_PER_SECOND_MAX = 200;
export const HOSTS_PER_SECOND_DEFAULT = 5;
/** Rails: two connections at once and about twenty associations a host and run; some products leak memory on each. */
export const CONNECTIONS_PER_HOST_MAX = 2;
export const ASSOCIATIONS_PER_HOST_MAX = 20;
/** In modality-safe mode: one at a time, few, and slowly. Scanners and ultrasound devices stop when pressed. */
export const MODALITY_SAFE = {
  connectionsPerHost: 1,
  associationsPerHost: 6,
  hostsPerSecond: 1,
} as const;
/** A study record or an instance more tells nothing new once there are this many. */
export const COUNTING_CAP_MAX = 1_000;
/**
 * Wait for a server to close an association that never got whole. PS3.8 9.1.5 has a server start its ARTIM timer and
 * close when it ends, but leaves the time to it: DCMTK, dcm4che and Orthanc take 30 seconds. Whoever still holds on a
 * few seconds later, which leaves time for a slow path and a timer that is looked at seldom, has no such timer, or one
 * that is set longer than that.
 */
export const HALF_PDU_WAIT_DEFAULT_SECONDS = 40;
/** Shortest wait that proves anything: servers that close after 30 seconds must have done so. */
export const HALF_PDU_WAIT_MIN_SECONDS = 35;
/** Longest wait: for servers of which it is known that they take longer. */
export const HALF_PDU_WAIT_MAX_SECONDS = 60;
