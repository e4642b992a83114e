import type { CheckGroup, CheckMeta, FixCode } from '../../findings/index.ts';

function meta(
  id: string,
  group: CheckGroup,
  score: number,
  title: string,
  references: readonly string[],
  fixes: readonly FixCode[],
): CheckMeta {
  return {
    id,
    name: title.toLowerCase().replaceAll(' ', '-'),
    group,
    question: `${title}?`,
    title,
    sends: 'One request with an identifier that exists nowhere.',
    proof: 'The system answers as it would answer a friend.',
    score,
    references,
    fixes,
    why: 'Somebody who is not from your house can do what only your own devices should do.',
    fix: '1. Close the port at the firewall.\n2. List the devices that have to reach the system.\n3. Refuse everybody else.',
  };
}

/** Checks as the reports' tests need them: one of each severity and group. */
export const sampleMetas: readonly CheckMeta[] = [
  meta('D01', 'DIMSE', 5.3, 'DICOM answers from outside its zone', ['PR.AC-5', 'I8.22', 'C12'], ['F1']),
  meta('D03', 'DIMSE', 6.5, 'Any calling AE title is accepted', ['Hd', 'B4'], ['F3']),
  meta('D05', 'DIMSE', 7.5, 'A stranger may query studies', ['Ha', 'PR.AC-4'], ['F2', 'F3']),
  meta('D06', 'DIMSE', 7.5, 'Study records can be counted', ['Ha', 'G5(1)f'], ['F1', 'F2']),
  meta('D11', 'DIMSE', 7.5, 'A stranger may retrieve', ['Ha', 'Hc'], ['F2', 'F3']),
  meta('D20', 'DIMSE', 5.3, 'The version is told and has known vulnerabilities', ['I8.8', 'C7'], ['F5']),
  meta('D25', 'DIMSE', 0, 'It looks like a honeypot', [], []),
  meta('T01', 'TLS', 7.4, 'DICOM travels in clear text', ['He', 'B12', 'PR.DS-2'], ['F7']),
  meta('W03', 'web', 7.5, 'Images can be fetched over the web', ['Ha'], ['F4']),
  meta('W07', 'web', 9.8, 'The documented default login works', ['Hd', 'I5.17'], ['F4']),
  meta('W09', 'web', 7.5, 'A worklist viewer is open', ['Ha'], ['F4']),
  meta('W12', 'web', 3.1, 'Protective headers are missing', ['C16'], ['F8']),
  meta('S01', 'shares', 7.5, 'An NFS export is open to everybody', ['PR.DS-5'], ['F6']),
  meta('P01', 'files', 7.8, 'A preamble holds a program', ['I8.7', 'C10'], ['F9']),
  meta('G01', 'governance', 0, 'There is no audit trail', ['Hb', 'A.5'], ['F2']),
];
