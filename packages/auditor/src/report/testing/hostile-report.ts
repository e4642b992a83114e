import { finding, report, system } from '../../findings/testing/small-report.ts';
import type { ScanReport } from '../../findings/index.ts';

/** Texts a target, or whoever wrote a findings.json, could use against a reader: page, spreadsheet, terminal. */
export const attacks: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><style>@import "http://attacker.example/x.css";</style>',
  '</title><meta http-equiv="refresh" content="0;url=http://attacker.example">',
  '<!--',
  ']]>',
  '{{constructor.constructor("alert(1)")()}}',
  'javascript:alert(1)',
  '=HYPERLINK("http://attacker.example","open")',
  "+1+cmd|' /C calc'!A0",
  '-2+3',
  '@SUM(1)',
  '\t=1+1',
  '\r\n=1+1',
  '＝1＋1',
  'a,b"c\r\nd',
  '\u001b]0;title\u0007\u001b[2J\u001b[31m',
  '\u202egpj.exe',
  'null\u0000byte',
  '[link](javascript:alert(1)) ![i](http://attacker.example/i.png)',
  '| pipe | \\| `code` **bold**',
  '\ud800',
  '../../../etc/passwd',
];

/** A report in which every text is an attack. */
export function hostileReport(text: string): ScanReport {
  return report(
    [
      system(`10.0.0.1${text}`, {
        hostName: text,
        owner: text,
        site: text,
        country: text,
        openPorts: [{ port: 104, protocol: text }],
        product: { name: text, version: text, confidence: 'likely', signs: [text] },
        vulnerabilities: [{ id: text, title: text, potential: true }],
        accessClasses: ['A1', 'A2', 'A3', 'A4', 'A5', 'W', 'H', 'S'],
        cloneGroup: text,
        counts: { studies: { value: 3, isLowerBound: true } },
      }),
      system('10.0.0.2', { owner: text, cloneGroup: text }),
    ],
    [
      finding('D05', `10.0.0.1${text}`, 'exposed', { port: 104, evidence: { [text]: text, answer: text } }),
      finding(text, `10.0.0.1${text}`, 'exposed', { evidence: { text } }),
      finding('D06', '10.0.0.2', 'inconclusive', { reason: text }),
    ],
    {
      toolVersion: text,
      scope: {
        hash: text,
        owner: text,
        contact: text,
        notBefore: text,
        notAfter: text,
        certMandate: text,
        operator: text,
      },
    },
  );
}
