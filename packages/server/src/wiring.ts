import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { connectOperatorPort } from './admin/control-client.ts';
import { ControlDoor } from './admin/control-door.ts';
import { localOperatorPort, type OperatorPort } from './admin/operator-port.ts';
import { Archive, forgetIndex, type NoteKeeper } from './archive/archive.ts';
import { DataLock } from './archive/data-lock.ts';
import { AuditTrail, AuditTrailError, type TrailEntry } from './audit-trail/index.ts';
import type { ReplayProgress } from './archive/recovery.ts';
import { type OpenInstallation, plainListener } from './config/index.ts';
import { TRAIL_KEY_PURPOSE } from './config/installation.ts';
import { HttpsDoor } from './dicomweb/https-door.ts';
import { DimseDoor } from './dimse/dimse-door.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from './dimse/implementation.ts';
import {
  DeviceRegistry,
  DEVICES_KEY_PURPOSE,
  operatorPrincipal,
  systemPrincipal,
  TokenRegistry,
  TOKENS_KEY_PURPOSE,
  tokensFileOf,
} from './identity/index.ts';
import {
  carryOut,
  Imaging,
  KEPT_FRAMES_PURPOSE,
  KeptFrames,
  QuarantineBudget,
  QueryBudget,
  QuietWork,
  Refusals,
  type Workplace,
} from './operations/index.ts';

/** Memory-backed space on Linux; elsewhere the index lives in the process's own memory. */
const MEMORY_FOLDER = '/dev/shm';

