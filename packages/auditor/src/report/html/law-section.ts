import { countText, wholeText } from '../../findings/index.ts';
import { lawTexts } from '../cost-estimate.ts';
import { groupBy } from '../exposures.ts';
import { markup } from '../markup.ts';
import { reference } from '../texts/reference-codes.ts';
import { list } from './elements.ts';
import type { CostEstimate, Range } from '../cost-estimate.ts';
import type { Markup } from '../markup.ts';

/** What an exposure could cost, with its assumptions beside it. */
export function costSection(estimate: CostEstimate): Markup {
  const { studies, people, notification, laws, assumptions } = estimate;
  if (laws.length === 0) return markup``;
  const figures =
    studies.value === 0
      ? markup`<p>Records were not counted, so there is no figure for the people concerned. With the owner’s permission, allow counting in the scope: only numbers are read.</p>`
      : markup`<dl class="facts"><dt>Records on open systems</dt><dd>${countText(studies)}</dd><dt>People concerned, if all were taken</dt><dd>${rangeText(people)}</dd><dt>Telling them (EUR, GBP or USD)</dt><dd>${rangeText(notification)}</dd></dl>`;
  return markup`<h2 id="cost">Clocks, and what it could cost</h2>
<p>An estimate to plan with, not legal advice. The clocks start when the owner becomes aware; this report makes the owner aware.</p>
${figures}
${laws.map((law) => {
  const { clocks, penalties } = lawTexts[law];
  return markup`<h3>${law === 'other' ? 'Other countries' : law}</h3><h4>Clocks</h4>${list(clocks)}<h4>Penalties, as ceilings</h4>${list(penalties)}`;
})}
<details><summary>Assumptions</summary>${list(assumptions)}</details>`;
}

export function rangeText({ from, to, isOpenEnded }: Range): string {
  return `${wholeText(from)} to ${wholeText(to)}${isOpenEnded ? ' or more' : ''}`;
}

/** References spelled out, grouped by where they are written. */
export function referenceList(codes: readonly string[]): Markup {
  if (codes.length === 0) return markup``;
  const groups = groupBy(codes.map(reference), ({ source }) => source);
  return markup`<h4>References</h4><ul>${[...groups].map(
    ([source, references]) =>
      markup`<li><b>${source}</b>: ${references.map(({ text }) => text).join('; ')}</li>`,
  )}</ul>`;
}

/** What holds for every finding, whatever its own references are. */
export function generalReferences(): Markup {
  return markup`<h2 id="references">References for all findings</h2>${list([
    'GDPR Article 32: security of processing. Article 5(1)(f): integrity and confidentiality.',
    'HIPAA Security Rule, 45 CFR 164.312: technical safeguards (access, audit, integrity, authentication, transmission).',
    'NIS2 (Directive (EU) 2022/2555) Article 21(2): measures; Article 23: notification.',
    'NIST SP 1800-24: Securing Picture Archiving and Communication System (PACS), December 2020.',
    'ISO/IEC 27001:2022 Annex A and CIS Controls v8: the controls named with each finding.',
    'DICOM PS3.15: Security and System Management Profiles (B.12 and B.13 TLS, A.5 audit trail, Annex E de-identification).',
  ])}`;
}
