import { percentText, wholeText } from '../../findings/index.ts';
import { countOrUnknown, plural } from '../headline.ts';
import { markup } from '../markup.ts';
import { placeName } from '../texts/place-name.ts';
import { table } from './elements.ts';
import type {
  ChannelRow,
  Comparison,
  DeltaRow,
  ExposureRow,
  ExposureTable,
  FollowUpTable,
  PostureTable,
  Share,
  VulnerabilityRow,
  VulnerabilityTable,
} from '../../findings/index.ts';
import type { Markup } from '../markup.ts';
import type { Column } from './elements.ts';

/** Rows of one table that stand on the page; the rest is in the CSV file of the same name. */
const rowsShown = 500;

function shown(rows: number): string | undefined {
  return rows > rowsShown
    ? `(the first ${rowsShown} of ${wholeText(rows)}; all are in the CSV file)`
    : undefined;
}

function captionNote(rows: number): { note: string } | Record<never, never> {
  const note = shown(rows);
  return note === undefined ? {} : { note };
}

const exposureColumns = (head: string): Column<ExposureRow>[] => [
  { head, cell: ({ place }) => placeName(place) },
  { head: 'Systems scanned', cell: ({ systems }) => wholeText(systems), isNumber: true },
  { head: 'Open by DICOM', cell: ({ open }) => wholeText(open), isNumber: true },
  { head: 'Study records', cell: countCell('studies'), isNumber: true },
  { head: 'Linked images', cell: countCell('images'), isNumber: true },
  { head: 'Retrievable images', cell: countCell('retrievableImages'), isNumber: true },
  { head: 'Honeypots (not counted)', cell: ({ honeypots }) => wholeText(honeypots), isNumber: true },
];

function countCell(column: 'studies' | 'images' | 'retrievableImages'): (row: ExposureRow) => string {
  return (row) => countOrUnknown(row[column], row.open);
}

/** T1. */
export function exposureSection({ byCountry, bySite, total }: ExposureTable): Markup {
  return markup`<h3 id="T1">T1: exposure by country and site</h3>
${table({
  caption: 'By country',
  ...captionNote(byCountry.length),
  columns: exposureColumns('Country'),
  rows: byCountry.slice(0, rowsShown),
  total,
})}${
    bySite.length < 2
      ? ''
      : markup`<details><summary>By site <span class="count">(${plural(bySite.length, 'site')})</span></summary>${table(
          {
            caption: 'By site',
            ...captionNote(bySite.length),
            columns: exposureColumns('Site'),
            rows: bySite.slice(0, rowsShown),
            total,
          },
        )}</details>`
  }`;
}

const verdictText = {
  good: 'good: more closed than opened',
  bad: 'bad: no fewer than before',
  ugly: 'ugly: more than before',
  clear: 'clear',
};

const deltaColumns: Column<DeltaRow>[] = [
  { head: 'Country', cell: ({ place }) => placeName(place) },
  { head: 'New', cell: (row) => wholeText(row.new), isNumber: true },
  { head: 'Gone', cell: (row) => wholeText(row.gone), isNumber: true },
  { head: 'Unchanged', cell: (row) => wholeText(row.unchanged), isNumber: true },
  { head: 'Not decided', cell: (row) => wholeText(row.unknown), isNumber: true },
  { head: 'Days open, at least', cell: (row) => wholeText(row.daysOpenMax), isNumber: true },
  {
    head: 'Verdict',
    cell: ({ verdict }) => markup`<span class="${verdict}">${verdictText[verdict]}</span>`,
  },
];

/** T2. */
export function deltaSection(comparison: Comparison | undefined): Markup {
  const title = markup`<h3 id="T2">T2: good, bad, ugly: what changed</h3>`;
  if (comparison === undefined) {
    return markup`${title}<p class="quiet">No earlier report was given. <span class="code">leadglass-auditor compare OLD NEW</span> makes this table; run the same scope again after 60 days.</p>`;
  }
  const { byCountry, total } = comparison;
  return markup`${title}${table({
    caption: 'Systems open by DICOM, then and now',
    ...captionNote(byCountry.length),
    columns: deltaColumns,
    rows: byCountry.slice(0, rowsShown),
    total,
  })}`;
}

/** T3. */
export function channelSection(rows: readonly ChannelRow[]): Markup {
  const columns: Column<ChannelRow>[] = [
    { head: 'Channel', cell: ({ channel }) => channel },
    { head: 'Servers', cell: ({ servers }) => wholeText(servers), isNumber: true },
    {
      head: 'Images or files',
      cell: ({ files, servers }) => countOrUnknown(files, servers),
      isNumber: true,
    },
  ];
  return markup`<h3 id="T3">T3: channels</h3>
${table({ caption: 'Ways out', note: '(a system with several is in several rows)', columns, rows })}`;
}

