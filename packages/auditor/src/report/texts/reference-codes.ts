/** One reference spelled out. */
export interface Reference {
  readonly code: string;
  /** 'HIPAA', 'GDPR', ...: what it is listed under. */
  readonly source: string;
  readonly text: string;
}

const known: Readonly<Record<string, readonly [source: string, text: string]>> = {
  Ha: ['HIPAA', '45 CFR 164.312(a): access control'],
  Hb: ['HIPAA', '45 CFR 164.312(b): audit controls'],
  Hc: ['HIPAA', '45 CFR 164.312(c): integrity'],
  Hd: ['HIPAA', '45 CFR 164.312(d): person or entity authentication'],
  He: ['HIPAA', '45 CFR 164.312(e): transmission security'],
  '164.312(a)(2)(ii)': ['HIPAA', '45 CFR 164.312(a)(2)(ii): emergency access procedure'],
  HC3: ['HIPAA', 'HHS Health Sector Cybersecurity Coordination Center: alerts on exposed image archives'],
  G32: ['GDPR', 'Article 32: security of processing'],
  'G5(1)f': ['GDPR', 'Article 5(1)(f): integrity and confidentiality'],
  G87: ['GDPR', 'Article 87: processing of the national identification number'],
  'N(a)': ['NIS2', 'Article 21(2)(a): risk analysis and information system security'],
  'N(b)': ['NIS2', 'Article 21(2)(b): incident handling'],
  'N(c)': ['NIS2', 'Article 21(2)(c): business continuity, backup management'],
  'N(d)': ['NIS2', 'Article 21(2)(d): supply chain security'],
  'N(e)': ['NIS2', 'Article 21(2)(e): security in acquisition, development and maintenance'],
  'N(f)': ['NIS2', 'Article 21(2)(f): assessing the effectiveness of measures'],
  'N(g)': ['NIS2', 'Article 21(2)(g): cyber hygiene and training'],
  'N(h)': ['NIS2', 'Article 21(2)(h): cryptography and encryption'],
  'N(i)': ['NIS2', 'Article 21(2)(i): access control, asset management'],
  'N(j)': ['NIS2', 'Article 21(2)(j): multi-factor authentication, secured communication'],
  'PR.AC-1': ['NIST SP 1800-24 (CSF 1.1)', 'PR.AC-1: identities and credentials are managed'],
  'PR.AC-3': ['NIST SP 1800-24 (CSF 1.1)', 'PR.AC-3: remote access is managed'],
  'PR.AC-4': ['NIST SP 1800-24 (CSF 1.1)', 'PR.AC-4: access permissions, least privilege'],
  'PR.AC-5': ['NIST SP 1800-24 (CSF 1.1)', 'PR.AC-5: network integrity, segmentation'],
  'PR.AC-7': ['NIST SP 1800-24 (CSF 1.1)', 'PR.AC-7: users and devices are authenticated'],
  'PR.DS-1': ['NIST SP 1800-24 (CSF 1.1)', 'PR.DS-1: data at rest is protected'],
  'PR.DS-2': ['NIST SP 1800-24 (CSF 1.1)', 'PR.DS-2: data in transit is protected'],
  'PR.DS-5': ['NIST SP 1800-24 (CSF 1.1)', 'PR.DS-5: protection against data leaks'],
  'PR.DS-6': ['NIST SP 1800-24 (CSF 1.1)', 'PR.DS-6: integrity checking'],
  'PR.IP-1': ['NIST SP 1800-24 (CSF 1.1)', 'PR.IP-1: baseline configuration'],
  'PR.PT-1': ['NIST SP 1800-24 (CSF 1.1)', 'PR.PT-1: audit records'],
  'PR.PT-3': ['NIST SP 1800-24 (CSF 1.1)', 'PR.PT-3: least functionality'],
  'PR.PT-4': ['NIST SP 1800-24 (CSF 1.1)', 'PR.PT-4: networks are protected'],
  'DE.CM-4': ['NIST SP 1800-24 (CSF 1.1)', 'DE.CM-4: malicious code is detected'],
  'DE.CM-8': ['NIST SP 1800-24 (CSF 1.1)', 'DE.CM-8: vulnerability scans'],
  A: ['PS3.15', 'Annex A: audit trail messages'],
  'A.5': ['PS3.15', 'A.5: audit trail message format'],
  'A.6': ['PS3.15', 'A.6: transmission of audit messages, syslog over TLS'],
  B4: ['PS3.15', 'B.4: basic user identity association profile'],
  B5: ['PS3.15', 'B.5: user identity plus passcode association profile'],
  B12: ['PS3.15', 'B.12: BCP 195 RFC 8996, 9325 TLS secure transport connection profile'],
  B13: ['PS3.15', 'B.13: modified BCP 195 RFC 8996, 9325 TLS secure transport connection profile'],
  'Annex E': ['PS3.15', 'Annex E: attribute confidentiality profiles (de-identification)'],
  E: ['PS3.15', 'Annex E: attribute confidentiality profiles (de-identification)'],
  'PS3.15-E': ['PS3.15', 'Annex E: attribute confidentiality profiles (de-identification)'],
  'PS3.15-E.3.1': ['PS3.15', 'E.3.1: clean pixel data option (burned-in text)'],
  'E.3.1': ['PS3.15', 'E.3.1: clean pixel data option (burned-in text)'],
  'PS3.8': ['DICOM', 'PS3.8: upper layer protocol, state machine and ARTIM timer'],
  'ITI-19': ['IHE', 'ITI-19: authenticate node (ATNA)'],
  'ITI-20': ['IHE', 'ITI-20: record audit event (ATNA)'],
  RFC8996: ['IETF', 'RFC 8996: TLS 1.0 and 1.1 are deprecated'],
  RFC9325: ['IETF', 'RFC 9325: recommendations for secure use of TLS'],
};

