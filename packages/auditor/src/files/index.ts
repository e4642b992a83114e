export { auditFiles } from './audit-files.ts';
export type { AuditFilesOptions, FilesProgress } from './audit-files.ts';
export { registerFilesCommand } from './command.ts';
export type { FilesCommandContext, ReportFlagReader } from './command.ts';
export { fileCheckMetas } from './file-check-metas.ts';
export type { FileCheck, FileFacts, FileVisitor, Notes } from './file-check.ts';
export { nameOf, reportOf } from './files-result.ts';
export type { FilesResult, ReportContext, RootResult } from './files-result.ts';
export type { FlaggedFile, KindCount, TallyData } from './tally.ts';
