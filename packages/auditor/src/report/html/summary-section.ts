import { accessClasses, accessClassMeaning, severities, wholeText } from '../../findings/index.ts';
import { countOrUnknown, headline, notAskedText, plural } from '../headline.ts';
import { markup } from '../markup.ts';
import { fixTexts } from '../texts/fix-codes.ts';
import { badge, list } from './elements.ts';
import type { ExposureRow, ScanReport } from '../../findings/index.ts';
import type { Action, Exposure } from '../exposures.ts';
import type { Markup } from '../markup.ts';

export interface SummaryParts {
  readonly report: ScanReport;
  readonly total: ExposureRow;
  /** Open in any way, DICOM or not. */
  readonly openSystems: number;
  readonly exposures: readonly Exposure[];
  readonly actions: readonly Action[];
}

/** How many actions are named in the summary; more would not be "first". */
const actionsShown = 5;

/** What is open, how bad it is, what to do first. */
export function summarySection(parts: SummaryParts): Markup {
  const { report, total, openSystems, exposures } = parts;
  return markup`<section id="summary">
<p class="lead">${headline(total, openSystems)}</p>
${caveats(report)}
<ul class="tiles">
${tile(`${wholeText(total.open)} of ${wholeText(total.systems)}`, 'image archives open by DICOM')}
${tile(countOrUnknown(total.studies, total.open), 'study records a stranger can count')}
${tile(countOrUnknown(total.images, total.open), 'images they speak of')}
${tile(countOrUnknown(total.retrievableImages, total.open), 'images that can be retrieved')}
${severities.filter((severity) => severity !== 'none').map((severity) => severityTile(severity, exposures))}
</ul>
${doFirst(parts)}
${accessClassChart(report)}
</section>`;
}

function tile(value: string, label: string): Markup {
  return markup`<li><b>${value}</b><span>${label}</span></li>`;
}

function severityTile(severity: Exposure['severity'], exposures: readonly Exposure[]): Markup {
  const findings = exposures
    .filter((exposure) => exposure.severity === severity)
    .reduce((sum, exposure) => sum + exposure.findings.length, 0);
  return markup`<li><b class="${severity}">${wholeText(findings)}</b><span>${severity} findings</span></li>`;
}

function caveats({ complete, scanned, findings, systems }: ScanReport): Markup {
  const notes: string[] = [];
  if (!complete) {
    notes.push(
      notAskedText(scanned) ??
        'This run was interrupted. What is missing here was not looked at; resume it before relying on it.',
    );
  }
  const undecided = findings.filter(
    ({ outcome }) => outcome === 'inconclusive' || outcome === 'error',
  ).length;
  if (undecided > 0) {
    notes.push(
      `${plural(undecided, 'question')} could not be decided. They are not counted as protected: see “What was asked”.`,
    );
  }
  const honeypots = systems.filter(({ isHoneypot }) => isHoneypot).length;
  if (honeypots > 0) {
    notes.push(`${plural(honeypots, 'system')} looked like a honeypot and stands in none of these numbers.`);
  }
  return notes.length === 0 ? markup`` : markup`<div class="notice">${list(notes)}</div>`;
}

function doFirst({ openSystems, actions }: SummaryParts): Markup {
  if (actions.length === 0) return markup``;
  const closeFirst =
    openSystems === 0
      ? []
      : [
          markup`<b>Within the hour: close the door.</b> Block the ${plural(openSystems, 'open system')} at the firewall; nothing on the archive has to change for that. Keep the logs: whether somebody came is the next question.`,
        ];
  const items = actions
    .slice(0, actionsShown)
    .map(
      ({ fix, worst, score, systems, checks }) =>
        markup`<b>${fixTexts[fix].title}</b> (${plural(systems, 'system')}) ${badge(worst, score)}<br><span class="quiet small">answers ${checks.join(', ')} · fix ${fix}</span>`,
    );
  return markup`<h2 id="first">What to do first</h2>
<ol class="steps">${[...closeFirst, ...items].map((item) => markup`<li>${item}</li>`)}</ol>
<p class="quiet">The steps for each product found stand with the <a href="#owners">findings by owner</a>.</p>`;
}

/** Units across a bar; the style sheet gives it its width. */
const barUnits = 1000;

/** How many systems have which access class. A system is in as many bars as it has classes. */
function accessClassChart({ systems }: ScanReport): Markup {
  const real = systems.filter(({ isHoneypot }) => !isHoneypot);
  const rows = accessClasses.map((one) => ({
    one,
    count: real.filter((system) => system.accessClasses.includes(one)).length,
  }));
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return markup`<h3 id="classes">Access classes: what a stranger can do</h3>
<p class="quiet small">Systems with each class. Each is proved for itself; a system is in as many bars as it has classes.</p>
<ul class="bars">
${rows.map(
  ({ one, count }) =>
    markup`<li><span><b>${one}</b> ${accessClassMeaning[one]}</span><svg viewBox="0 0 ${barUnits} 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.round((barUnits * count) / most)}" height="10"/></svg><b>${wholeText(count)}</b></li>\n`,
)}</ul>`;
}
