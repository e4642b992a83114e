import { compareText, countText, isOpen, wholeText } from '../../findings/index.ts';
import { markup } from '../markup.ts';
import { placeName } from '../texts/place-name.ts';
import { classBadges, code, table } from './elements.ts';
import type { ScanReport, SystemRecord } from '../../findings/index.ts';
import type { Markup, MarkupValue } from '../markup.ts';
import type { Column } from './elements.ts';

/** Systems named on the page. A national scan finds more; they are in findings.json, and the page stays readable. */
const systemsShown = 3_000;

const columns: Column<SystemRecord>[] = [
  {
    head: 'System',
    cell: ({ address, hostName }) =>
      markup`<span class="code address">${address}</span>${
        hostName === undefined ? '' : markup`<br><span class="small quiet">${hostName}</span>`
      }`,
  },
  {
    head: 'Owner, place',
    cell: ({ owner, site, country }) =>
      markup`${owner}<br><span class="small quiet">${[
        site,
        country === undefined ? undefined : placeName(country),
      ]
        .filter((part) => part !== undefined)
        .join(', ')}</span>`,
  },
  { head: 'Access', cell: accessCell },
  {
    head: 'Ports',
    cell: ({ openPorts }) => openPorts.map(({ port, protocol }) => `${port} ${protocol}`).join(', '),
  },
  { head: 'Product', cell: productCell },
  {
    head: 'Studies',
    cell: ({ counts }) => (counts.studies === undefined ? '-' : countText(counts.studies)),
    isNumber: true,
  },
  {
    head: 'Images',
    cell: ({ counts }) => (counts.images === undefined ? '-' : countText(counts.images)),
    isNumber: true,
  },
  {
    head: 'Files',
    cell: ({ counts }) => (counts.files === undefined ? '-' : countText(counts.files)),
    isNumber: true,
  },
];

function accessCell({ accessClasses, isHoneypot }: SystemRecord): Markup {
  if (isHoneypot) return markup`<span class="badge none">honeypot</span>`;
  return accessClasses.length === 0 ? markup`<span class="good">none</span>` : classBadges(accessClasses);
}

/** Vulnerabilities named in the table; a browser's tooltip is no place for fifty. */
const vulnerabilitiesShown = 4;

function productCell({ product, vulnerabilities }: SystemRecord): MarkupValue {
  const name =
    product === undefined
      ? ''
      : `${product.confidence === 'likely' ? 'likely ' : ''}${product.name} ${product.version ?? ''}`.trim();
  if (vulnerabilities.length === 0) return name;
  const ids = vulnerabilities.slice(0, vulnerabilitiesShown).map(({ id }) => id);
  const more = vulnerabilities.length - ids.length;
  return markup`${name}<br><span class="small quiet">potential: ${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}</span>`;
}

/** All systems, the open ones first. */
export function systemsSection({ systems }: ScanReport): Markup {
  const openFirst = systems.toSorted(
    (a, b) => Number(isOpen(b)) - Number(isOpen(a)) || compareText(a.address, b.address),
  );
  const open = openFirst.filter(isOpen);
  const rest = openFirst.slice(open.length);
  const restShown = Math.max(0, systemsShown - open.length);
  return markup`<h2 id="systems">Systems</h2>
${systemTable('Open systems', open, systemsShown)}
${
  rest.length === 0
    ? ''
    : markup`<details><summary>Systems without open access <span class="count">(${wholeText(rest.length)})</span></summary>${systemTable('Other systems', rest, restShown)}</details>`
}`;
}

function systemTable(caption: string, systems: readonly SystemRecord[], most: number): Markup {
  if (systems.length === 0) return markup`<p class="quiet">None.</p>`;
  const rows = systems.slice(0, most);
  const left = systems.length - rows.length;
  const note = left > 0 ? { note: `(${wholeText(left)} more in findings.json)` } : {};
  return table({ caption, ...note, columns, rows });
}

/** One fact after the other, for evidence and signs. */
export function evidenceCell(evidence: Readonly<Record<string, string | number | boolean>>): Markup {
  const facts = Object.entries(evidence);
  if (facts.length === 0) return markup`<span class="quiet">-</span>`;
  return markup`${facts.map(
    ([name, value], index) =>
      markup`${index > 0 ? ' · ' : ''}${name}: ${code(typeof value === 'number' ? wholeText(value) : String(value))}`,
  )}`;
}
