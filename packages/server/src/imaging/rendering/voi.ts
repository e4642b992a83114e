import type { Lut } from './lut.ts';
import { lookUp } from './lut.ts';
import type { Window } from './render-options.ts';

/** Stored values to values of meaning (PS3.3 C.11.1): a table, or slope and intercept. */
export type ModalityTransform =
  | { readonly kind: 'linear'; readonly slope: number; readonly intercept: number }
  | { readonly kind: 'lut'; readonly lut: Lut };

/** Values of meaning to 0...1. */
export type ValuesOfInterest =
  { readonly kind: 'window'; readonly window: Window } | { readonly kind: 'lut'; readonly lut: Lut };

export function modalityValue(transform: ModalityTransform, stored: number): number {
  return transform.kind === 'linear'
    ? stored * transform.slope + transform.intercept
    : lookUp(transform.lut, stored);
}

/** Where in the output range, 0 to 1, a value lies. */
export function interestValue(interest: ValuesOfInterest, value: number): number {
  if (interest.kind === 'lut') return lookUp(interest.lut, value) / (2 ** interest.lut.bits - 1);
  return windowed(interest.window, value);
}

/** PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT). */
export function windowed({ center, width, function: shape }: Window, value: number): number {
  switch (shape) {
    case 'SIGMOID':
      return 1 / (1 + Math.exp((-4 * (value - center)) / width));
    case 'LINEAR_EXACT':
      return clamp((value - center) / width + 0.5);
    case 'LINEAR':
      if (value <= center - 0.5 - (width - 1) / 2) return 0;
      if (value > center - 0.5 + (width - 1) / 2) return 1;
      return clamp((value - (center - 0.5)) / (width - 1) + 0.5);
  }
}

function clamp(level: number): number {
  return Math.min(Math.max(level, 0), 1);
}
