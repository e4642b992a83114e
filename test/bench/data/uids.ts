/**
 * UIDs of the bench: 44 characters each, so that one can be written over another in a message that is framed already.
 * Under 2.25 (PS3.5 B.2); the number of the run keeps each measured round apart from all others.
 */
export interface InstancePlace {
  /** Counted over the whole bench. */
  readonly run: number;
  readonly association: number;
  /** Within its association. */
  readonly study: number;
  /** Within its study. */
  readonly instance: number;
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** 38 digits after the leading 1 stay below 2^128, as 2.25 wants it. */
function uid(role: number, { run, association, study }: InstancePlace, instance: number): string {
  return `2.25.1${digits(role, 6)}${digits(run, 12)}${digits(association, 4)}${digits(study, 8)}${digits(instance, 8)}`;
}

export const studyUID = (place: InstancePlace): string => uid(1, place, 0);
export const seriesUID = (place: InstancePlace): string => uid(2, place, 0);
export const instanceUID = (place: InstancePlace): string => uid(3, place, place.instance);

/** Characters of every UID above. */
export const UID_LENGTH = 44;
