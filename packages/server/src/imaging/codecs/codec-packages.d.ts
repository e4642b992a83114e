// The packages of WebAssembly codecs come without types. What is used of them, and no more.

interface CodecModuleBase {
  /** All memory of the module; another array after it grew. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
}

interface CodecOutput {
  print?: (text: string) => void;
  printErr?: (text: string) => void;
}

interface CodecFrameInfo {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
  isSigned: boolean;
  isUsingColorTransform: boolean;
}

interface CodecDecoder {
  /** A view of the module's memory, to be filled. */
  getEncodedBuffer(length: number): Uint8Array<ArrayBuffer>;
  decode(): void;
  getDecodedBuffer(): Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
  getFrameInfo(): CodecFrameInfo;
  delete(): void;
}

interface CodecEncoder {
  getDecodedBuffer(frameInfo: Partial<CodecFrameInfo>): Uint8Array<ArrayBuffer>;
  encode(): void;
  getEncodedBuffer(): Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
  delete(): void;
}

declare module '@cornerstonejs/codec-charls/wasmjs' {
  interface JpegLSDecoder extends CodecDecoder {
    /** 0: by plane, 1: by line, 2: by pixel; samples come out by pixel from 1 and 2. */
    getInterleaveMode(): number;
  }
  interface JpegLSEncoder extends CodecEncoder {
    setNearLossless(near: number): void;
    setInterleaveMode(mode: number): void;
  }
  interface CharLS extends CodecModuleBase {
    readonly JpegLSDecoder: new () => JpegLSDecoder;
    readonly JpegLSEncoder: new () => JpegLSEncoder;
  }
  export default function create(output: CodecOutput): Promise<CharLS>;
}

declare module '@cornerstonejs/codec-openjpeg/wasmjs' {
  interface OpenJPEG extends CodecModuleBase {
    readonly J2KDecoder: new () => CodecDecoder;
  }
  export default function create(output: CodecOutput): Promise<OpenJPEG>;
}

declare module '@cornerstonejs/codec-openjph/wasmjs' {
  interface HTJ2KEncoder extends CodecEncoder {
    setDecompositions(decompositions: number): void;
    setQuality(lossless: boolean, quantizationStep: number): void;
    setProgressionOrder(order: number): void;
    setBlockDimensions(size: { width: number; height: number }): void;
    setTLMMarker(isSet: boolean): void;
    setTilePartDivisionsAtResolutions(isSet: boolean): void;
  }
  interface OpenJPH extends CodecModuleBase {
    readonly HTJ2KDecoder: new () => CodecDecoder;
    readonly HTJ2KEncoder: new () => HTJ2KEncoder;
  }
  export default function create(output: CodecOutput): Promise<OpenJPH>;
}

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs' {
  interface JPEGEncoder extends CodecEncoder {
    setProgressive(isSet: number): void;
    setQuality(quality: number): void;
    /** 0: 4:4:4, 1: 4:2:2, 2: 4:2:0. */
    setSubSampling(sampling: number): void;
  }
  interface LibJpegTurbo extends CodecModuleBase {
    readonly JPEGDecoder: new () => CodecDecoder;
    readonly JPEGEncoder: new () => JPEGEncoder;
  }
  export default function create(output: CodecOutput): Promise<LibJpegTurbo>;
}

// What of WebAssembly this room touches; the library of the compiler has it only for browsers.
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Memory: { readonly prototype: Memory };
}
