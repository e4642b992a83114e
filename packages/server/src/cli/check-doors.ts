import type { OwnAudit, OwnDoor, OwnFinding, OwnProtocol } from '@leadglass/auditor';
import type { Config } from '../config/index.ts';
import type { Finding, FindingLevel } from './check-findings.ts';
import { wholePort } from './init-context.ts';

/** Ports of a server that was told others than its configuration has. */
export interface DoorPorts {
  readonly dicomTlsPort?: string;
  readonly dicomPlainPort?: string;
  readonly httpsPort?: string;
}

/** A score below this is a weakness to mend, not a door to close (CVSS 3.1: 'low'). */
const DANGER_SCORE_MIN = 4;
/** Clear text for an old device is a choice that was made by name; that it answers is no news. */
const CHOSEN_WITH_CLEAR_TEXT: ReadonlySet<string> = new Set(['D01', 'T01']);
const SPOKEN: Readonly<Record<OwnProtocol, string>> = {
  'dicom-tls': 'DICOM over TLS',
  dicom: 'clear-text DICOM',
  https: 'HTTPS',
};

/** The wildcard addresses listen everywhere; this machine reaches them on loopback. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** The doors this configuration opens; `hasPlainDevices` opens the one for clear text. */
export function doorsOf(config: Config, hasPlainDevices: boolean, ports: DoorPorts): OwnDoor[] {
  const door = (protocol: OwnProtocol, listen: { host: string; port: number }, port?: string): OwnDoor => ({
    protocol,
    host: reachableHost(listen.host),
    port: wholePort(port, listen.port),
  });
  return [
    door('dicom-tls', config.dimse.tls, ports.dicomTlsPort),
    ...(hasPlainDevices ? [door('dicom', config.dimse.plain, ports.dicomPlainPort)] : []),
    door('https', config.https, ports.httpsPort),
  ].filter(({ port }) => port !== 0);
}

/** Asks the server's own doors, as a stranger, everything that leadglass-auditor would ask them. */
export async function checkDoors(doors: readonly OwnDoor[], contact: string): Promise<Finding[]> {
  // Eighty checks are loaded only by the command that asks them.
  const { auditOwn } = await import('@leadglass/auditor');
  const audit = await auditOwn({ doors, contact });
  return doors.flatMap((door) => aboutDoor(door, audit));
}

function aboutDoor(door: OwnDoor, { findings, silent }: OwnAudit): Finding[] {
  const place = `${door.host}:${door.port} (${SPOKEN[door.protocol]})`;
  if (silent.includes(door)) {
    return [
      {
        id: 'door-silent',
        level: 'note',
        what: `nothing answers on ${place}, so this door could not be tried`,
        next: 'start the server and check again (--dicom-tls-port, --https-port if it uses other ports)',
      },
    ];
  }
  const own = findings.filter((finding) => finding.door === door);
  if (own.length === 0) {
    return [
      {
        id: 'door-unknown',
        level: 'note',
        what: `something answers on ${place}, and speaks nothing that was expected there`,
        next: 'look at what listens there: it may not be this archive',
      },
    ];
  }
  const refused = own.filter(({ outcome }) => outcome === 'protected').length;
  const unclear = own.filter(
    (finding) => (finding.outcome === 'inconclusive' || finding.outcome === 'error') && !isChosen(finding),
  );
  return [
    ...own.filter(({ outcome }) => outcome === 'exposed').map((finding) => exposedFinding(finding, place)),
    ...(refused === 0
      ? []
      : [
          {
            id: 'door-refuses',
            level: 'ok' as const,
            what: `${refused} questions of a stranger are refused on ${place}`,
          },
        ]),
    ...unclear.map(({ check, title, reason }): Finding => ({
      id: `door-${check}`,
      level: 'note',
      what: `${check} got no clear answer on ${place} (${title}?): ${reason ?? 'no reason known'}`,
      next: 'if it stays so, look at what listens there: it may not be this archive',
    })),
  ];
}

const isChosen = ({ door, check }: OwnFinding): boolean =>
  door.protocol === 'dicom' && CHOSEN_WITH_CLEAR_TEXT.has(check);

function exposedFinding(finding: OwnFinding, place: string): Finding {
  const { check, title, why, fix, score } = finding;
  const level: FindingLevel = isChosen(finding) || score < DANGER_SCORE_MIN ? 'warning' : 'danger';
  return { id: `door-${check}`, level, what: `${check}, ${place}: ${title}. ${why}`, next: fix };
}
