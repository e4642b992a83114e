/**
 * Control and format characters (Unicode Cc, Cf, Cs and the line separators) written out as \u{...}. Banners and host
 * names are a stranger's: an escape sequence would drive the terminal, a direction override would turn a name round.
 */
export function visible(value: string): string {
  return value.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** For texts of our own, which may have several lines: each is made visible, the line breaks stay. */
export function visibleLines(value: string): string {
  return value.split('\n').map(visible).join('\n');
}
