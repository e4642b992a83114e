import type { Signs } from './signs.ts';

export interface Fingerprint {
  readonly product: string;
  readonly sign: keyof Signs;
  /** First group, if any, is the version. */
  readonly pattern: RegExp;
  /** 'named': the product says its name. 'likely': a toolkit or a family that others build on. */
  readonly confidence: 'named' | 'likely';
  /** Versions written without dots: '369' is 3.6.9. */
  readonly isDigits?: boolean;
}

/**
 * Signs of products. Names an OEM gave come before the toolkits underneath: the implementation version name often
 * names only the toolkit, the class UID may name who built on it.
 */
export const fingerprints: readonly Fingerprint[] = [
  { product: 'Leadglass', sign: 'implementationVersionName', pattern: /^LEADGLASS/, confidence: 'named' },
  { product: 'Leadglass', sign: 'httpRealm', pattern: /^leadglass$/, confidence: 'named' },
  {
    product: 'Leadglass',
    sign: 'httpBody',
    pattern: /<title>Leadglass\b/i,
    confidence: 'named',
  },
  {
    product: 'Orthanc',
    sign: 'webVersion',
    pattern: /^Orthanc (\d[\d.]*)$/,
    confidence: 'named',
  },
  { product: 'OHIF', sign: 'webVersion', pattern: /^OHIF (\d[\d.]*)$/, confidence: 'named' },
  { product: 'Orthanc', sign: 'httpRealm', pattern: /^Orthanc Secure Area$/, confidence: 'named' },
  { product: 'Orthanc', sign: 'httpBody', pattern: /<title>Orthanc Explorer/i, confidence: 'named' },
  {
    product: 'Orthanc',
    sign: 'httpBody',
    pattern: /app\/explorer\.html|orthanc-explorer/i,
    confidence: 'named',
  },
  { product: 'Orthanc', sign: 'implementationVersionName', pattern: /^ORTHANC/i, confidence: 'named' },
  {
    product: 'Orthanc',
    sign: 'httpLocation',
    pattern: /(?:^|\/)app\/explorer\.html|(?:^|\/)ui\/app\//i,
    confidence: 'named',
  },
  {
    product: 'dcm4chee-arc',
    sign: 'httpLocation',
    pattern: /\/dcm4chee-arc(?:\/|$)|\/realms\/dcm4che\//i,
    confidence: 'named',
  },
  {
    product: 'dcm4chee-arc',
    sign: 'httpBody',
    pattern: /dcm4chee-arc|dcm4chee archive/i,
    confidence: 'named',
  },
  {
    product: 'dcm4che',
    sign: 'implementationVersionName',
    pattern: /^dcm4che-(\d[\d.]*)/,
    confidence: 'named',
  },
  {
    product: 'dcm4che',
    sign: 'implementationClassUID',
    pattern: /^1\.2\.40\.0\.13\.1\.(?:1|3)$/,
    confidence: 'likely',
  },
  {
    product: 'OHIF',
    sign: 'httpBody',
    pattern: /<title>[^<]{0,40}OHIF Viewer|ohif-viewer|"OHIF/i,
    confidence: 'named',
  },
  { product: 'MedDream', sign: 'httpBody', pattern: /<title>MedDream/i, confidence: 'named' },
  {
    product: 'DCMTK',
    sign: 'implementationVersionName',
    pattern: /^OFFIS_DCMTK_(\d{3})/,
    confidence: 'named',
    isDigits: true,
  },
  {
    product: 'DCMTK',
    sign: 'implementationClassUID',
    pattern: /^1\.2\.276\.0\.7230010\.3\.0\.(3\.\d\.\d)/,
    confidence: 'likely',
  },
  {
    product: 'pynetdicom',
    sign: 'implementationVersionName',
    pattern: /^PYNETDICOM_(\d{3})/,
    confidence: 'named',
    isDigits: true,
  },
  {
    product: 'pynetdicom',
    sign: 'implementationClassUID',
    pattern: /^1\.2\.826\.0\.1\.3680043\.9\.3811\.(\d+\.\d+\.\d+)/,
    confidence: 'likely',
  },
  {
    product: 'fo-dicom',
    sign: 'implementationVersionName',
    pattern: /^fo-dicom (\d[\d.]*)/i,
    confidence: 'named',
  },
  {
    product: 'fo-dicom',
    sign: 'implementationClassUID',
    pattern: /^1\.3\.6\.1\.4\.1\.30071\.8/,
    confidence: 'likely',
  },
  {
    product: 'MergeCOM',
    sign: 'implementationVersionName',
    pattern: /^MergeCOM3_(\d{3})/i,
    confidence: 'named',
    isDigits: true,
  },
  { product: 'OsiriX', sign: 'implementationVersionName', pattern: /^OSIRIX/i, confidence: 'named' },
  {
    product: 'OsiriX',
    sign: 'implementationClassUID',
    pattern: /^1\.2\.826\.0\.1\.3680043\.8\.1057/,
    confidence: 'likely',
  },
  { product: 'Horos', sign: 'implementationVersionName', pattern: /^HOROS/i, confidence: 'named' },
  {
    product: 'ClearCanvas',
    sign: 'implementationClassUID',
    pattern: /^1\.3\.6\.1\.4\.1\.25403/,
    confidence: 'likely',
  },
  {
    product: 'ConQuest',
    sign: 'implementationClassUID',
    pattern: /\.2\.135\.1066\.101/,
    confidence: 'likely',
  },
  {
    product: 'GE imaging device',
    sign: 'implementationClassUID',
    pattern: /^1\.2\.840\.113619\./,
    confidence: 'likely',
  },
  {
    product: 'Sante PACS Server',
    sign: 'implementationVersionName',
    pattern: /^SANTE/i,
    confidence: 'likely',
  },
  { product: 'Sante PACS Server', sign: 'httpBody', pattern: /Sante PACS Server/i, confidence: 'named' },
  { product: 'CTN', sign: 'implementationVersionName', pattern: /^MIRCTN\d/, confidence: 'named' },
  {
    product: 'CTN',
    sign: 'implementationClassUID',
    // MIR's own: the year of the demonstration it was made for, then the release.
    pattern: /^1\.2\.840\.113654\.2\.3\.\d{4}\.(\d+\.\d+\.\d+)$/,
    confidence: 'likely',
  },
  { product: 'PacsOne', sign: 'httpBody', pattern: /PacsOne Server/i, confidence: 'named' },
  { product: 'Dicoogle', sign: 'httpBody', pattern: /<title>Dicoogle/i, confidence: 'named' },
];
