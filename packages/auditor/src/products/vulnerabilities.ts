/** A published vulnerability of a product version. Backports are invisible, so a match is only ever potential. */
export interface VulnerabilityRow {
  readonly product: string;
  readonly id: string;
  /** See `isInRange`. '' matches every version, because the device does not say its own. */
  readonly affected: string;
  readonly title: string;
  readonly score?: number;
}

const rows = (
  product: string,
  affected: string,
  title: string,
  ids: string,
  score?: number,
): VulnerabilityRow[] =>
  ids.split(' ').map((id) => ({
    product,
    id: /^[A-Z]/.test(id) ? id : `CVE-${id}`,
    affected,
    title,
    ...(score === undefined ? {} : { score }),
  }));

/** By product, as the advisories name the affected versions. */
export const vulnerabilityTable: readonly VulnerabilityRow[] = [
  ...rows('DCMTK', '<=3.6.3', 'DCMTK up to 3.6.3', '2019-1010228'),
  ...rows(
    'DCMTK',
    '<3.6.7',
    'DCMTK before 3.6.7: path traversal and crash of its servers',
    '2022-2119 2022-2120 2022-2121',
  ),
  ...rows(
    'DCMTK',
    '<=3.6.8',
    'DCMTK up to 3.6.8',
    '2024-28130 2024-27628 2024-34508 2024-34509 2024-47796 2024-52333',
  ),
  ...rows('DCMTK', '=3.6.9', 'DCMTK 3.6.9', '2025-2357'),
  ...rows('DCMTK', '<=3.7.0', 'DCMTK up to 3.7.0', '2026-50003', 9.8),
  ...rows('DCMTK', '<=3.7.0', 'DCMTK up to 3.7.0', '2026-52868 2026-50254 2026-35505 2026-44628'),
  ...rows(
    'Orthanc',
    '<1.5.8',
    'Orthanc before 1.5.8: no authentication when remote access is on',
    '2025-0896',
    9.8,
  ),
  ...rows(
    'Orthanc',
    '<1.12.0',
    'Orthanc before 1.12.0: its configuration can be overwritten',
    '2023-33466',
    8.8,
  ),
  ...rows(
    'Orthanc',
    '<=1.12.10',
    'Orthanc up to 1.12.10: heap overflows of decoders and decompression bombs',
    '2026-5437 2026-5438 2026-5439 2026-5440 2026-5441 2026-5442 2026-5443 2026-5444 2026-5445',
  ),
  ...rows(
    'dcm4chee-arc',
    '=5.35.1',
    'dcm4chee-arc 5.35.1: takes unregistered AEs, merges and deletes without a right to, stops at a multipart body',
    '2026-105279 2026-105667 2026-97851 2026-101021',
  ),
  ...rows('pynetdicom', '>=1.0.0 <3.0.4', 'pynetdicom qrscp before 3.0.4: path traversal', '2026-56445', 9.1),
  ...rows('OHIF', '<=3.12.0', 'OHIF up to 3.12.0: a URL parameter leaks the token', '2026-12473', 8.2),
  ...rows(
    'Sante PACS Server',
    '<4.2.3',
    'Sante PACS Server before 4.2.3: HL7 message crashes it',
    '2025-53948',
  ),
  ...rows('Sante PACS Server', '=4.2.2', 'Sante PACS Server 4.2.2', '2025-14501'),
  ...rows(
    'MedDream',
    '<7.3.5.860',
    'MedDream before 7.3.5.860: code execution without a login',
    '2025-3483 2025-3484 2025-3485',
    9.8,
  ),
  ...rows('OsiriX', '<=14.0.1', 'OsiriX MD up to 14.0.1', '2025-27578 2025-31946'),
  ...rows('MergeCOM', '<5.18', 'Merge DICOM toolkit before 5.18', '2024-23912 2024-23913 2024-23914'),
  ...rows(
    'GE imaging device',
    '',
    'MDhex-Ray: maintenance credentials of more than a hundred GE models; ask the vendor',
    '2020-25175 2020-25179',
    9.8,
  ),
];

/**
 * Versions known to be past their end. A row stands here only with a source: an old release is not an end of life, and
 * what newer releases mend is in the table above.
 */
export const endOfLifeTable: readonly { product: string; affected: string; words: string }[] = [
  // By its own announcements: 3.5.4 of 2005-12-20, 3.6.0 of 2011-01-06, 3.6.2 of 2017-07-14; 3.6.1 was never released.
  {
    product: 'DCMTK',
    affected: '<=3.6.1',
    words:
      'releases up to 3.6.0 are from January 2011 and older; 3.6.1 names only snapshots before July 2017',
  },
  // Its last release is 3.2.0, which Debian has had unchanged since 2013; its notes of 2008 tell not to archive with it.
  {
    product: 'CTN',
    affected: '',
    words: 'software of demonstrations of the 1990s; nothing was released after 3.2.0 (2013 or before)',
  },
];
