import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import {
  installationFolders,
  openInstallationKey,
  readConfig,
  readInstallationRecord,
  type Config,
  type InstallationFolders,
} from '../config/index.ts';
import { CertificateAuthority, DeviceRegistry, DEVICES_KEY_PURPOSE } from '../identity/index.ts';
import {
  checkAddresses,
  checkDevices,
  checkModes,
  checkOwnCertificates,
  checkTrail,
  type Finding,
} from './check-findings.ts';
import { checkDoors, doorsOf, reachableHost, type DoorPorts } from './check-doors.ts';
import { probeAsStranger, type ProbeIdentity, type StrangerKind } from './check-probe.ts';
import {
  chooseDataFolder,
  commandSecrets,
  runCommand,
  wholePort,
  writeJson,
  type CommandContext,
  type InstallationOptions,
} from './init-context.ts';

export interface CheckOptions extends InstallationOptions, DoorPorts {
  readonly json?: boolean;
}

/** `leadglass check`: is this installation safe? Changes nothing. Exit 0 unless something is dangerous. */
export async function checkCommand(options: CheckOptions, context: CommandContext): Promise<number> {
  const folders = installationFolders(chooseDataFolder(options, context));
  const findings = await collectFindings(folders, options, context);
  const dangers = findings.filter((finding) => finding.level === 'danger').length;
  const warnings = findings.filter((finding) => finding.level === 'warning').length;
  if (options.json === true) {
    writeJson(context.stdout, { safe: dangers === 0, dangers, warnings, findings });
  } else {
    for (const { level, what, next } of findings) {
      context.stdout.write(
        `${level.padEnd(8)} ${what}\n${next === undefined ? '' : `         -> ${next}\n`}`,
      );
    }
    context.stdout.write(
      dangers === 0
        ? `safe, as far as was looked; ${warnings} warnings\n`
        : `NOT SAFE: ${dangers} dangers, ${warnings} warnings\n`,
    );
  }
  return dangers === 0 ? 0 : 1;
}

async function collectFindings(
  folders: InstallationFolders,
  options: CheckOptions,
  context: CommandContext,
): Promise<Finding[]> {
  const now = (context.clock ?? Date.now)();
  // Without an installation there is nothing to judge: said as an error, not as a finding.
  readInstallationRecord(folders);
  const findings = checkModes(folders);
  const config = attempt(findings, 'configuration', 'the configuration is valid', () =>
    readConfig(options.config ?? (existsSync(folders.configFile) ? folders.configFile : undefined)),
  );
  let key: Uint8Array | undefined;
  if (config !== undefined) {
    const opened = attempt(
      findings,
      'master-key',
      'the master key is private, outside the data folder, and the right one',
      () =>
        openInstallationKey(
          folders,
          readInstallationRecord(folders),
          config,
          commandSecrets(options, context),
        ),
    );
    key = opened?.masterKey.derive(DEVICES_KEY_PURPOSE);
    findings.push(...checkAddresses(config));
  }
  findings.push(...checkOwnCertificates(folders, now), checkTrail(folders));
  const registry = attempt(findings, 'device-registry', undefined, () =>
    DeviceRegistry.open(folders.registryFile, { clock: () => now, ...(key === undefined ? {} : { key }) }),
  );
  if (config !== undefined && registry !== undefined) {
    findings.push(...checkDevices(registry, config, now));
    findings.push(...(await knockAsDevice(config, registry, options)));
    const doors = doorsOf(config, registry.plainDevices().length > 0, options);
    findings.push(...(await checkDoors(doors, config.certificates.serverHosts[0] ?? 'this machine')));
  }
  return findings;
}

/** A check that throws is a danger with the error's own words, which say what to do. */
function attempt<T>(
  findings: Finding[],
  id: string,
  success: string | undefined,
  look: () => T,
): T | undefined {
  try {
    const value = look();
    if (success !== undefined) findings.push({ id, level: 'ok', what: success });
    return value;
  } catch (error) {
    const what = error instanceof Error ? error.message : 'failed';
    findings.push({ id, level: 'danger', what, next: 'see above; nothing starts until this is right' });
    return undefined;
  }
}

/**
 * Knocks on the door for devices under the name of one that is registered: what nobody outside can do on purpose, for
 * only the installation knows its devices. A name alone must never be enough.
 */
async function knockAsDevice(
  config: Config,
  registry: DeviceRegistry,
  options: CheckOptions,
): Promise<Finding[]> {
  const port = wholePort(options.dicomTlsPort, config.dimse.tls.port);
  const device = registry.devices().find(({ revokedAt }) => revokedAt === undefined);
  if (device === undefined || port === 0) return [];
  const findings: Finding[] = [];
  const callingAETitle = device.aeTitle;
  const host = reachableHost(config.dimse.tls.host);
  const identity = await throwawayIdentity(callingAETitle);
  for (const kind of ['clear-text', 'no-certificate', 'foreign-certificate'] as const) {
    const target = { host, port, calledAETitle: config.aeTitle, callingAETitle };
    const result = await probeAsStranger(target, kind, identity);
    // The auditor's look at the door says so.
    if (result === 'not-running') return [];
    findings.push(strangerFinding(kind, result === 'refused', `${host}:${port}`));
  }
  return findings;
}

function strangerFinding(kind: StrangerKind, isRefused: boolean, place: string): Finding {
  const who = {
    'clear-text': "a stranger without TLS under a device's name",
    'no-certificate': "a stranger without a certificate under a device's name",
    'foreign-certificate': "a stranger with a device's name on a certificate of somebody else",
  }[kind];
  if (isRefused) return { id: `stranger-${kind}`, level: 'ok', what: `${who} is refused on ${place}` };
  return {
    id: `stranger-${kind}`,
    level: 'danger',
    what: `${who} IS LET IN on ${place}`,
    next: 'stop what listens there now; if it is this archive, report it as a security fault',
  };
}

/** A certificate of an authority that exists for this moment only. */
async function throwawayIdentity(commonName: string): Promise<ProbeIdentity> {
  const { authority } = await CertificateAuthority.create({ commonName: 'Throwaway' });
  return await authority.issue({ commonName, kind: 'device', validityDays: 1 });
}

export function registerCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .description(
      'is this installation safe? modes, keys, certificates, configuration, and every check of leadglass-auditor at its own doors',
    )
    .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
    .option('--key-file <file>', 'the master key, if not where the configuration says')
    .option('--config <file>', 'the configuration, if not leadglass.toml in the data folder')
    .option('--dicom-tls-port <port>', 'where DICOM over TLS answers, if not where the configuration says')
    .option(
      '--dicom-plain-port <port>',
      'where clear-text DICOM answers, if not where the configuration says',
    )
    .option('--https-port <port>', 'where HTTPS answers, if not where the configuration says')
    .option('--json', 'for programs')
    .action(async (options: CheckOptions) => {
      await runCommand(context, async () => await checkCommand(options, context));
    });
}