/** Says something to whoever runs the server. No attribute value ever goes through here. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

export interface OpenWorkplace {
  workplace: Workplace;
  close(): Promise<void>;
}

/** Opens trail and archive of an installation for one process. Throws DataFolderInUse. */
export async function openWorkplace(
  installation: OpenInstallation,
  options: {
    log: Log;
    onFatal?: (error: Error) => void;
    nowMs?: () => number;
    onProgress?: (done: ReplayProgress) => void;
  },
): Promise<OpenWorkplace> {
  const { folders, masterKey } = installation;
  const lock = DataLock.take(folders.lockFile);
  /** What is open, the last first: a part that stays open would keep the process from ending. */
  const open: { close(): Promise<void> | void }[] = [{ close: () => lock.release() }];
  const close = async (): Promise<void> => {
    for (const part of open.splice(0)) await part.close();
  };
  try {
    const trail = await AuditTrail.open({ folder: folders.trail, key: masterKey.derive(TRAIL_KEY_PURPOSE) });
    open.unshift(trail);
    const nowMs = options.nowMs ?? Date.now;
    const leftOut = { count: 0 };
    const archive = await Archive.open<TrailEntry>({
      folder: folders.data,
      indexFolder: indexFolderOf(installation),
      keys: {
        studyKeys: masterKey.derive('archive/study-keys'),
        studyNames: masterKey.derive('archive/study-names'),
        index: masterKey.derive('archive/index'),
        derivedNames: masterKey.derive('archive/derived-names'),
      },
      notes: noteKeeper(trail, leftOut),
      nowMs,
      ...(options.onFatal ? { onFatal: options.onFatal } : {}),
      onReplay: (done) => {
        if (done.finishing) options.log('info', 'making what the index is searched by');
        options.onProgress?.(done);
      },
    });
    open.unshift(archive);
    reportReplay(archive, options.log);
    const budget = new QueryBudget(installation.config.queries, nowMs);
    const quarantine = new QuarantineBudget(nowMs);
    const workplace: Workplace = { archive, nowMs, budget, quarantine };
    if (leftOut.count > 0) {
      options.log('warn', 'trail entries of an unfinished commit were left out', leftOut);
      const system = { principal: systemPrincipal() };
      await carryOut(workplace, 'notify', system, {}, (operation) =>
        operation.record('failed', { reason: 'UNFINISHED_COMMIT', subject: { count: leftOut.count } }),
      );
    }
    return { workplace, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where the index lives while it is open: never on a disk, where it could be read at rest. */
export function indexFolderOf(installation: OpenInstallation): string | undefined {
  if (!existsSync(MEMORY_FOLDER)) return undefined;
  return join(MEMORY_FOLDER, `leadglass-${process.getuid?.() ?? 0}-${installation.id}`);
}

function noteKeeper(trail: AuditTrail, left: { count: number }): NoteKeeper<TrailEntry> {
  return {
    seal: (entries) => trail.seal(entries),
    settle: (ok) => trail.settle(ok),
    keepNow: (entries) => trail.keepNow(entries),
    sync: () => trail.sync(),
    replay(sealed) {
      try {
        return trail.replay(sealed);
      } catch (error) {
        // Behind a torn write stand entries that were never acknowledged: they had no commit. They are
        // counted, and the count is recorded when the archive is open.
        if (!(error instanceof AuditTrailError) || error.code !== 'OUT_OF_ORDER') throw error;
        left.count++;
        return false;
      }
    },
  };
}

function reportReplay(archive: Archive<TrailEntry>, log: Log): void {
  const { instances, notes, incomplete, damage, unfinished } = archive.replayed;
  if (instances + notes > 0) log('info', 'brought index and trail up to date', { instances, notes });
  if (incomplete.length > 0) log('warn', 'unfinished instances were left out', { count: incomplete.length });
  if (unfinished) log('info', 'a write that had not ended was cut off', { ...unfinished });
  for (const place of damage) log('warn', 'a stretch of a pack is not readable', { ...place });
}

/** The running server's port if one answers, else the archive opened here. Throws DataFolderInUse. */
export async function operatorPort(
  installation: OpenInstallation,
  options: { log: Log },
): Promise<OperatorPort> {
  const running = await connectOperatorPort(controlFileOf(installation));
  if (running) return running;
  const { workplace, close } = await openWorkplace(installation, options);
  return localOperatorPort(workplace, operator(), EXPORTER, close);
}

/** Makes the index again from the packs alone. Throws DataFolderInUse when the server runs. */
export async function rebuildIndex(
  installation: OpenInstallation,
  options: { log: Log; onProgress: (done: ReplayProgress) => void },
): Promise<{ instances: number; incomplete: number; damage: number }> {
  const lock = DataLock.take(installation.folders.lockFile);
  forgetIndex(installation.folders.data, indexFolderOf(installation));
  lock.release();
  const { workplace, close } = await openWorkplace(installation, options);
  const { instances, incomplete, damage } = workplace.archive.replayed;
  const caller = operator();
  await carryOut(workplace, 'rebuild-index', caller, { count: instances }, () => undefined);
  await close();
  return { instances, incomplete: incomplete.length, damage: damage.length };
}

const controlFileOf = (installation: OpenInstallation): string =>
  join(installation.folders.data, 'control.sock');

/** The person at the keyboard of the machine that holds the keys. */
const operator = () => ({ principal: operatorPrincipal(userInfo().username) });

const EXPORTER = {
  implementationClassUID: IMPLEMENTATION_CLASS_UID,
  implementationVersionName: IMPLEMENTATION_VERSION_NAME,
};

export interface RunningServer {
  httpsPort: number;
  dicomTLSPort: number;
  workplace: Workplace;
  /** For commands of this process. */
  port: OperatorPort;
  /** Lets running work finish, then stops. */
  close(): Promise<void>;
}

/** Starts the archive with its doors. What was started is stopped again when a later step fails. */
export async function startServer(
  installation: OpenInstallation,
  options: { log: Log; onFatal?: (error: Error) => void },
): Promise<RunningServer> {
  const { config, folders, caCertPem, serverKeyPem, serverCertPem } = installation;
  const registry = DeviceRegistry.open(folders.registryFile, {
    key: installation.masterKey.derive(DEVICES_KEY_PURPOSE),
  });
  // Refuses to start, before anything is opened, when clear text would be spoken on a public address.
  plainListener(config, registry.plainDevices().length);
  const { workplace, close: closeWorkplace } = await openWorkplace(installation, options);
  /** What to stop, the latest first. */
  const stops: (() => void | Promise<void>)[] = [closeWorkplace];
  const close = async (): Promise<void> => {
    // Every step is tried: one that fails must not keep the process, or the lock, alive.
    const failures: unknown[] = [];
    for (let stop = stops.pop(); stop; stop = stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  const system = { principal: systemPrincipal() };
  try {
    await carryOut(workplace, 'start', system, {}, () => undefined);
    stops.push(() => carryOut(workplace, 'stop', system, {}, () => undefined));
    const refusals = new Refusals(workplace);
    stops.push(() => refusals.close());
    const quietWork = new QuietWork({
      onError: (error) => options.log('error', 'work ahead', { reason: codeOf(error) }),
    });
    workplace.onStored = (series) => quietWork.stored(series);
    const kept = keptFrames(workplace, config.imaging);
    const imaging = new Imaging({ kept });
    stops.push(async () => {
      const ended = quietWork.close();
      await imaging.close();
      await ended;
    });
    const dimse = new DimseDoor({
      aeTitle: config.aeTitle,
      registry,
      workplace,
      imaging,
      refusals,
      tls: { caCertPem, serverKeyPem, serverCertPem },
      associationsMax: config.dimse.associationsMax,
      idleTimeoutMs: config.dimse.idleTimeoutSeconds * 1000,
      onError: (error) => options.log('error', 'association', { reason: codeOf(error) }),
    });
    stops.push(() => dimse.close());
    let dicomPlainPort: number | undefined;
    const listenPlain = async (): Promise<void> => {
      const address = plainListener(config, registry.plainDevices().length);
      if (!address || dicomPlainPort !== undefined) return;
      dicomPlainPort = await dimse.listenPlain(address.host, address.port);
      const at = `${address.host}:${dicomPlainPort}`;
      options.log('warn', 'clear-text DICOM for the old devices that were named one by one', { at });
    };
    stops.push(
      registry.watch((change) => {
        dimse.endAssociations(change.revoked, change.revokedCertificates);
        if (change.problem) options.log('error', 'the device registry cannot be read: nobody is let in');
        listenPlain().catch((error: unknown) => {
          options.log('error', 'no clear-text listener', { reason: codeOf(error) });
        });
      }),
    );
    const port = localOperatorPort(workplace, operator(), EXPORTER, () => Promise.resolve());
    const control = new ControlDoor(port);
    stops.push(() => control.close());
    await control.listen(controlFileOf(installation));
    const dicomTLSPort = await dimse.listenTLS(config.dimse.tls.host, config.dimse.tls.port);
    await listenPlain();
    // After the DIMSE port: devices need not wait until what HTTPS needs is loaded.
    const https = new HttpsDoor({
      ...config.https,
      ...config.dicomweb,
      host: config.certificates.serverHosts[0] ?? 'localhost',
      idleTimeoutMs: config.https.idleTimeoutSeconds * 1000,
      tokens: new TokenRegistry(
        tokensFileOf(folders.identity),
        installation.masterKey.derive(TOKENS_KEY_PURPOSE),
      ),
      registry,
      workplace,
      imaging,
      quietWork,
      refusals,
      keyPem: serverKeyPem,
      certPem: serverCertPem,
      caCertPem,
      exporter: EXPORTER,
      onError: (error) => options.log('error', 'request', { reason: codeOf(error) }),
    });
    stops.push(() => https.close());
    const httpsPort = await https.listen(config.https.host, config.https.port);
    if (kept) {
      // After what the door makes ahead, which takes much less.
      quietWork.add((series, breathe) => kept.keepSeries(imaging, series, breathe));
      kept.onMissed = (series) => quietWork.ask(series);
    }
    return { httpsPort, dicomTLSPort, workplace, port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Frames in HTJ2K beside the originals, if that is configured; what was kept goes when it no longer is. */
function keptFrames(
  { archive }: Workplace,
  { keepHTJ2K, htj2kMaxBytes }: OpenInstallation['config']['imaging'],
): KeptFrames | undefined {
  if (keepHTJ2K) return new KeptFrames(archive, htj2kMaxBytes);
  archive.derived.drop(KEPT_FRAMES_PURPOSE).catch(() => undefined);
  return undefined;
}

/** A stable code for the log, never a message that could carry what a peer sent. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'UNKNOWN';
}
