import {
  type Caller,
  carryOut,
  exportStudy,
  type Exporter,
  importFile,
  type ImportResult,
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
    recordDeviceChange: (aeTitle, change) =>
      carryOut(workplace, 'manage-devices', caller, {}, (operation) =>
        operation.record('success', { detail: { aeTitle, change } }),
      ),
    close,
  };
}
