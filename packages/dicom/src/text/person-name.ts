/** One component group of a person name (PS3.5 6.2.1). Absent components are empty. */
export interface PersonNameGroup {
  readonly familyName: string;
  readonly givenName: string;
  readonly middleName: string;
  readonly namePrefix: string;
  readonly nameSuffix: string;
}

/** A person name as up to three writings of it. */
export interface PersonName {
  readonly alphabetic: PersonNameGroup;
  readonly ideographic: PersonNameGroup;
  readonly phonetic: PersonNameGroup;
}

/** Splits a PN value at '=' into groups and at '^' into components. What follows a fifth component belongs to it. */
export function parsePersonName(text: string): PersonName {
  const [alphabetic, ideographic, phonetic] = text.split('=');
  return {
    alphabetic: parseGroup(alphabetic),
    ideographic: parseGroup(ideographic),
    phonetic: parseGroup(phonetic),
  };
}

function parseGroup(text = ''): PersonNameGroup {
  const [familyName = '', givenName = '', middleName = '', namePrefix = '', ...suffixes] = text
    .split('^')
    .map((component) => component.trim());
  return { familyName, givenName, middleName, namePrefix, nameSuffix: suffixes.join('^') };
}
