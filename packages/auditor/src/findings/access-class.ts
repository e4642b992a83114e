import type { AccessClass } from './finding.ts';
import type { SystemRecord } from './report-data.ts';

/** In the order in which they are printed. */
export const accessClasses: readonly AccessClass[] = ['A1', 'A2', 'A3', 'A4', 'A5', 'W', 'H', 'S'];

/** What a stranger can do. Each is proved for itself: a system with A2 need not have A3, nor one with W any of them. */
export const accessClassMeaning: Readonly<Record<AccessClass, string>> = {
  A1: 'speaks DICOM',
  A2: 'any AE title may associate',
  A3: 'queries are permitted',
  A4: 'records can be counted',
  A5: 'retrieval is permitted',
  W: 'writing is permitted',
  H: 'web access (DICOMweb or viewer) is open',
  S: 'a file share is open',
};

/** One letter or digit longer than the code, for narrow tables and CSV: 'A1 A2 A3 W'. */
export function accessClassText(classes: readonly AccessClass[]): string {
  return accessClasses.filter((one) => classes.includes(one)).join(' ');
}

/** Open by DICOM in the studies' sense: it answers questions, not only greetings (A3 or better). */
export function isOpenByDICOM({ accessClasses: classes, isHoneypot }: SystemRecord): boolean {
  return !isHoneypot && classes.some((one) => one === 'A3' || one === 'A4' || one === 'A5');
}

/** Open in any way that lets a stranger read or write: by DICOM, writing, web or share. */
export function isOpen({ accessClasses: classes, isHoneypot }: SystemRecord): boolean {
  return !isHoneypot && classes.some((one) => one !== 'A1' && one !== 'A2');
}

/** Has a door that speaks DICOM, whether or not it lets anybody in. */
export function speaksDICOM({ accessClasses: classes, openPorts }: SystemRecord): boolean {
  return (
    classes.includes('A1') ||
    openPorts.some(({ protocol }) => protocol === 'dicom' || protocol === 'dicom-tls')
  );
}
