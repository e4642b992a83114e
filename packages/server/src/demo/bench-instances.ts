import { DataSetReader, Tag, transferSyntax } from '@leadglass/dicom';
import type { DataSet, TransferSyntax } from '@leadglass/dicom';
import { ChestPhantom } from './chest-phantom.ts';
import { encoded } from './demo-instances.ts';
import type { DemoInstance } from './demo-instances.ts';
import { ctReport } from './documents.ts';
import { ctImage, ctImages, lesionSliceNumber } from './head-images.ts';
import { HeadPhantom } from './head-phantom.ts';
import { series, setPixels, study } from './modules.ts';
import type { Series } from './modules.ts';
import { Grain } from './noise.ts';
import { dxImage } from './other-images.ts';
import { seededLongUID } from './random.ts';

export type BenchKind = 'CT' | 'DX' | 'SR';

export interface BenchOptions {
  /** Instances are spread over so many studies, one patient and one series each; one study after the other. */
  readonly studies: number;
  readonly seed?: number;
  /** Every instance comes in the same bytes: each is gone when the next is asked for. Costs no memory traffic. */
  readonly reuseBytes?: boolean;
}

/** 2560 x 2048 pixels of 2 bytes: 10.5 MB, as a flat panel's images are. */
const DX_ROWS = 2560;

/** Values that differ from instance to instance, and how long each always is. */
const patched = [
  Tag.SOPInstanceUID,
  Tag.StudyInstanceUID,
  Tag.SeriesInstanceUID,
  Tag.PatientID,
  Tag.AccessionNumber,
  Tag.InstanceNumber,
] as const;

/**
 * Instances to measure with: real attributes, real pixels, made by copying one encoded data set and writing other
 * identifiers over its own. A CT is 0.525 MB, a DX 10.5 MB, an SR about 3 KB.
 */
export function* benchInstances(
  kind: BenchKind,
  count: number,
  options: BenchOptions,
): Generator<DemoInstance> {
  const { studies, seed = 0, reuseBytes = false } = options;
  const template = templateOf(kind, seed);
  const perStudy = Math.ceil(count / studies);
  for (let index = 0; index < count; index++) {
    const studyNumber = Math.floor(index / perStudy);
    const identifiers = identifiersOf(`${kind} ${seed}`, studyNumber, index % perStudy);
    const dataSet = reuseBytes ? template.instance.dataSet : template.instance.dataSet.slice();
    for (const [at, tag] of patched.entries()) {
      template.put(identifiers[at] ?? '', dataSet.subarray(template.offsets.get(tag)));
    }
    yield {
      ...template.instance,
      sopInstanceUID: identifiers[0] ?? '',
      studyInstanceUID: identifiers[1] ?? '',
      dataSet,
    };
  }
}

/** Always of the same lengths: 44 for a UID, 12, 12 and 6. In the order of `patched`. */
function identifiersOf(name: string, studyNumber: number, instance: number): readonly string[] {
  const number = String(studyNumber + 1).padStart(6, '0');
  return [
    seededLongUID(0, `bench ${name} ${studyNumber} ${instance}`),
    seededLongUID(0, `bench ${name} study ${studyNumber}`),
    seededLongUID(0, `bench ${name} series ${studyNumber}`),
    `BENCH-${number}`,
    `ACCESS${number}`,
    String(instance + 1).padStart(6, '0'),
  ];
}

interface Template {
  readonly instance: DemoInstance;
  readonly offsets: ReadonlyMap<number, number>;
  readonly put: (text: string, into: Uint8Array) => unknown;
}

function templateOf(kind: BenchKind, seed: number): Template {
  const dataSet = dataSetOf(kind, seed);
  for (const [at, tag] of patched.entries()) dataSet.set(tag, identifiersOf('', 0, 0)[at] ?? '');
  const instance = encoded(dataSet);
  const reader = new DataSetReader(transferSyntax(instance.transferSyntaxUID) as TransferSyntax);
  reader.push(instance.dataSet);
  reader.end();
  const offsets = new Map(patched.map((tag) => [tag, reader.dataSet.get(tag)?.offset ?? 0]));
  const encoder = new TextEncoder();
  return { instance, offsets, put: (text, into) => encoder.encodeInto(text, into) };
}

function dataSetOf(kind: BenchKind, seed: number): DataSet {
  const person = {
    patientID: 'BENCH',
    name: 'Bench^Demo',
    characterSet: ['ISO_IR 100'],
    birthDate: '19700101',
    sex: 'O',
    age: 56,
    weight: 70,
  } as const;
  const exam = study(seed, person, 1, `Bench ${kind}`, 0);
  const of = (modality: string): Series => series(exam, 1, modality, 'Bench', 'HEAD');
  if (kind === 'CT') {
    const images = ctImages(new HeadPhantom(seed), new Grain(seed));
    return ctImage(of('CT'), images.pixels(lesionSliceNumber), lesionSliceNumber);
  }
  if (kind === 'SR') return ctReport(of('SR'), 1, of('CT'), lesionSliceNumber);
  return tallRadiograph(dxImage(of('DX'), 1, new ChestPhantom(seed).radiograph(1, new Grain(seed))));
}

/** The radiograph with its first rows once more at its foot. */
function tallRadiograph(dataSet: DataSet): DataSet {
  const pixels = dataSet.bytes(Tag.PixelData) as Uint8Array;
  const columns = dataSet.number(Tag.Columns) as number;
  const bytes = new Uint8Array(DX_ROWS * columns * 2);
  bytes.set(pixels);
  bytes.set(pixels.subarray(0, bytes.length - pixels.length), pixels.length);
  setPixels(dataSet, {
    rows: DX_ROWS,
    columns,
    bitsStored: 12,
    photometricInterpretation: 'MONOCHROME2',
    bytes,
  });
  return dataSet;
}