/** ISO/IEC 27001:2022 Annex A, the controls the checks speak of. */
const isoControls: Readonly<Record<string, string>> = {
  '5.14': 'information transfer',
  '5.15': 'access control',
  '5.16': 'identity management',
  '5.17': 'authentication information',
  '5.18': 'access rights',
  '5.34': 'privacy and protection of personal data',
  '8.2': 'privileged access rights',
  '8.3': 'information access restriction',
  '8.5': 'secure authentication',
  '8.6': 'capacity management',
  '8.7': 'protection against malware',
  '8.8': 'management of technical vulnerabilities',
  '8.9': 'configuration management',
  '8.12': 'data leakage prevention',
  '8.13': 'information backup',
  '8.15': 'logging',
  '8.16': 'monitoring activities',
  '8.20': 'network security',
  '8.21': 'security of network services',
  '8.22': 'segregation of networks',
  '8.24': 'use of cryptography',
};

/** CIS Critical Security Controls version 8. */
const cisControls: Readonly<Record<string, string>> = {
  '1': 'inventory of assets',
  '2': 'inventory of software',
  '3': 'data protection',
  '4': 'secure configuration',
  '5': 'account management',
  '6': 'access control management',
  '7': 'continuous vulnerability management',
  '8': 'audit log management',
  '9': 'e-mail and web browser protections',
  '10': 'malware defenses',
  '11': 'data recovery',
  '12': 'network infrastructure management',
  '13': 'network monitoring and defense',
  '14': 'security awareness',
  '15': 'service provider management',
  '16': 'application software security',
  '17': 'incident response management',
  '18': 'penetration testing',
};

const weaknesses: Readonly<Record<string, string>> = {
  '22': 'path traversal',
  '79': 'cross-site scripting',
  '89': 'SQL injection',
  '134': 'externally controlled format string',
  '400': 'uncontrolled resource consumption',
  '770': 'allocation of resources without limits',
};

/** Spells a reference code out. A code nobody knows is shown as it is: better odd than silently dropped. */
export function reference(code: string): Reference {
  const entry = known[code];
  if (entry !== undefined) return { code, source: entry[0], text: entry[1] };
  if (/^CVE-\d{4}-\d{4,}$/.test(code)) return { code, source: 'CVE', text: code };
  const [, kind = '', number = ''] = /^(I|C|CWE-|G)(\d[\d.]*)/.exec(code) ?? [];
  switch (kind) {
    case 'I':
      return {
        code,
        source: 'ISO/IEC 27001:2022',
        text: withTitle(`Annex A ${number}`, isoControls[number]),
      };
    case 'C':
      return { code, source: 'CIS Controls v8', text: withTitle(`Control ${number}`, cisControls[number]) };
    case 'CWE-':
      return { code, source: 'CWE', text: withTitle(`CWE-${number}`, weaknesses[number]) };
    case 'G':
      return { code, source: 'GDPR', text: `Article ${code.slice(1)}` };
    default:
      return { code, source: 'other', text: code };
  }
}

function withTitle(place: string, title: string | undefined): string {
  return title === undefined ? place : `${place}: ${title}`;
}
