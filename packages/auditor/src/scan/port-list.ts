import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { XMLParser } from 'fast-xml-parser';
import { parseAddress } from '../scope/index.ts';
import type { ListedHost } from './scan-run.ts';

/** Longest line and longest XML host element that are looked at, characters; longer ones are passed over. */
const LINE_MAX = 256 * 1024;
/** Ports of one host that are taken. */
const HOST_PORTS_MAX = 1_024;

/**
 * Reads what masscan (-oL, -oJ), nmap (-oG, -oX) or zmap (list, csv) wrote, line by line, so that a national list takes
 * no memory. The format is told by the lines themselves. What is no host with an open TCP port is passed over.
 */
export async function* readPortList(path: string): AsyncGenerator<ListedHost> {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  const parser = new PortListParser();
  for await (const line of lines) yield* parser.line(line);
}

/** One line at a time of any of the formats. */
export class PortListParser {
  #xmlHost: string | undefined;
  #csvColumns: readonly string[] | undefined;

  line(text: string): ListedHost[] {
    const line = text.trim();
    if (line.length > LINE_MAX) return [];
    if (this.#xmlHost !== undefined || line.startsWith('<')) return this.#xml(line);
    if (line.startsWith('#') || line === '' || /^[[\]{},]$/.test(line)) return [];
    if (line.startsWith('{')) return masscanJson(line);
    if (/^Host:\s/.test(line)) return nmapGrepable(line);
    const masscan = /^open tcp (\d{1,5}) (\S+)/.exec(line);
    if (masscan !== null) return host(masscan[2] ?? '', [Number(masscan[1])]);
    return this.#csv(line);
  }

  /** nmap -oX: every <host> element is read by itself. */
  #xml(line: string): ListedHost[] {
    const hosts: ListedHost[] = [];
    let rest = line;
    for (;;) {
      if (this.#xmlHost === undefined) {
        const start = /<host[\s>]/.exec(rest);
        if (start === null) return hosts;
        this.#xmlHost = '';
        rest = rest.slice(start.index);
      }
      const end = rest.indexOf('</host>');
      const piece = end < 0 ? rest : rest.slice(0, end + 7);
      // A host element without end must not be collected without end.
      if (this.#xmlHost.length + piece.length <= LINE_MAX) this.#xmlHost += `${piece}\n`;
      if (end < 0) return hosts;
      hosts.push(...nmapXmlHost(this.#xmlHost));
      this.#xmlHost = undefined;
      rest = rest.slice(end + 7);
    }
  }

  /** zmap: one address a line, or columns of which saddr and sport count. */
  #csv(line: string): ListedHost[] {
    const fields = line.split(',').map((field) => field.trim().replace(/^"|"$/g, ''));
    if (fields.includes('saddr')) {
      this.#csvColumns = fields;
      return [];
    }
    const address = fields[Math.max(0, this.#csvColumns?.indexOf('saddr') ?? 0)] ?? '';
    const portAt = this.#csvColumns?.indexOf('sport') ?? -1;
    return host(address, portAt < 0 ? undefined : [Number(fields[portAt])]);
  }
}

function host(addressText: string, ports: readonly number[] | undefined): ListedHost[] {
  if (parseAddress(addressText) === undefined) return [];
  if (ports === undefined) return [{ address: addressText }];
  const valid = ports
    .filter((port) => Number.isInteger(port) && port > 0 && port <= 65_535)
    .slice(0, HOST_PORTS_MAX);
  return valid.length === 0 ? [] : [{ address: addressText, ports: valid }];
}

function masscanJson(line: string): ListedHost[] {
  let value: unknown;
  try {
    value = JSON.parse(line.replace(/,$/, ''));
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null || !('ip' in value) || !('ports' in value)) return [];
  const { ip, ports } = value;
  if (typeof ip !== 'string' || !Array.isArray(ports)) return [];
  return host(ip, ports.flatMap(openPortOf));
}

function openPortOf(entry: unknown): number[] {
  if (typeof entry !== 'object' || entry === null || !('port' in entry)) return [];
  if ('status' in entry && entry.status !== 'open') return [];
  return typeof entry.port === 'number' ? [entry.port] : [];
}

/** `Host: 192.0.2.1 (name)	Ports: 104/open/tcp//acr-nema///, ...` */
function nmapGrepable(line: string): ListedHost[] {
  const address = /^Host:\s+(\S+)/.exec(line)?.[1] ?? '';
  const ports = [...line.matchAll(/(\d{1,5})\/open\/tcp\//g)].map((match) => Number(match[1]));
  return ports.length === 0 ? [] : host(address, ports);
}

const xmlParser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
  isArray: (name) => name === 'port' || name === 'address',
});

function nmapXmlHost(text: string): ListedHost[] {
  let root: unknown;
  try {
    root = xmlParser.parse(text);
  } catch {
    return [];
  }
  const element = child(root, 'host');
  const addresses = list(child(element, 'address')).filter((one) => child(one, 'addrtype') !== 'mac');
  const open = list(child(child(element, 'ports'), 'port')).filter(
    (one) => child(one, 'protocol') === 'tcp' && child(child(one, 'state'), 'state') === 'open',
  );
  const ports = open.map((one) => Number(child(one, 'portid')));
  return ports.length === 0 ? [] : host(String(child(addresses[0], 'addr')), ports);
}

function child(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
