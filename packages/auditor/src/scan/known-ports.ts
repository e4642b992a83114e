/**
 * Ports whose protocol is known by number. Nobody sends DICOM or HTTP to them in order to find out: a malformed
 * message can stop an HL7 engine, and a login attempt locks an account.
 */
export const knownPorts: ReadonlyMap<number, string> = new Map([
  [21, 'ftp'],
  [22, 'ssh'],
  [23, 'telnet'],
  [111, 'rpcbind'],
  [139, 'smb'],
  [161, 'snmp'],
  [389, 'ldap'],
  [445, 'smb'],
  [514, 'rsh'],
  [636, 'ldaps'],
  [873, 'rsync'],
  [1433, 'mssql'],
  [2049, 'nfs'],
  [2375, 'docker'],
  [2575, 'hl7'],
  [3260, 'iscsi'],
  [3306, 'mysql'],
  [3389, 'rdp'],
  [5432, 'postgresql'],
  [5900, 'vnc'],
  [6379, 'redis'],
  [6514, 'syslog-tls'],
  [20048, 'mountd'],
  [27017, 'mongodb'],
]);

/** Ports registered or customary for DICOM (PS3.8 9.1.4.1, PS3.15 B, and the products of the studies). */
export const dicomPorts: ReadonlySet<number> = new Set([104, 2345, 2761, 2762, 4242, 5678, 11112]);

/** Ports on which TLS is tried first. */
export const tlsPorts: ReadonlySet<number> = new Set([443, 2376, 2762, 6443, 8443, 9443]);

/** Ports on which HTTP is tried before DICOM. */
export const webPorts: ReadonlySet<number> = new Set([80, 3000, 8000, 8042, 8080, 8081, 8088, 9200, 9990]);
