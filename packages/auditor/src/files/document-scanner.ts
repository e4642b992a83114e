import { inflateSync } from 'node:zlib';
import type { DocumentFacts } from './file-check.ts';
import { documentInflatedMaxBytes, documentKeptMaxBytes, documentStreamCountMax } from './limits.ts';
import { isELF, isPortableExecutable, signatureAt } from './signatures.ts';

interface Pattern {
  readonly kind: string;
  readonly pattern: RegExp;
}

/** PDF names (ISO 32000-1 7.3.5) of actions and of content that runs. A plain /OpenAction only turns to a page. */
const pdfPatterns: readonly Pattern[] = [
  { kind: 'pdf-javascript', pattern: /\/(?:JavaScript|JS)(?![A-Za-z0-9])/ },
  { kind: 'pdf-launch', pattern: /\/Launch(?![A-Za-z0-9])/ },
  { kind: 'pdf-open-action', pattern: /\/OpenAction\s*<<[^>]{0,200}\/S\s*\/(?!GoTo(?![A-Za-z0-9]))/ },
  { kind: 'pdf-embedded-file', pattern: /\/EmbeddedFiles?(?![A-Za-z0-9])/ },
  { kind: 'pdf-rich-media', pattern: /\/(?:RichMedia|Flash)(?![A-Za-z0-9])/ },
  { kind: 'pdf-form', pattern: /\/(?:XFA|SubmitForm|ImportData)(?![A-Za-z0-9])/ },
];

/** What runs in a browser or an XML reader that shows the document: HTML, CDA, SVG. */
const markupPatterns: readonly Pattern[] = [
  { kind: 'html-script', pattern: /<\s{0,9}(?:\w{1,20}:)?script[\s>/]/i },
  { kind: 'html-script', pattern: /(?:javascript|vbscript)\s{0,9}:/i },
  { kind: 'html-event', pattern: /<[a-z][^<>]{0,500}\son[a-z]{3,20}\s{0,9}=/i },
  { kind: 'html-frame', pattern: /<\s{0,9}(?:iframe|object|embed|applet)[\s>]/i },
  { kind: 'xml-entity', pattern: /<!ENTITY\s/i },
  { kind: 'xml-stylesheet', pattern: /<\?xml-stylesheet\s/i },
];

/** The longest thing a pattern needs to see whole: a piece begins with so much of the one before. */
const overlapBytes = 1_024;

/**
 * Looks through an encapsulated document (PS3.3 C.24.2) for what acts when it is opened. Pieces may be of any length;
 * memory is bounded by `documentKeptMaxBytes`. Compressed streams of a PDF are inflated, within limits.
 */
export class DocumentScanner {
  readonly #found = new Set<string>();
  #encrypted = false;
  #isPdf: boolean | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #before = '';

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    if (this.#isPdf === undefined) this.#begin(piece);
    if (this.#isPdf === true && this.#keptBytes + piece.length <= documentKeptMaxBytes) {
      this.#kept.push(new Uint8Array(piece));
      this.#keptBytes += piece.length;
    }
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
    const searched = this.#before + text;
    this.#search(searched);
    this.#before = searched.slice(-overlapBytes);
  }

  end(): DocumentFacts {
    if (this.#isPdf === true) this.#searchStreams();
    this.#kept = [];
    this.#before = '';
    return { activeContent: this.#found, encrypted: this.#encrypted };
  }

  #begin(piece: Uint8Array): void {
    // Readers look for the header in the first 1,024 bytes.
    this.#isPdf = Buffer.from(piece.subarray(0, 1_024)).includes('%PDF-');
    const kind = signatureAt(piece);
    const isProgram = isPortableExecutable(piece) || isELF(piece) || kind === 'script' || kind === 'mach-o';
    if (isProgram) this.#found.add('program');
  }

  #search(text: string): void {
    if (this.#isPdf === true) {
      const names = text.includes('#') ? unescapeNames(text) : text;
      for (const { kind, pattern } of pdfPatterns) if (pattern.test(names)) this.#found.add(kind);
      if (/\/Encrypt(?![A-Za-z0-9])/.test(names)) this.#encrypted = true;
    } else {
      // UTF-16 has a zero beside every letter.
      const letters = text.includes('\0') ? text.replaceAll('\0', '') : text;
      for (const { kind, pattern } of markupPatterns) if (pattern.test(letters)) this.#found.add(kind);
    }
  }

  /** Objects of newer PDFs lie in compressed streams (ISO 32000-1 7.5.7): actions hide there. */
  #searchStreams(): void {
    const bytes = Buffer.concat(this.#kept);
    let left = documentInflatedMaxBytes;
    let at = 0;
    for (let count = 0; count < documentStreamCountMax && left > 0; count++) {
      at = bytes.indexOf('stream', at);
      if (at < 0) return;
      at += 'stream'.length;
      while (bytes[at] === 0x0d || bytes[at] === 0x0a) at++;
      if (!isZlib(bytes, at)) continue;
      const end = bytes.indexOf('endstream', at);
      const stream = bytes.subarray(at, end < 0 ? bytes.length : end);
      const inflated = inflateBounded(stream, left);
      left -= inflated.length;
      this.#search(inflated.toString('latin1'));
      at += stream.length;
    }
  }
}

/** Names may be written with hexadecimal escapes (ISO 32000-1 7.3.5): /J#61vaScript. */
function unescapeNames(text: string): string {
  return text.replace(/#([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** RFC 1950 2.2: method 8, and the first two bytes a multiple of 31. */
function isZlib(bytes: Uint8Array, at: number): boolean {
  const [method = 0, flags = 0] = bytes.subarray(at, at + 2);
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}

function inflateBounded(stream: Uint8Array, maxBytes: number): Buffer {
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, maxBytes) });
  } catch {
    // Damaged, or longer than may be: what cannot be inflated here is not shown by a viewer that has limits either.
    return Buffer.alloc(0);
  }
}
