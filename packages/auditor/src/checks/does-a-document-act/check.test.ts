import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Tag } from '@leadglass/dicom';
import { buildFile, changed, countedBy, exposedBy } from '../../files/testing/build-file.ts';

function documentFile(document: string | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(document as string, 'latin1'));
  const even = new Uint8Array(bytes.length + (bytes.length % 2));
  even.set(bytes);
  return buildFile({
    dataSet: changed((dataSet) => {
      dataSet.delete(Tag.PixelData);
      dataSet.set(Tag.EncapsulatedDocument, even, 'OB');
    }),
  });
}

const page = '%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n';
const filler = 'x'.repeat(200_000);

describe('P04: an encapsulated document acts (PS3.3 C.24.2)', () => {
  test.each([
    ['pdf-javascript', `${page}<< /S /JavaScript /JS (app.alert(1)) >>`],
    ['pdf-javascript', `${page}<< /S /J#61vaScript >>`],
    ['pdf-launch', `${page}<< /S /Launch /F (calc.exe) >>`],
    ['pdf-open-action', `${page}<< /OpenAction << /S /URI >> >>`],
    ['pdf-embedded-file', `${page}<< /Type /EmbeddedFile >>`],
    ['pdf-form', `${page}<< /XFA 5 0 R >>`],
    ['html-script', '<html><body><script>x()</script></body></html>'],
    ['html-script', '<a href="javascript:x()">'],
    ['html-event', '<ClinicalDocument><img src="x" onerror="x()"></ClinicalDocument>'],
    ['xml-entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a/>'],
    ['program', '#!/bin/sh\n'],
  ])('%s in a short document', async (kind, document) => {
    expect(await exposedBy('P04', documentFile(document))).toEqual([kind]);
  });

  test('behind more bytes than are kept of other values, across the edges of what is read at once', async () => {
    for (const before of [65_000, 65_200, 131_000, 200_000]) {
      const document = `${page}${filler.slice(0, before)}<< /S /JavaScript >>${filler}`;
      expect(await exposedBy('P04', documentFile(document))).toEqual(['pdf-javascript']);
    }
  });

  test('inside a compressed stream', async () => {
    const stream = deflateSync('<< /S /Launch >>').toString('latin1');
    const document = `${page}2 0 obj << /Filter /FlateDecode >> stream\r\n${stream}\r\nendstream endobj`;
    expect(await exposedBy('P04', documentFile(document))).toEqual(['pdf-launch']);
  });

  test('a stream that inflates without end costs a bounded time', async () => {
    const stream = deflateSync(Buffer.alloc(64 * 1024 * 1024)).toString('latin1');
    expect(await exposedBy('P04', documentFile(`${page}stream\n${stream}\nendstream`))).toEqual([]);
  });

  test.each([
    ['a PDF that turns to its first page', `${page}<< /OpenAction [3 0 R /Fit] >> ${filler}`],
    ['plain CDA', '<?xml version="1.0"?><ClinicalDocument><title>Report</title></ClinicalDocument>'],
  ])('%s is silent, and counted', async (_, document) => {
    expect(await exposedBy('P04', documentFile(document))).toEqual([]);
    expect(await countedBy('P04', documentFile(document))).toEqual(['documents']);
  });

  test('what is encrypted is said to be', async () => {
    expect(await countedBy('P04', documentFile(`${page}<< /Encrypt 9 0 R >>`))).toEqual([
      'documents',
      'pdf-encrypted',
    ]);
  });

  test('an image holds no document', async () => {
    expect(await countedBy('P04', buildFile())).toEqual([]);
  });
});
