/** Steps for one product, to close what some checks found. */
export interface ProductFix {
  /** Ids of the checks these steps answer. */
  readonly checks: readonly string[];
  readonly steps: readonly string[];
}

interface ProductFixes {
  /** Lower case; found anywhere in the product's name. */
  readonly names: readonly string[];
  readonly fixes: readonly ProductFix[];
}

const dimseOpen = ['D02', 'D03', 'D04', 'D05', 'D06', 'D07', 'D08', 'D09', 'D11', 'D12', 'D13'];
const tlsMissing = ['T01', 'T02', 'T03', 'T04', 'T08', 'T09', 'T10'];
const webOpen = ['W01', 'W02', 'W03', 'W04', 'W05', 'W06', 'W07', 'W08', 'W09'];
const outdated = ['D20', 'D21', 'W16'];

/** First match counts: an Orthanc may show DCMTK's name too. */
const products: readonly ProductFixes[] = [
  {
    names: ['orthanc'],
    fixes: [
      {
        checks: webOpen,
        steps: [
          'In orthanc.json set "AuthenticationEnabled": true and give every person an own entry in "RegisteredUsers"; delete orthanc:orthanc.',
          'Set "RemoteAccessAllowed": false when only the machine itself (or a reverse proxy on it) needs the web door.',
          'Switch HTTPS on ("SslEnabled", "SslCertificate") or let a reverse proxy do it.',
        ],
      },
      {
        checks: dimseOpen,
        steps: [
          'Set "DicomAlwaysAllowEcho", "DicomAlwaysAllowStore", "DicomAlwaysAllowFind", "DicomAlwaysAllowGet", "DicomAlwaysAllowMove" and "DicomAlwaysAllowFindWorklist" to false.',
          'Set "DicomCheckCalledAet": true and "DicomCheckModalityHost": true.',
          'List every device in "DicomModalities" with its AE title, address and port, and allow each only what it does ("AllowStore", "AllowFind", "AllowMove", "AllowGet").',
        ],
      },
      {
        checks: tlsMissing,
        steps: [
          'Set "DicomTlsEnabled": true with "DicomTlsCertificate", "DicomTlsPrivateKey" and "DicomTlsTrustedCertificates".',
          'Set "DicomTlsRemoteCertificateRequired": true, so that every caller shows a certificate.',
        ],
      },
      {
        checks: ['W14', 'S06'],
        steps: [
          'Set "ExecuteLuaEnabled": false, "WebDavEnabled": false and "RestApiWriteToFileSystemEnabled": false.',
        ],
      },
      {
        checks: outdated,
        steps: ['Update to 1.12.11 or newer; versions before 1.5.8 need no login at all.'],
      },
    ],
  },
  {
    names: ['dcm4chee', 'dcm4che'],
    fixes: [
      {
        checks: webOpen,
        steps: [
          'Run the secured variant of the archive with Keycloak, and change every password that is still "changeit" (user, admin, root, keycloak-admin).',
          'Offer the web services over HTTPS alone.',
        ],
      },
      {
        checks: dimseOpen,
        steps: [
          'In the archive’s device configuration, give each AE a list of accepted calling AE titles, and restrict which Query/Retrieve and Storage classes it offers as SCP.',
        ],
      },
      {
        checks: tlsMissing,
        steps: [
          'Use the device’s TLS connection on port 2762, demand client certificates on it, and uninstall the clear-text connection on 11112.',
        ],
      },
      {
        checks: ['W13', 'X08'],
        steps: [
          'Bind WildFly’s console (9990), Keycloak’s console and LDAP (389) to the local machine or the management network.',
        ],
      },
      {
        checks: outdated,
        steps: ['Update to the newest release of the archive and of its LDAP and Keycloak images.'],
      },
    ],
  },
  {
    names: ['pynetdicom'],
    fixes: [
      {
        checks: dimseOpen,
        steps: [
          'qrscp and storescp of pynetdicom are examples, not archives: stop them when nobody knows why they run.',
          'In a program of your own set require_called_aet = True and require_calling_aet to the titles you know.',
        ],
      },
      { checks: outdated, steps: ['Update pynetdicom to 3.0.4 or newer.'] },
    ],
  },
  {
    names: ['dcmtk', 'offis', 'dcmqrscp', 'storescp', 'wlmscpfs'],
    fixes: [
      {
        checks: dimseOpen,
        steps: [
          'dcmqrscp: in dcmqrscp.cfg name every peer in the HostTable and replace ANY in the AETable by these names; set MaxAssociations.',
          'storescp and wlmscpfs check no calling title: let a firewall admit named addresses only.',
        ],
      },
      {
        checks: tlsMissing,
        steps: [
          'Start with TLS (+tls with key and certificate), trust your own authority only (--add-cert-file) and require the peer’s certificate (--require-peer-cert).',
        ],
      },
      {
        checks: outdated,
        steps: ['Update DCMTK to 3.7.1 or newer, or to your distribution’s patched package.'],
      },
    ],
  },
  {
    names: ['osirix', 'horos'],
    fixes: [
      {
        checks: [...dimseOpen, 'D01'],
        steps: [
          'In Preferences, Listener: switch the DICOM listener off, or let it check the calling AE title and known locations.',
          'Let the machine’s firewall admit the archive and the modalities only.',
        ],
      },
      {
        checks: webOpen,
        steps: ['In Preferences, Web Server: switch it off, or require passwords and HTTPS.'],
      },
      {
        checks: outdated,
        steps: ['OsiriX 3.6.1 dates from 2009 and gets no updates: replace it, and isolate it until then.'],
      },
    ],
  },
  {
    names: ['conquest'],
    fixes: [
      {
        checks: dimseOpen,
        steps: [
          'List the devices you know in acrnema.map without wildcards, and let a firewall admit their addresses only.',
        ],
      },
      {
        checks: webOpen,
        steps: ['Remove the CGI web interface (dgate) from the web server, or put a login before it.'],
      },
    ],
  },
  {
    names: ['sante'],
    fixes: [
      {
        checks: [...outdated, 'X04'],
        steps: ['Update Sante PACS Server to 4.2.3 or newer and close its HL7 port to strangers.'],
      },
      { checks: webOpen, steps: ['Give every web user a password of their own and switch HTTPS on.'] },
    ],
  },
  {
    names: ['meddream'],
    fixes: [{ checks: outdated, steps: ['Update MedDream to 7.3.5.860 or newer.'] }],
  },
  {
    names: ['ohif'],
    fixes: [
      {
        checks: ['W16'],
        steps: ['Update OHIF to 3.12.2 or newer and forbid data sources that come from the URL.'],
      },
    ],
  },
  {
    names: ['philips vue', 'vue pacs'],
    fixes: [{ checks: outdated, steps: ['Ask Philips for 12.2.8.410 or newer (ICSMA-21-187-01).'] }],
  },
  {
    names: ['ge ', 'ge healthcare'],
    fixes: [
      {
        checks: outdated,
        steps: [
          'Ask GE service to change the maintenance credentials (CVE-2020-25175, CVE-2020-25179); customers cannot do it alone.',
          'Let the firewall admit the archive, the worklist server and GE’s service network only.',
        ],
      },
    ],
  },
  {
    names: ['clearcanvas'],
    fixes: [
      {
        checks: outdated,
        steps: ['ClearCanvas gets no updates any more: isolate it and plan its replacement.'],
      },
    ],
  },
  {
    names: ['nginx', 'apache'],
    fixes: [
      {
        checks: ['W10'],
        steps: ['Switch the directory listing off: "autoindex off;" (nginx), "Options -Indexes" (Apache).'],
      },
      {
        checks: ['W05'],
        steps: ['Redirect every request on port 80 to HTTPS and send Strict-Transport-Security.'],
      },
    ],
  },
];

/** Steps for this product and these checks; empty when the product is not known or nothing fits. */
export function productSteps(product: string | undefined, checks: ReadonlySet<string>): readonly string[] {
  if (product === undefined) return [];
  const name = product.toLowerCase();
  const entry = products.find(({ names }) => names.some((part) => name.includes(part)));
  return (entry?.fixes ?? [])
    .filter((fix) => fix.checks.some((check) => checks.has(check)))
    .flatMap(({ steps }) => steps);
}
