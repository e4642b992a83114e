/** A4 in points. */
const PAGE = { width: 595, height: 842, margin: 56 };
const LEADING = 16;

/** A PDF of one page (ISO 32000-1 7.5): a title and lines of ASCII text in Helvetica. */
export function pdfOf(title: string, lines: readonly string[]): Uint8Array {
  const top = PAGE.height - PAGE.margin - 20;
  const shown = lines.map((line) => `(${escaped(line)}) '`).join('\n');
  const stream = [
    'BT',
    `/F1 18 Tf ${PAGE.margin} ${top} Td (${escaped(title)}) Tj`,
    `/F1 11 Tf ${LEADING} TL 0 -${LEADING} Td`,
    shown,
    'ET',
  ].join('\n');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] ` +
      '/Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< /Title (${escaped(title)}) /Producer (Leadglass demo) >>`,
  ];
  return new TextEncoder().encode(assembled(objects));
}

/** The file: objects, then where each begins. ASCII throughout, so characters are bytes. */
function assembled(objects: readonly string[]): string {
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  const trailer = `trailer\n<< /Size ${count} /Root 1 0 R /Info ${objects.length} 0 R >>`;
  return `${file}xref\n0 ${count}\n0000000000 65535 f \n${entries}${trailer}\nstartxref\n${file.length}\n%%EOF\n`;
}

/** Between parentheses these three mean something (ISO 32000-1 7.3.4.2); what is not ASCII is left out. */
const escaped = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replace(/[\\()]/g, '\\$&');
