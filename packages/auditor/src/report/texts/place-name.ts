import { unnamedPlace } from '../../findings/index.ts';

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** 'Germany (DE)' for an ISO 3166-1 code; anything else as the scope wrote it. */
export function placeName(place: string): string {
  if (place === unnamedPlace || !/^[A-Z]{2}$/.test(place)) return place;
  const name = names.of(place);
  return name === undefined ? place : `${name} (${place})`;
}
