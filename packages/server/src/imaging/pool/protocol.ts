import type { FrameDescription, SampleLayout } from '../frame-description.ts';
import type { ImagingErrorCode, ImagingErrorFacts } from '../imaging-error.ts';
import type { RenderInputs } from '../rendering/render-inputs.ts';
import type { RenderOptions } from '../rendering/render-options.ts';

/** What a worker can be asked to do. Plain objects: they are cloned on their way. */
export type Job =
  | { readonly kind: 'decode'; readonly description: FrameDescription; readonly bytes: Uint8Array }
  | {
      readonly kind: 'transcode';
      readonly description: FrameDescription;
      readonly bytes: Uint8Array;
      readonly transferSyntaxUID: string;
    }
  | {
      readonly kind: 'render';
      readonly inputs: RenderInputs;
      readonly frames: readonly Uint8Array[];
      readonly options: RenderOptions;
    };

export type JobKind = Job['kind'];

export interface JobRequest {
  readonly id: number;
  readonly job: Job;
}

/** What comes of each kind of job. */
export interface JobResults {
  readonly decode: { readonly layout: SampleLayout; readonly samples: Uint8Array<ArrayBuffer> };
  readonly transcode: { readonly layout: SampleLayout; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly render: {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly mediaType: string;
    readonly rows: number;
    readonly columns: number;
  };
}

export type JobResult = JobResults[JobKind];

export type JobReply =
  | { readonly id: number; readonly result: JobResult }
  | { readonly id: number; readonly code: ImagingErrorCode; readonly facts: ImagingErrorFacts };

/** What a worker is started with. */
export interface ImagingWorkerData {
  readonly codecMemoryMaxBytes: number;
}
