/** Kinds of files beside findings.json. */
export const reportFormats = ['html', 'sarif', 'md', 'txt', 'csv'] as const;
export type ReportFormat = (typeof reportFormats)[number];
