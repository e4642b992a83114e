export { reportFormats, type ReportFormat } from './report-formats.ts';
export { reportFiles, writeReports, type ReportOptions } from './write-reports.ts';
export { renderHtml, type HTMLOptions } from './html/render-html.ts';
export { toSarif, type SARIFLog } from './sarif.ts';
export { toCsv, type TableName } from './csv.ts';
export {
  compareReports,
  writeComparison,
  type CompareOptions,
  type ComparisonReport,
} from './compare-report.ts';
export { letterFiles, writeLetters, type LetterOptions } from './letters/write-letters.ts';
export { languages, type Language } from './letters/letter-text.ts';
export { redact, type Audience } from './redact.ts';
export { notAskedText } from './headline.ts';
export { markdownSummary, terminalSummary } from './text-report.ts';
export { writeFiles } from './write-files.ts';
