import {
  channelTable,
  exposureTable,
  followUpTable,
  isOpen,
  postureTable,
  vulnerabilityTable,
} from '../../findings/index.ts';
import { estimateCost } from '../cost-estimate.ts';
import {
  actionsOf,
  exposuresByOwner,
  exposuresOf,
  metaById,
  realExposures,
  tallyChecks,
} from '../exposures.ts';
import { markup } from '../markup.ts';
import { askedSection, instantText, runFacts } from './asked-section.ts';
import { costSection, generalReferences, referenceList } from './law-section.ts';
import { checksSection, ownersSection } from './owners-section.ts';
import { page } from './page.ts';
import { summarySection } from './summary-section.ts';
import { systemsSection } from './systems-section.ts';
import {
  channelSection,
  deltaSection,
  exposureSection,
  followUpSection,
  postureSection,
  vulnerabilitySection,
} from './table-sections.ts';
import type { CheckMeta, Comparison, FollowUpEntry, ScanReport } from '../../findings/index.ts';
import type { Markup } from '../markup.ts';

export interface HTMLOptions {
  readonly metas: readonly CheckMeta[];
  /** For table T2; without it the table says how to make one. */
  readonly comparison?: Comparison;
  /** For table T6. */
  readonly followUp?: readonly FollowUpEntry[];
  /** Who may read it, when something was left out for them. */
  readonly audienceNote?: string;
}

/** The whole report as one page: no script, no outside resource. Redact first: this prints what it is given. */
export function renderHtml(report: ScanReport, options: HTMLOptions): string {
  const metas = metaById(options.metas);
  const exposures = exposuresOf(realExposures(report), metas);
  const table = exposureTable(report);
  const parts = {
    report,
    total: table.total,
    openSystems: report.systems.filter(isOpen).length,
    exposures,
    actions: actionsOf(exposures),
  };
  return page({
    language: 'en',
    title: `Exposure report: ${report.scope.owner}`,
    header: header(report, options.audienceNote),
    body: markup`${summarySection(parts)}
<h2 id="tables">Tables</h2>
<p class="quiet">In the shape of the published exposure studies. “≥” marks a number that is known only from below.</p>
${exposureSection(table)}
${deltaSection(options.comparison)}
${channelSection(channelTable(report))}
${vulnerabilitySection(vulnerabilityTable(report))}
${postureSection(postureTable(report))}
${followUpSection(followUpTable(report, options.followUp))}
${systemsSection(report)}
${ownersSection(exposuresByOwner(report, metas))}
${checksSection(exposures, report.systems, referenceList)}
${costSection(estimateCost(report))}
${askedSection(report, tallyChecks(report, metas))}
${generalReferences()}
<h2 id="run">The run</h2>
${runFacts(report)}`,
    footer: markup`<p>No patient data was taken: queries asked for identifiers that exist nowhere, counting read numbers only, nothing was stored, moved or retrieved. Scope ${report.scope.hash}.</p>`,
  });
}

const contents: readonly (readonly [id: string, title: string])[] = [
  ['summary', 'Summary'],
  ['tables', 'Tables'],
  ['systems', 'Systems'],
  ['owners', 'By owner'],
  ['checks', 'Explained'],
  ['cost', 'Clocks and cost'],
  ['asked', 'What was asked'],
  ['run', 'The run'],
];

function header({ scope, ended, complete }: ScanReport, audienceNote: string | undefined): Markup {
  return markup`<h1>What is open at ${scope.owner}</h1>
<p class="quiet">Exposure report of ${instantText(ended)}${complete ? '' : ', interrupted'}</p>
${audienceNote === undefined ? '' : markup`<p class="notice">${audienceNote}</p>`}
<nav aria-label="Contents"><ul>${contents.map(([id, title]) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}
