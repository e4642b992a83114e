import { wholeText } from '../../findings/index.ts';
import { endpoint } from '../endpoint.ts';
import { groupBy } from '../exposures.ts';
import { productSteps } from '../fixes/product-fixes.ts';
import { plural } from '../headline.ts';
import { markup } from '../markup.ts';
import { fixTexts } from '../texts/fix-codes.ts';
import { anchor, badge, code, orderedList, steps, table } from './elements.ts';
import { evidenceCell } from './systems-section.ts';
import type { Finding, SystemRecord } from '../../findings/index.ts';
import type { Exposure, OwnerExposures } from '../exposures.ts';
import type { Markup } from '../markup.ts';

/** Findings that stand on the page with their evidence, over all owners. The rest is in findings.json and SARIF. */
const findingsShown = 20_000;
/** Evidence longer than this many findings is folded away. */
const findingsUnfolded = 8;
/** With few owners the page opens their part at once. */
const ownersUnfolded = 1;

/** Findings grouped by owner: each owner can be handed their part. */
export function ownersSection(owners: readonly OwnerExposures[]): Markup {
  const hit = owners.filter(({ exposures }) => exposures.length > 0);
  if (hit.length === 0) return markup`<h2 id="owners">Findings by owner</h2><p>Nothing was found.</p>`;
  const room = { left: findingsShown };
  return markup`<h2 id="owners">Findings by owner</h2>
<p class="quiet">The worst first. What a finding means and how to close it stands under its name in <a href="#checks">findings explained</a>.</p>
${hit.map((owner) => ownerPart(owner, hit.length <= ownersUnfolded, room))}
${room.left < 0 ? markup`<p class="notice">${plural(-room.left, 'finding')} did not fit on this page; all are in findings.json.</p>` : ''}`;
}

function ownerPart(owner: OwnerExposures, isOpen: boolean, room: { left: number }): Markup {
  const findings = owner.exposures.reduce((sum, exposure) => sum + exposure.findings.length, 0);
  return markup`<details${isOpen ? markup` open` : ''}><summary>${owner.owner} ${badge(owner.worst)} <span class="count">${plural(owner.openSystems, 'open system')} of ${wholeText(owner.systems.length)}, ${plural(findings, 'finding')}</span></summary>
${productPart(owner)}
${owner.exposures.map((exposure) => exposurePart(exposure, room))}
</details>`;
}

/** Steps for each product this owner has and these checks found open. */
function productPart({ systems, exposures }: OwnerExposures): Markup {
  const productOf = new Map(systems.map(({ address, product }) => [address, product?.name]));
  const checksByProduct = new Map<string, Set<string>>();
  for (const { meta, findings } of exposures) {
    for (const { system } of findings) {
      const product = productOf.get(system);
      if (product === undefined) continue;
      const checks = checksByProduct.get(product) ?? new Set();
      checksByProduct.set(product, checks.add(meta.id));
    }
  }
  const parts = [...checksByProduct].flatMap(([product, checks]) => {
    const todo = productSteps(product, checks);
    return todo.length === 0 ? [] : [markup`<h4>Steps for ${product}</h4>${orderedList(todo)}`];
  });
  return markup`${parts}`;
}

function exposurePart(exposure: Exposure, room: { left: number }): Markup {
  const { meta, severity, findings, systems } = exposure;
  const rows = findings.slice(0, Math.max(0, room.left));
  room.left -= findings.length;
  const head = markup`${badge(severity, meta.score)} <a href="#${anchor('check', meta.id)}">${meta.id}</a> ${meta.title}`;
  const evidence = rows.length === 0 ? markup`` : findingTable(meta.title, rows);
  if (rows.length <= findingsUnfolded) return markup`<h4>${head}</h4>${evidence}`;
  return markup`<details><summary>${head} <span class="count">(${plural(systems, 'system')})</span></summary>${evidence}</details>`;
}

function findingTable(caption: string, rows: readonly Finding[]): Markup {
  return table({
    caption,
    isCaptionHidden: true,
    columns: [
      {
        head: 'System',
        cell: ({ system, port }) =>
          markup`<span class="code address">${port === undefined ? system : endpoint(system, port)}</span>`,
      },
      { head: 'Evidence', cell: ({ evidence }) => evidenceCell(evidence) },
      {
        head: 'Seen',
        cell: ({ at }) => markup`<span class="small">${at.slice(0, 16).replace('T', ' ')}</span>`,
      },
    ],
    rows,
  });
}

/** Every check that found something: what it means, how to close it, where it is written. */
export function checksSection(
  exposures: readonly Exposure[],
  systems: readonly SystemRecord[],
  referencesOf: (codes: readonly string[]) => Markup,
): Markup {
  if (exposures.length === 0) return markup``;
  const productOf = new Map(systems.map(({ address, product }) => [address, product?.name]));
  return markup`<h2 id="checks">Findings explained</h2>
${exposures.map((exposure) => explained(exposure, productOf, referencesOf))}`;
}

function explained(
  { meta, severity, findings, systems }: Exposure,
  productOf: ReadonlyMap<string, string | undefined>,
  referencesOf: (codes: readonly string[]) => Markup,
): Markup {
  const products = groupBy(
    findings.flatMap(({ system }) => productOf.get(system) ?? []),
    (product) => product,
  );
  const byProduct = [...products.keys()].flatMap((product) => {
    const todo = productSteps(product, new Set([meta.id]));
    return todo.length === 0 ? [] : [markup`<h4>${product}</h4>${orderedList(todo)}`];
  });
  return markup`<h3 id="${anchor('check', meta.id)}">${meta.id}: ${meta.title} ${badge(severity, meta.score)}</h3>
<p>${meta.why} <span class="quiet">Found on ${plural(systems, 'system')}.</span></p>
<h4>How to close it</h4>
${orderedList(steps(meta.fix))}
${byProduct}
<details><summary>In general, proof and references</summary>
${meta.fixes.map((fix) => markup`<h4>${fix}: ${fixTexts[fix].title}</h4>${orderedList(fixTexts[fix].steps)}`)}
<dl class="facts"><dt>Question</dt><dd>${meta.question}</dd><dt>Sent</dt><dd>${meta.sends}</dd><dt>Proof</dt><dd>${meta.proof}</dd><dt>Score</dt><dd>${
    meta.score === 0 ? 'information' : `CVSS 3.1 base score ${meta.score.toFixed(1)}`
  } ${code(meta.name)}</dd></dl>
${referencesOf(meta.references)}
</details>`;
}
