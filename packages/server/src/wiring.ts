import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Archive, type NoteKeeper } from './archive/archive.ts';
import { DataLock } from './archive/data-lock.ts';
import { AuditTrail, AuditTrailError, type TrailEntry } from './audit-trail/index.ts';
import { type OpenInstallation, plainListener } from './config/index.ts';
import { TRAIL_KEY_PURPOSE } from './config/installation.ts';
import { HttpsDoor } from './dicomweb/https-door.ts';
import { DimseDoor } from './dimse/dimse-door.ts';
import { DeviceRegistry, systemPrincipal } from './identity/index.ts';
import { carryOut, QueryBudget, Refusals, type Workplace } from './operations/index.ts';

/** Memory-backed space on Linux; elsewhere the index lives in the process's own memory. */
const MEMORY_FOLDER = '/dev/shm';

/** Says something to whoever runs the server. No attribute value ever goes through here. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;

export interface OpenWorkplace {
  workplace: Workplace;
  close(): Promise<void>;
}

/** Opens trail and archive of an installation for one process. Throws DataFolderInUse. */
export async function openWorkplace(
  installation: OpenInstallation,
  options: { log: Log; onFatal?: (error: Error) => void; nowMs?: () => number },
): Promise<OpenWorkplace> {
  const { folders, masterKey } = installation;
  const lock = DataLock.take(folders.lockFile);
  try {
    const trail = await AuditTrail.open({ folder: folders.trail, key: masterKey.derive(TRAIL_KEY_PURPOSE) });
    const nowMs = options.nowMs ?? Date.now;
    const archive = await Archive.open<TrailEntry>({
      folder: folders.data,
      indexFolder: indexFolderOf(installation),
      keys: {
        studyKeys: masterKey.derive('archive/study-keys'),
        studyNames: masterKey.derive('archive/study-names'),
        index: masterKey.derive('archive/index'),
      },
      notes: noteKeeper(trail, options.log),
      nowMs,
      ...(options.onFatal ? { onFatal: options.onFatal } : {}),
    });
    reportReplay(archive, options.log);
    const budget = new QueryBudget(installation.config.queries, nowMs);
    const workplace: Workplace = { archive, nowMs, budget };
    return {
      workplace,
      async close() {
        await archive.close();
        await trail.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Where the index lives while it is open: never on a disk, where it could be read at rest. */
export function indexFolderOf(installation: OpenInstallation): string | undefined {
  if (!existsSync(MEMORY_FOLDER)) return undefined;
  return join(MEMORY_FOLDER, `leadglass-${process.getuid?.() ?? 0}-${installation.id}`);
}

function noteKeeper(trail: AuditTrail, log: Log): NoteKeeper<TrailEntry> {
  return {
    seal: (entries) => trail.seal(entries),
    settle: (ok) => trail.settle(ok),
    sync: () => trail.sync(),
    replay(sealed) {
      try {
        return trail.replay(sealed);
      } catch (error) {
        // Behind a torn write stand entries that were never acknowledged: they had no commit.
        if (!(error instanceof AuditTrailError) || error.code !== 'OUT_OF_ORDER') throw error;
        log('warn', 'a trail entry of an unfinished commit was left out');
        return false;
      }
    },
  };
}

function reportReplay(archive: Archive<TrailEntry>, log: Log): void {
  const { instances, notes, incomplete, damage } = archive.replayed;
  if (instances + notes > 0) log('info', 'brought index and trail up to date', { instances, notes });
  if (incomplete.length > 0) log('warn', 'unfinished instances were left out', { count: incomplete.length });
  for (const place of damage) log('warn', 'a stretch of a pack is not readable', { ...place });
}

export interface RunningServer {
  httpsPort: number;
  dicomTLSPort: number;
  dicomPlainPort: number | undefined;
  workplace: Workplace;
  /** Lets running work finish, then stops. */
  close(): Promise<void>;
}

/** Starts the archive with its doors. */
export async function startServer(
  installation: OpenInstallation,
  options: { log: Log; onFatal?: (error: Error) => void },
): Promise<RunningServer> {
  const { config, folders } = installation;
  const registry = DeviceRegistry.open(folders.registryFile);
  const plain = plainListener(config, registry.plainDevices().length);
  const open = await openWorkplace(installation, options);
  const { workplace } = open;
  const system = { principal: systemPrincipal() };
  try {
    await carryOut(workplace, 'start', system, {}, () => undefined);
    const refusals = new Refusals(workplace);
    const { caCertPem, serverKeyPem, serverCertPem } = installation;
    const dimse = new DimseDoor({
      aeTitle: config.aeTitle,
      registry,
      workplace,
      refusals,
      tls: { caCertPem, serverKeyPem, serverCertPem },
      associationsMax: config.dimse.associationsMax,
      idleTimeoutMs: config.dimse.idleTimeoutSeconds * 1000,
      onError: (error) => options.log('error', 'association', { reason: codeOf(error) }),
    });
    const stopWatching = registry.watch((change) => {
      dimse.endAssociations(change.revoked, change.revokedCertificates);
      if (change.problem) options.log('error', 'the device registry cannot be read: nobody is let in');
    });
    const https = new HttpsDoor({ keyPem: serverKeyPem, certPem: serverCertPem });
    const httpsPort = await https.listen(config.https.host, config.https.port);
    const dicomTLSPort = await dimse.listenTLS(config.dimse.tls.host, config.dimse.tls.port);
    const dicomPlainPort = plain ? await dimse.listenPlain(plain.host, plain.port) : undefined;
    return {
      httpsPort,
      dicomTLSPort,
      dicomPlainPort,
      workplace,
      async close() {
        stopWatching();
        await https.close();
        await dimse.close();
        await refusals.close();
        await carryOut(workplace, 'stop', system, {}, () => undefined);
        await open.close();
      },
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** A stable code for the log, never a message that could carry what a peer sent. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'UNKNOWN';
}

