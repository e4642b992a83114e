import { countText, wholeText } from '../findings/index.ts';
import type { Count, ExposureRow, ScannedCounts } from '../findings/index.ts';

/** One sentence for whoever reads nothing else. */
export function headline(total: ExposureRow, openSystems: number): string {
  if (openSystems === 0) {
    return total.systems === 0
      ? 'No image archive was found, and nothing was found open.'
      : `Nothing was found open. ${plural(total.systems, 'image archive')} answered, and let no stranger in.`;
  }
  const others = openSystems - total.open;
  const beside = others > 0 ? ` ${plural(others, 'more system')} can be read or written another way.` : '';
  if (total.open === 0) return `No archive is open by DICOM, but${beside.replace(' more', '')}`;
  const records = total.studies.value > 0 ? ` They hold ${countText(total.studies)} study records.` : '';
  const verb = total.open === 1 ? 'answers' : 'answer';
  return `${wholeText(total.open)} of ${plural(total.systems, 'image archive')} ${verb} the questions of any stranger.${records}${beside}`;
}

/** What has to be done about addresses that could not be asked; undefined when all were. */
export function notAskedText({ notAsked = 0 }: ScannedCounts): string | undefined {
  if (notAsked === 0) return undefined;
  const could = notAsked === 1 ? 'It counts' : 'They count';
  return (
    `${plural(notAsked, 'address', 'addresses')} could not be asked: this machine had no sockets left. ${could} neither as ` +
    'open nor as closed; allow more open files (ulimit -n) and go on with --resume.'
  );
}

/** Nothing counted on open systems is not zero: nobody asked. */
export function countOrUnknown(count: Count, open: number): string {
  return count.value === 0 && count.isLowerBound && open > 0 ? 'not counted' : countText(count);
}

/** '1 system', '2 systems'. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${wholeText(count)} ${count === 1 ? one : many}`;
}
