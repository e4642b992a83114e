import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PortListParser } from './port-list.ts';
import type { ListedHost } from './scan-run.ts';

function parse(text: string): ListedHost[] {
  const parser = new PortListParser();
  return text.split('\n').flatMap((line) => parser.line(line));
}

describe('lists of other engines', () => {
  test.each([
    [
      'masscan -oL',
      '#masscan\nopen tcp 104 192.0.2.1 1600000000\nclosed tcp 80 192.0.2.1 1\n# end',
      [['192.0.2.1', [104]]],
    ],
    [
      'masscan -oJ',
      '[\n{ "ip": "192.0.2.1", "ports": [ {"port": 104, "proto": "tcp", "status": "open"} ] },\n{ "ip": "192.0.2.2", "ports": [{"port": 80, "status": "closed"}] }\n]',
      [['192.0.2.1', [104]]],
    ],
    [
      'nmap -oG',
      'Host: 192.0.2.1 ()\tStatus: Up\nHost: 192.0.2.1 ()\tPorts: 104/open/tcp//acr-nema///, 80/closed/tcp//http///, 11112/open/tcp/////',
      [['192.0.2.1', [104, 11112]]],
    ],
    [
      'nmap -oX',
      '<?xml version="1.0"?><nmaprun>\n<host><status state="up"/><address addr="192.0.2.1" addrtype="ipv4"/>\n<address addr="00:11:22:33:44:55" addrtype="mac"/>\n<ports><port protocol="tcp" portid="104"><state state="open"/></port>\n<port protocol="tcp" portid="80"><state state="closed"/></port></ports></host></nmaprun>',
      [['192.0.2.1', [104]]],
    ],
    [
      'zmap, addresses alone',
      '192.0.2.1\n192.0.2.2',
      [
        ['192.0.2.1', undefined],
        ['192.0.2.2', undefined],
      ],
    ],
    ['zmap, csv', 'saddr,sport,success\n192.0.2.1,104,1', [['192.0.2.1', [104]]]],
  ])('%s', (_title, text, hosts) => {
    expect(parse(text).map(({ address, ports }) => [address, ports])).toEqual(hosts);
  });

  test('any lines give hosts with valid addresses and ports, or none', () => {
    const lines = fc.array(
      fc.oneof(
        fc.string(),
        fc
          .tuple(fc.constantFrom('open tcp ', 'Host: ', '{"ip":', '<host><address addr="', ''), fc.string())
          .map((two) => two.join('')),
      ),
    );
    fc.assert(
      fc.property(lines, (list) => {
        for (const { ports } of parse(list.join('\n'))) {
          for (const port of ports ?? []) expect(port > 0 && port <= 65_535).toBe(true);
        }
      }),
    );
  });

  test('a host element without end is not collected without end', () => {
    const parser = new PortListParser();
    expect(parser.line('<host>')).toEqual([]);
    for (let count = 0; count < 1_000; count++) expect(parser.line('x'.repeat(10_000))).toEqual([]);
    expect(parser.line('</host>')).toEqual([]);
    expect(
      parser.line(
        '<host><address addr="192.0.2.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="104"><state state="open"/></port></ports></host>',
      ),
    ).toHaveLength(1);
  });
});
