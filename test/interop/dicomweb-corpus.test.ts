import { readFileSync } from 'node:fs';
import {
  type DicomJson,
  type DicomJsonAttribute,
  readPart10,
  Tag,
  toDicomJson,
  transferSyntax,
} from '@leadglass/dicom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpusMissingReason } from '../corpus/corpus.ts';
import { TestArchive } from '../support/archive.ts';
import { EXPLICIT_LITTLE_ENDIAN, sha256 } from '../support/instances.ts';
import { Scope } from '../support/scope.ts';
import { copyWithOwnUIDs, sortCorpus, type StorableFile } from '../support/storable.ts';
import { titleOf } from '../support/tools.ts';
import { createToken, multipart, partsOf, WebClient } from '../support/web-client.ts';

/** Files in one STOW request: small enough for the test to hold, large enough that one bad file has neighbours. */
const FILES_AT_ONCE = 24;
const AS_STORED = 'application/dicom; transfer-syntax=*';

const scope = new Scope();
let archive: TestArchive;
let client: WebClient;

beforeAll(async () => {
  if (corpusMissingReason !== undefined) return;
  archive = await TestArchive.create(scope, { config: '[queries]\nunconstrainedMaxMatches = 100000\n' });
  await archive.start();
  client = new WebClient(scope, archive, { token: await createToken(archive, 'store,find,get') });
});
afterAll(() => scope.close());

