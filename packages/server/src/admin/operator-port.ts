import {
  type Caller,
  carryOut,
  compareQuarantined,
  dropQuarantined,
  exportStudy,
  type Exporter,
  importFile,
  type ImportResult,
  listQuarantined,
  type QuarantineComparison,
  type QuarantineList,
  type RetrieveCounts,
  verify,
  type VerificationReport,
  type Workplace,
} from '../operations/index.ts';

export type VerifyProgress = { packs: number; of: number; instances: number };

/** What a person at the machine may do with the archive, whether it is served by another process or opened here. */
export interface OperatorPort {
  importFile(path: string): Promise<ImportResult>;
  exportStudy(
    studyInstanceUID: string,
    folder: string,
    onProgress?: (done: number, total: number) => void,
  ): Promise<RetrieveCounts>;
  verify(onProgress?: (done: VerifyProgress) => void): Promise<VerificationReport>;
  /** Some of what is in quarantine, and from where to go on; 0 is the beginning. */
  listQuarantined(after: number): Promise<QuarantineList>;
  /** How one differs from what is held under its UID. */
  compareQuarantined(sopInstanceUID: string, name: string): Promise<QuarantineComparison>;
  /** For good. Rejects when nothing of that name is in quarantine. */
  dropQuarantined(sopInstanceUID: string, name: string): Promise<void>;
  /** Leaves a trace of a change to the device registry, which is a file of its own. */
  recordDeviceChange(aeTitle: string, change: string): Promise<void>;
  close(): Promise<void>;
}

/** The port onto a workplace of this process. */
export function localOperatorPort(
  workplace: Workplace,
  caller: Caller,
  exporter: Exporter,
  close: () => Promise<void>,
): OperatorPort {
  return {
    importFile: (path) => importFile(workplace, caller, path),
    exportStudy: (uid, folder, onProgress) =>
      exportStudy(workplace, caller, uid, folder, exporter, onProgress),
    verify: (onProgress) => verify(workplace, caller, onProgress),
    listQuarantined: (after) => listQuarantined(workplace, caller, after),
    compareQuarantined: (uid, name) => compareQuarantined(workplace, caller, uid, name),
    dropQuarantined: (uid, name) => dropQuarantined(workplace, caller, uid, name),
    recordDeviceChange: (aeTitle, change) =>
      carryOut(workplace, 'manage-devices', caller, {}, (operation) =>
        operation.record('success', { detail: { aeTitle, change } }),
      ),
    close,
  };
}
