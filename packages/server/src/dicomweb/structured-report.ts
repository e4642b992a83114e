import { type DataSet, Tag } from '@leadglass/dicom';

/** Content items that are shown: the longest reports have some thousand. */
const ITEMS_MAX = 20_000;
/** How deep they nest in practice is below 20. */
const DEPTH_MAX = 64;

interface Line {
  readonly depth: number;
  readonly concept: string;
  readonly value: string;
}

/** A report as plain text (PS3.18 Table 8.7.4-1, category Text). */
export function reportText(dataSet: DataSet): string {
  const lines = [...linesOf(dataSet)].map(
    ({ depth, concept, value }) => `${'  '.repeat(depth)}${[concept, value].filter(Boolean).join(': ')}`,
  );
  return `${headOf(dataSet).join('\n')}\n\n${lines.join('\n')}\n`;
}

/** A report as a page without scripts, styles or links: every value of it is escaped. */
export function reportPage(dataSet: DataSet): string {
  const parts: string[] = [];
  let depth = -1;
  for (const line of linesOf(dataSet)) {
    for (; depth < line.depth; depth++) parts.push('<ul>');
    for (; depth > line.depth; depth--) parts.push('</ul>');
    const concept = line.concept === '' ? '' : `<b>${escaped(line.concept)}</b> `;
    parts.push(`<li>${concept}${escaped(line.value)}</li>`);
  }
  for (; depth >= 0; depth--) parts.push('</ul>');
  const head = headOf(dataSet).map((text) => `<p>${escaped(text)}</p>`);
  return (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Report</title></head><body>' +
    `${head.join('')}${parts.join('')}</body></html>\n`
  );
}

/** What stands in text cannot become markup. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function headOf(dataSet: DataSet): string[] {
  const named = (name: string, tag: number): string[] => {
    const value = dataSet.string(tag);
    return value === undefined || value === '' ? [] : [`${name}: ${value}`];
  };
  return [
    ...named('Patient', Tag.PatientName),
    ...named('Patient ID', Tag.PatientID),
    ...named('Study date', Tag.StudyDate),
    ...named('Accession number', Tag.AccessionNumber),
    ...named('Completion', Tag.CompletionFlag),
    ...named('Verification', Tag.VerificationFlag),
  ];
}

/** The content tree in reading order (PS3.3 C.17.3), on a stack of its own. */
function* linesOf(root: DataSet): Generator<Line> {
  const stack: { item: DataSet; depth: number }[] = [{ item: root, depth: 0 }];
  for (let count = 0; count < ITEMS_MAX; count++) {
    const next = stack.pop();
    if (!next) return;
    const { item, depth } = next;
    yield { depth, concept: meaningOf(item, Tag.ConceptNameCodeSequence), value: valueOf(item) };
    if (depth >= DEPTH_MAX) continue;
    const below = item.items(Tag.ContentSequence);
    for (let index = below.length - 1; index >= 0; index--) {
      const child = below[index];
      if (child) stack.push({ item: child, depth: depth + 1 });
    }
  }
}

function valueOf(item: DataSet): string {
  switch (item.string(Tag.ValueType)) {
    case 'TEXT':
      return item.string(Tag.TextValue) ?? '';
    case 'NUM':
      return measured(item);
    case 'CODE':
      return meaningOf(item, Tag.ConceptCodeSequence);
    case 'DATE':
      return item.string(Tag.Date) ?? '';
    case 'TIME':
      return item.string(Tag.Time) ?? '';
    case 'DATETIME':
      return item.string(Tag.DateTime) ?? '';
    case 'PNAME':
      return item.string(Tag.PersonName) ?? '';
    case 'UIDREF':
      return item.string(Tag.UID) ?? '';
    case 'IMAGE':
    case 'COMPOSITE':
    case 'WAVEFORM':
      return item.items(Tag.ReferencedSOPSequence)[0]?.string(Tag.ReferencedSOPInstanceUID) ?? '';
    case 'SCOORD':
    case 'SCOORD3D':
      return item.string(Tag.GraphicType) ?? '';
    default:
      return '';
  }
}

function measured(item: DataSet): string {
  const value = item.items(Tag.MeasuredValueSequence)[0];
  if (!value) return '';
  const unit = value.items(Tag.MeasurementUnitsCodeSequence)[0];
  return `${value.string(Tag.NumericValue) ?? ''} ${unit?.string(Tag.CodeValue) ?? ''}`.trim();
}

function meaningOf(item: DataSet, tag: number): string {
  return item.items(tag)[0]?.string(Tag.CodeMeaning) ?? '';
}
