export { ImagingError } from './imaging-error.ts';
export type { ImagingErrorCode, ImagingErrorFacts } from './imaging-error.ts';
export { describeFrames, nativeFrameBits } from './frame-description.ts';
export type { DecodedFrame, FrameDescription, SampleLayout } from './frame-description.ts';
export { canDecode } from './decode-frame.ts';
export { canEncode } from './encodable.ts';
export { CINE_FRAMES_MAX, ENCODED_FRAME_MAX_BYTES } from './limits.ts';
export {
  FRAGMENT_START_BYTES,
  frameLocationsByStart,
  nativeFrame,
  nativeFrameRange,
} from './native-frames.ts';
export type { NativeFrameRange } from './native-frames.ts';
export { ImagingPool } from './pool/imaging-pool.ts';
export type { ImagingPoolOptions, JobOptions } from './pool/imaging-pool.ts';
export type { JobResults } from './pool/protocol.ts';
export { isPlainNative, transcodeInstance, withAllValues } from './transcode-instance.ts';
export type { FrameTranscoder, TranscodeInput } from './transcode-instance.ts';
export { renderInputs } from './rendering/render-inputs.ts';
export type { FrameRenderInputs, RenderInputs } from './rendering/render-inputs.ts';
export { checkRenderOptions } from './rendering/render-options.ts';
export type {
  RenderedMediaType,
  RenderOptions,
  Viewport,
  VOILUTFunction,
  Window,
} from './rendering/render-options.ts';
