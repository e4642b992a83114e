import type { ScanReport } from '../findings/index.ts';

/** The items of a JSON list, a line each. */
export function* jsonItems(items: Iterable<unknown>): Generator<string> {
  let isFirst = true;
  for (const item of items) {
    yield `${isFirst ? '' : ','}\n${JSON.stringify(item)}`;
    isFirst = false;
  }
}

/** `findings.json`, piece by piece, a line for each system and finding: a national report is tens of megabytes. */
export function* reportText({ systems, findings, ...head }: ScanReport): Generator<string> {
  yield JSON.stringify(head).slice(0, -1);
  yield ',\n"systems":[';
  yield* jsonItems(systems);
  yield '\n],\n"findings":[';
  yield* jsonItems(findings);
  yield '\n]}\n';
}
