import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DataSet,
  Tag,
  transferSyntax,
  TransferSyntaxUID,
  writeDataSet,
  writePart10Header,
} from '@leadglass/dicom';
import { parseServiceAddress } from '../address.ts';
import { type ConnectionOptions, HttpConnection } from '../http-connection.ts';

/** A service on loopback that answers as the test says. */
export class FakeService {
  readonly #server: Server;
  readonly #connections: HttpConnection[] = [];
  /** Method and path of every request. */
  readonly asked: string[] = [];
  handler: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

  private constructor(handler: FakeService['handler']) {
    this.handler = handler;
    this.#server = createServer((request, response) => {
      this.asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('error', () => undefined);
      request.on('end', () => this.handler(request, response, Buffer.concat(pieces)));
    });
  }

  static async start(handler: FakeService['handler']): Promise<FakeService> {
    const service = new FakeService(handler);
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/dicom-web`;
  }

  connect(options: Partial<ConnectionOptions> = {}): HttpConnection {
    const connection = new HttpConnection({
      address: parseServiceAddress(this.url),
      userAgent: 'TEST',
      ...options,
    });
    this.#connections.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function answerJSON(response: ServerResponse, json: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/dicom+json' }).end(JSON.stringify(json));
}

export interface Sample {
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

export const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';

/** A small DICOM file. */
export function sampleFile(
  { sopInstanceUID, studyInstanceUID, seriesInstanceUID }: Sample,
  pixels: Uint8Array = new Uint8Array(64),
): Buffer {
  const syntax = transferSyntax(TransferSyntaxUID.ExplicitVRLittleEndian);
  if (syntax === undefined) throw new Error('explicit VR little endian is always known');
  const dataSet = new DataSet();
  const text = (tag: number, value: string): unknown => dataSet.set(tag, Buffer.from(value, 'latin1'), 'UI');
  dataSet.set(Tag.SOPClassUID, CT_IMAGE_STORAGE);
  // As bytes: hostile ones are no UIDs.
  text(Tag.SOPInstanceUID, sopInstanceUID);
  text(Tag.StudyInstanceUID, studyInstanceUID);
  text(Tag.SeriesInstanceUID, seriesInstanceUID);
  dataSet.set(Tag.PixelData, pixels, 'OW');
  const header = writePart10Header({
    sopClassUID: CT_IMAGE_STORAGE,
    sopInstanceUID: '1.2.3',
    transferSyntaxUID: TransferSyntaxUID.ExplicitVRLittleEndian,
    implementationClassUID: '2.25.9',
  });
  return Buffer.concat([header, writeDataSet(dataSet, syntax)]);
}

/** A record of a search for instances. */
export const recordOf = ({ sopInstanceUID, studyInstanceUID, seriesInstanceUID }: Sample): object => ({
  '00080018': { vr: 'UI', Value: [sopInstanceUID] },
  '0020000D': { vr: 'UI', Value: [studyInstanceUID] },
  '0020000E': { vr: 'UI', Value: [seriesInstanceUID] },
});

/** multipart/related of files. */
export function multipartOf(files: readonly Uint8Array[]): { type: string; body: Buffer } {
  const boundary = 'a-boundary-of-the-test';
  const parts = files.flatMap((file) => [
    Buffer.from(`\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    file,
  ]);
  return {
    type: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** Waits that are over at once. */
export const noWaiting = { sleep: (): Promise<void> => Promise.resolve(), random: (): number => 0.5 };
