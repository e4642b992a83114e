import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_AE_TITLE, type TestDevice } from './archive.ts';
import { freePort } from './free-port.ts';
import type { Scope } from './scope.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** What Orthanc calls the archive in its paths. */
export const LEADGLASS_MODALITY = 'leadglass';
/** Orthanc opens its database and its ports in a second or two; a busy machine takes longer. */
const START_TIMEOUT_MS = 40_000;
const GET_TRIES = 3;
const JOB_TIMEOUT_MS = 60_000;

/** A test's own AE that Orthanc calls, in clear text on loopback. */
export interface OrthancModality {
  readonly aeTitle: string;
  readonly port: number;
}

export interface OrthancOptions {
  readonly scope: Scope;
  /** Its certificate, for both directions: Orthanc demands one of its callers and shows it when it calls. */
  readonly device: TestDevice;
  /** Where the archive was told to find it. */
  readonly dicomPort: number;
  readonly archivePort: number;
  /** Further ones by name. */
  readonly modalities?: Readonly<Record<string, OrthancModality>>;
  /** Its DICOMweb plugin, which calls the archive as a client under the same name. */
  readonly dicomWeb?: OrthancDicomWeb;
}

export interface OrthancDicomWeb {
  readonly url: string;
  readonly token: string;
  /** Certificates that it trusts. */
  readonly caFile: string;
}

/** Where Debian's package has the plugin. */
const DICOMWEB_PLUGIN = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';

/** Why tests with the plugin cannot run; undefined when they can. */
export const dicomWebPluginMissing = existsSync(DICOMWEB_PLUGIN)
  ? undefined
  : 'not installed: orthanc-dicomweb';

/** An Orthanc of its own, over mutual TLS, steered through its REST API. */
export class Orthanc {
  readonly #httpPort: number;

  private constructor(httpPort: number) {
    this.#httpPort = httpPort;
  }

  static async start(options: OrthancOptions): Promise<Orthanc> {
    const folder = options.scope.folder('orthanc');
    const httpPort = await freePort();
    const file = join(folder, 'orthanc.json');
    writeFileSync(file, JSON.stringify(settings(folder, httpPort, options)));
    const log = { text: '' };
    const child = options.scope.spawn(toolPath('Orthanc') ?? 'Orthanc', [file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TCP_NODELAY: '1' },
    });
    child.stderr?.on('data', (bytes: Buffer) => (log.text = (log.text + bytes.toString()).slice(-4000)));
    const orthanc = new Orthanc(httpPort);
    await waitFor(
      'Orthanc',
      async () => {
        if (child.exitCode !== null) throw new Error(`Orthanc ended: ${log.text}`);
        return await orthanc.get('system').catch(() => undefined);
      },
      START_TIMEOUT_MS,
    );
    return orthanc;
  }

  async get(path: string): Promise<unknown> {
    return await (await this.#ask('GET', path)).json();
  }

  /** Its HTTP server closes a connection amid an answer now and then, when the machine is busy: asked again then. */
  async bytes(path: string): Promise<Uint8Array> {
    for (let triesLeft = GET_TRIES - 1; ; triesLeft--) {
      try {
        return new Uint8Array(await (await this.#ask('GET', path)).arrayBuffer());
      } catch (error) {
        // What `fetch` says of a broken connection; an answer that is an error is none.
        if (!(error instanceof TypeError) || triesLeft === 0) throw error;
      }
    }
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return await (await this.#ask('POST', path, JSON.stringify(body))).json();
  }

  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path);
  }

  /** Gives Orthanc's ID of the instance; undefined when Orthanc does not take the file. */
  async upload(file: string): Promise<string | undefined> {
    const response = await fetch(this.#url('instances'), { method: 'POST', body: readFileSync(file) });
    const answer = (await response.json()) as { ID?: string };
    return response.ok ? answer.ID : undefined;
  }

  /** Waits until something that runs in the background has left its pending state; gives what it became. */
  async settled(path: string, state: string, pending: readonly string[]): Promise<Record<string, unknown>> {
    return await waitFor(
      path,
      async () => {
        const found = (await this.get(path)) as Record<string, unknown>;
        return pending.includes(String(found[state])) ? undefined : found;
      },
      JOB_TIMEOUT_MS,
    );
  }

  async #ask(method: string, path: string, body?: string): Promise<Response> {
    const response = await fetch(this.#url(path), body === undefined ? { method } : { method, body });
    if (!response.ok)
      throw new Error(`Orthanc: ${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#httpPort}/${path}`;
  }
}

function settings(folder: string, httpPort: number, options: OrthancOptions): Record<string, unknown> {
  const { device, dicomPort, archivePort, modalities = {}, dicomWeb } = options;
  const modality = ({ aeTitle, port }: OrthancModality, isTLS: boolean): Record<string, unknown> => ({
    AET: aeTitle,
    Host: '127.0.0.1',
    Port: port,
    AllowEcho: true,
    AllowStore: true,
    AllowStorageCommitment: true,
    AllowTranscoding: false,
    UseDicomTls: isTLS,
  });
  const others = Object.entries(modalities).map(([name, other]) => [name, modality(other, false)]);
  return {
    Name: 'Interop',
    StorageDirectory: join(folder, 'storage'),
    IndexDirectory: join(folder, 'storage'),
    Plugins: dicomWeb === undefined ? [] : [DICOMWEB_PLUGIN],
    ...dicomWebSettings(dicomWeb),
    HttpPort: httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomPort: dicomPort,
    DicomAet: device.aeTitle,
    DicomCheckCalledAet: true,
    DicomAlwaysAllowStore: false,
    DicomAlwaysAllowEcho: false,
    UnknownSopClassAccepted: true,
    // What it holds goes out as it is, and what comes is kept as it is.
    TranscodeDicomProtocol: false,
    DicomTlsEnabled: true,
    DicomTlsCertificate: device.certFile,
    DicomTlsPrivateKey: device.keyFile,
    DicomTlsTrustedCertificates: device.caFile,
    DicomTlsRemoteCertificateRequired: true,
    DicomModalities: {
      ...Object.fromEntries(others),
      [LEADGLASS_MODALITY]: modality({ aeTitle: ARCHIVE_AE_TITLE, port: archivePort }, true),
    },
  };
}

function dicomWebSettings(dicomWeb: OrthancDicomWeb | undefined): Record<string, unknown> {
  if (dicomWeb === undefined) return {};
  const { url, token, caFile } = dicomWeb;
  return {
    HttpsVerifyPeers: true,
    HttpsCACertificates: caFile,
    DicomWeb: {
      Enable: true,
      Root: '/dicom-web/',
      Servers: {
        [LEADGLASS_MODALITY]: {
          Url: url,
          HttpHeaders: { Authorization: `Bearer ${token}` },
          HasDelete: false,
        },
      },
    },
  };
}
