/** An image for people: 8 bits a sample, grey or RGB by pixel, square pixels unless said otherwise. */
export interface RenderedImage {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array<ArrayBuffer>;
}
