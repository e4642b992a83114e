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
import { CertificateAuthority, DeviceRegistry } from '../identity/index.ts';
import {
  checkAddresses,
  checkDevices,
  checkModes,
  checkOwnCertificates,
  checkTrail,
  type Finding,
} from './check-findings.ts';
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

export interface CheckOptions extends InstallationOptions {
  readonly dicomTlsPort?: string;
  readonly dicomPlainPort?: string;
  readonly json?: boolean;
}

/** A calling AE title no device has: knocks when none is registered. */
const STRANGER_AE_TITLE = 'STRANGER';

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
  if (config !== undefined) {
    attempt(
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
    findings.push(...checkAddresses(config));
  }
  findings.push(...checkOwnCertificates(folders, now), checkTrail(folders));
  const registry = attempt(findings, 'device-registry', undefined, () =>
    DeviceRegistry.open(folders.registryFile, { clock: () => now }),
  );
  if (config !== undefined && registry !== undefined) {
    findings.push(...checkDevices(registry, config, now));
    findings.push(...(await probePorts(config, registry, options)));
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

/** Knocks on the archive's own ports as somebody it does not know, under the name of somebody it does. */
async function probePorts(
  config: Config,
  registry: DeviceRegistry,
  options: CheckOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const known = registry.devices().find((device) => device.revokedAt === undefined);
  const callingAETitle = known?.aeTitle ?? STRANGER_AE_TITLE;
  const tls = {
    host: reachableHost(config.dimse.tls.host),
    port: wholePort(options.dicomTlsPort, config.dimse.tls.port),
    calledAETitle: config.aeTitle,
    callingAETitle,
  };
  const identity = await throwawayIdentity(callingAETitle);
  for (const kind of ['clear-text', 'no-certificate', 'foreign-certificate'] as const) {
    const result = tls.port === 0 ? 'not-running' : await probeAsStranger(tls, kind, identity);
    if (result === 'not-running') {
      findings.push({
        id: 'stranger',
        level: 'note',
        what: `nothing answers on ${tls.host}:${tls.port}, so the doors could not be tried`,
        next: 'start the server and check again (--dicom-tls-port if it uses another port)',
      });
      break;
    }
    findings.push(strangerFinding(kind, result === 'refused', `${tls.host}:${tls.port}`));
  }
  if (registry.plainDevices().length > 0) {
    const plain = {
      ...tls,
      host: reachableHost(config.dimse.plain.host),
      port: wholePort(options.dicomPlainPort, config.dimse.plain.port),
      callingAETitle: STRANGER_AE_TITLE,
    };
    const result = plain.port === 0 ? 'not-running' : await probeAsStranger(plain, 'clear-text');
    if (result !== 'not-running') {
      findings.push(strangerFinding('clear-text', result !== 'accepted', `${plain.host}:${plain.port}`));
    }
  }
  return findings;
}

function strangerFinding(kind: StrangerKind, isRefused: boolean, place: string): Finding {
  const who = {
    'clear-text': 'a stranger without TLS',
    'no-certificate': 'a stranger without a certificate',
    'foreign-certificate': "a stranger with somebody else's certificate",
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

/** The wildcard addresses listen everywhere; this machine reaches them on loopback. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

export function registerCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .description(
      'is this installation safe? modes, keys, certificates, configuration, and its own doors tried as a stranger',
    )
    .option('--data <dir>', 'the data folder (default: LEADGLASS_DATA, else ./leadglass-data)')
    .option('--key-file <file>', 'the master key, if not where the configuration says')
    .option('--config <file>', 'the configuration, if not leadglass.toml in the data folder')
    .option('--dicom-tls-port <port>', 'where DICOM over TLS answers, if not where the configuration says')
    .option(
      '--dicom-plain-port <port>',
      'where clear-text DICOM answers, if not where the configuration says',
    )
    .option('--json', 'for programs')
    .action(async (options: CheckOptions) => {
      await runCommand(context, async () => await checkCommand(options, context));
    });
}