/** T4. */
export function vulnerabilitySection({ byProduct, total }: VulnerabilityTable): Markup {
  const columns: Column<VulnerabilityRow>[] = [
    { head: 'Product', cell: ({ product }) => product },
    { head: 'Systems', cell: ({ systems }) => wholeText(systems), isNumber: true },
    { head: 'Matches', cell: (row) => wholeText(row.total), isNumber: true },
    { head: 'Different', cell: ({ distinct }) => wholeText(distinct), isNumber: true },
    {
      head: 'High or critical',
      cell: (row) => `${wholeText(row.high)} (${percentText(row.high, row.total)})`,
      isNumber: true,
    },
    { head: 'CVSS 10', cell: ({ scoreTen }) => wholeText(scoreTen), isNumber: true },
    { head: 'Without score', cell: ({ unscored }) => wholeText(unscored), isNumber: true },
  ];
  return markup`<h3 id="T4">T4: vulnerabilities</h3>
<p class="quiet small">All are potential: they match by version number, and a supplier may have mended an old version.</p>
${table({
  caption: 'By product',
  ...captionNote(byProduct.length),
  columns,
  rows: byProduct.slice(0, rowsShown),
  total,
})}`;
}

/** T5. */
export function postureSection(posture: PostureTable): Markup {
  const rows: (Share & { name: string })[] = [
    { name: 'DICOM over TLS, of the systems that speak DICOM', ...posture.tls },
    { name: 'Any AE title may associate, of the systems that answered DICOM', ...posture.titleUnchecked },
    { name: 'Product known, of all systems', ...posture.productKnown },
    { name: 'Configured identically to another system, of all systems', ...posture.cloned },
  ];
  const shareColumns: Column<Share>[] = [
    { head: 'Systems', cell: ({ part }) => wholeText(part), isNumber: true },
    { head: 'Of', cell: ({ whole }) => wholeText(whole), isNumber: true },
    { head: 'Share', cell: ({ part, whole }) => percentText(part, whole), isNumber: true },
  ];
  return markup`<h3 id="T5">T5: posture</h3>
${table({ caption: 'Posture', columns: [{ head: 'Property', cell: ({ name }) => name }, ...shareColumns], rows })}${products(posture, shareColumns)}${clones(posture)}`;
}

function products({ products: rows }: PostureTable, columns: readonly Column<Share>[]): Markup {
  if (rows.length === 0) return markup``;
  return markup`${table({
    caption: 'Products and versions',
    ...captionNote(rows.length),
    columns: [
      { head: 'Product', cell: ({ product }) => product },
      { head: 'Version', cell: ({ version }) => version ?? '(not seen)' },
      ...columns,
    ],
    rows: rows.slice(0, rowsShown),
  })}`;
}

function clones({ clones: rows }: PostureTable): Markup {
  if (rows.length === 0) return markup``;
  return markup`${table({
    caption: 'Clusters of identically configured systems',
    ...captionNote(rows.length),
    columns: [
      { head: 'Cluster', cell: ({ group }) => markup`<span class="code">${group}</span>` },
      { head: 'Systems', cell: ({ systems }) => wholeText(systems), isNumber: true },
      { head: 'Countries', cell: ({ countries }) => wholeText(countries), isNumber: true },
      { head: 'Product', cell: ({ product }) => product ?? '(not known)' },
    ],
    rows: rows.slice(0, rowsShown),
  })}`;
}

/** T6. */
export function followUpSection(followUp: FollowUpTable): Markup {
  const { rows, owners, notified, answered, fixed } = followUp;
  return markup`<h3 id="T6">T6: follow-up</h3>
${table({
  caption: 'Owners',
  note: `${plural(owners, 'owner')}: ${wholeText(notified)} notified, ${wholeText(answered)} answered, ${wholeText(fixed)} fixed${
    shown(rows.length) === undefined ? '' : ` ${shown(rows.length) ?? ''}`
  }`,
  columns: [
    { head: 'Owner', cell: ({ owner }) => owner },
    { head: 'Open systems', cell: ({ openSystems }) => wholeText(openSystems), isNumber: true },
    { head: 'Notified', cell: (row) => row.notified ?? 'no' },
    { head: 'Answered', cell: (row) => row.answered ?? 'no' },
    {
      head: 'Fixed, as told',
      cell: (row) =>
        row.isContradicted
          ? markup`${row.fixed} <span class="ugly">but found open</span>`
          : (row.fixed ?? 'no'),
    },
  ],
  rows: rows.slice(0, rowsShown),
})}`;
}
