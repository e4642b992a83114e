/** Pixels of a frame. The largest detectors have 20 million, slides are tiled; above it a header is a forgery more
 *  often than an image, and every codec would take several times this many bytes. */
export const PIXELS_PER_FRAME_MAX = 128 * 1024 * 1024;

/** Bytes of a frame when decoded: what a worker may be asked to hold at once beside its codec. */
export const DECODED_FRAME_MAX_BYTES = 256 * 1024 * 1024;

/** Bytes of a frame as stored, compressed or not: no codec grows a frame by more than a little. */
export const ENCODED_FRAME_MAX_BYTES = 272 * 1024 * 1024;

/** Samples of a pixel: colour has three, four were retired with CMYK and ARGB; nothing here takes more. */
export const SAMPLES_PER_PIXEL_MAX = 4;

/** Frames of an instance. Whole slides reach hundreds of thousands. */
export const FRAMES_MAX = 16 * 1024 * 1024;

/** Marker segments before the first scan of a JPEG codestream; a few dozen are usual, each costs a step of a loop. */
export const JPEG_SEGMENTS_MAX = 1024;

/** Tiles of a JPEG 2000 codestream: the decoder takes some kilobytes for each before it reads one of them. */
export const JPEG_2000_TILES_MAX = 4096;

/** Boxes of a JP2 file before its codestream. */
export const JP2_BOXES_MAX = 64;

/** Entries of a lookup table: its descriptor counts in 16 bits, 0 meaning 65536 (PS3.3 C.11.1.1). */
export const LUT_ENTRIES_MAX = 65536;

/** Items of a sequence of windows, LUTs or overlays that are looked at: more than a person could choose from. */
export const ITEMS_MAX = 64;

/** Vertices of a polygonal shutter: each costs a test for every line. */
export const SHUTTER_VERTICES_MAX = 1024;

/** Rows and columns of a rendered image: what a screen can show, and a browser would take from an img element. */
export const RENDERED_EXTENT_MAX = 16384;

/** Pixels of a rendered image: a frame of the largest detectors at its own size, and some. */
export const RENDERED_PIXELS_MAX = 64 * 1024 * 1024;

/** Frames of a rendered cine loop: a minute at 10 to 30 frames a second. */
export const CINE_FRAMES_MAX = 1024;

/** Pixels of all frames of a rendered cine loop, which is made in memory: 256 frames of 512 rows and columns. */
export const CINE_PIXELS_MAX = 64 * 1024 * 1024;

/** Memory a WebAssembly codec may grow to. OpenJPEG takes some twelve bytes a sample. */
export const CODEC_MEMORY_MAX_BYTES = 1024 * 1024 * 1024;

/** A codec that grew beyond this is let go after its job: WebAssembly memory never shrinks. */
export const CODEC_MEMORY_KEPT_BYTES = 192 * 1024 * 1024;