function urlOf({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: StorableFile): string {
  return `/dicom-web/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`;
}

describe.skipIf(corpusMissingReason !== undefined)(
  titleOf('Every storable file of the corpus through STOW-RS and WADO-RS', corpusMissingReason),
  () => {
    let files: StorableFile[] = [];

    test('is stored (PS3.18 10.5)', async () => {
      files = copyWithOwnUIDs(sortCorpus().storable, scope.folder('stow'));
      const refused: string[] = [];
      for (let at = 0; at < files.length; at += FILES_AT_ONCE) {
        const some = files.slice(at, at + FILES_AT_ONCE);
        const body = multipart(
          some.map(({ path }) => ({ type: 'application/dicom', body: readFileSync(path) })),
        );
        const answer = await client.ask('/dicom-web/studies', { method: 'POST', ...body });
        const report = JSON.parse(answer.body.toString('utf8')) as DicomJson;
        const stored = JSON.stringify(report['00081199'] ?? {});
        const left = some.filter(({ sopInstanceUID }) => !stored.includes(`"${sopInstanceUID}"`));
        refused.push(
          ...left.map(({ file }) => `${file}: ${answer.status} ${JSON.stringify(report['00081198'])}`),
        );
      }
      expect(refused).toEqual([]);
    });

    test('comes back bit for bit, one by one', async () => {
      const different: string[] = [];
      for (const file of files) {
        const { status, body } = await client.ask(urlOf(file), { headers: { Accept: AS_STORED } });
        const stored = readFileSync(file.path).subarray(file.dataSetOffset);
        const same = status === 200 && sha256(readDataSetOf(body)) === sha256(stored);
        if (!same) different.push(`${file.file} ${status}`);
      }
      expect(different).toEqual([]);
    });

    test('comes back bit for bit, study by study', async () => {
      const sums = new Set(
        files.map(({ path, dataSetOffset }) => sha256(readFileSync(path).subarray(dataSetOffset))),
      );
      let count = 0;
      for (const study of new Set(files.map(({ studyInstanceUID }) => studyInstanceUID))) {
        const answer = await client.ask(`/dicom-web/studies/${study}`, {
          headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
        });
        expect(answer.status).toBe(200);
        for (const { body } of partsOf(answer)) {
          expect(sums.has(sha256(readDataSetOf(body)))).toBe(true);
          count++;
        }
      }
      expect(count).toBe(files.length);
    });

    test('has the metadata of its file, values that are links included (PS3.18 Annex F)', async () => {
      const different: string[] = [];
      for (const file of files) {
        const [ours] = (await client.json(`${urlOf(file)}/metadata`)) as DicomJson[];
        const theirs = toDicomJson(readPart10(new Uint8Array(readFileSync(file.path))).dataSet);
        different.push(...(await differences(ours ?? {}, theirs)).map((path) => `${file.file} ${path}`));
      }
      expect(different).toEqual([]);
    });

    test('in Explicit VR Little Endian means the same; what cannot be decoded is 406; frames are its pixels', async () => {
      const different: string[] = [];
      let converted = 0;
      let decoded = 0;
      for (const file of files) {
        const syntax = transferSyntax(file.transferSyntaxUID);
        const isNative = syntax?.encapsulated === false && syntax.codec === 'native';
        const { status, headers, body } = await client.ask(urlOf(file), {
          headers: { Accept: 'application/dicom' },
        });
        if (status === 406 && !isNative) continue;
        expect(headers['content-type']).toBe(`application/dicom; transfer-syntax=${EXPLICIT_LITTLE_ENDIAN}`);
        const [ours, theirs] = [
          readPart10(new Uint8Array(body)),
          readPart10(new Uint8Array(readFileSync(file.path))),
        ];
        if (!isNative) {
          // Whether its pixels are right is told by the tests of the imaging room.
          decoded++;
          const same = ours.dataSet.string(Tag.SOPInstanceUID) === theirs.dataSet.string(Tag.SOPInstanceUID);
          const { PixelData } = Tag;
          if (!same || ours.dataSet.get(PixelData)?.fragments !== undefined) different.push(file.file);
          continue;
        }
        converted++;
        const [left, right] = [toDicomJson(ours.dataSet), toDicomJson(theirs.dataSet)];
        if (JSON.stringify(left) !== JSON.stringify(right)) different.push(file.file);
        const pixels = right['7FE00010']?.InlineBinary;
        if (pixels === undefined) continue;
        const frames = await client.ask(`${urlOf(file)}/frames/1`, {
          headers: { Accept: 'application/octet-stream' },
        });
        // What cannot be told apart is not guessed.
        if (frames.status === 406) continue;
        const whole = Buffer.from(pixels, 'base64');
        const isFirst = frames.status === 200 && whole.subarray(0, frames.body.length).equals(frames.body);
        const bits = theirs.dataSet.number(Tag.BitsAllocated) ?? 8;
        if (!isFirst && bits % 8 === 0) different.push(`${file.file} frame ${frames.status}`);
      }
      expect(different).toEqual([]);
      expect(converted).toBeGreaterThan(100);
      expect(decoded).toBeGreaterThan(50);
    });

    test('is found by its UIDs, and its series in one ready answer', async () => {
      for (const series of new Set(files.map((file) => urlOf(file).replace(/\/instances\/.*/, '')))) {
        const wanted = files
          .filter((file) => urlOf(file).startsWith(`${series}/`))
          .map((file) => file.sopInstanceUID);
        const [found, metadata] = [
          (await client.json(`${series}/instances`)) as DicomJson[],
          (await client.json(`${series}/metadata`)) as DicomJson[],
        ];
        for (const records of [found, metadata]) {
          expect(records.map((record) => String(record['00080018']?.Value?.[0])).sort()).toEqual(
            wanted.sort(),
          );
        }
      }
    });
  },
);

function readDataSetOf(file: Uint8Array): Uint8Array {
  return file.subarray(readPart10(new Uint8Array(file)).header.dataSetOffset);
}

/** Paths at which the two differ; values behind links are fetched and compared. */
async function differences(ours: DicomJson, theirs: DicomJson, path = ''): Promise<string[]> {
  const found: string[] = [];
  for (const tag of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const [left, right] = [ours[tag], theirs[tag]];
    // Available Transfer Syntax UID is ours to add.
    if (tag === '00083002' && right === undefined) continue;
    if (left?.vr === 'SQ' && right?.vr === 'SQ') {
      const [items, others] = [left.Value ?? [], right.Value ?? []] as [DicomJson[], DicomJson[]];
      if (items.length !== others.length) found.push(path + tag);
      for (const [index, item] of items.entries()) {
        found.push(...(await differences(item, others[index] ?? {}, `${path}${tag}/${index}/`)));
      }
    } else if (left?.BulkDataURI !== undefined) {
      if (!(await linkLeadsTo(left.BulkDataURI, right))) found.push(`${path}${tag} link`);
    } else if (JSON.stringify(left) !== JSON.stringify(right)) found.push(path + tag);
  }
  return found;
}

async function linkLeadsTo(uri: string, value: DicomJsonAttribute | undefined): Promise<boolean> {
  // Fragments have no inline form: the round trip has their bytes, here they must be there.
  const accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
  const answer = await client.ask(uri, { headers: { Accept: accept } });
  if (answer.status !== 200) return false;
  const [part] = partsOf(answer);
  if (value?.InlineBinary !== undefined) return part?.body.toString('base64') === value.InlineBinary;
  return part !== undefined;
}
