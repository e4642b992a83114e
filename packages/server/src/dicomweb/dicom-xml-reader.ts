import type { DicomJson, DicomJsonAttribute, DicomJsonPersonName, DicomJsonValue } from '@leadglass/dicom';
import { WebError } from './web-error.ts';

/** Elements of a document of the Native DICOM Model: as many as a data set may have, in a few layers. */
const DEPTH_MAX = 200;

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
const COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'] as const;
const NUMBER_VRS: ReadonlySet<string> = new Set(['US', 'SS', 'UL', 'SL', 'FL', 'FD']);

/** What the parser gives for an element, in document order: its name with its children, and its attributes. */
type Node = Readonly<Record<string, unknown>>;

/** A document of the Native DICOM Model (PS3.19 A.1) as DICOM JSON. @throws WebError 400 */
export async function nativeModelToJson(text: string): Promise<DicomJson> {
  // No document of this model has one, and all tricks with entities begin there.
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw unreadable();
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  if (XMLValidator.validate(text) !== true) throw unreadable();
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    removeNSPrefix: true,
  });
  let nodes: unknown;
  try {
    nodes = parser.parse(text);
  } catch {
    throw unreadable();
  }
  const [root] = childrenNamed(nodes, 'NativeDicomModel');
  if (!root) throw unreadable();
  return dataSetOf(root.children, 0);
}

interface Child {
  readonly children: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

function childrenNamed(nodes: unknown, name: string): Child[] {
  if (!Array.isArray(nodes)) return [];
  return (nodes as Node[])
    .filter((node) => name in node)
    .map((node) => ({
      children: node[name],
      attributes: (node[':@'] ?? {}) as Readonly<Record<string, unknown>>,
    }));
}

function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  return (nodes as Node[]).map((node) => (typeof node['#text'] === 'string' ? node['#text'] : '')).join('');
}

function dataSetOf(nodes: unknown, depth: number): DicomJson {
  if (depth > DEPTH_MAX) throw unreadable();
  const json: DicomJson = {};
  for (const { children, attributes } of childrenNamed(nodes, 'DicomAttribute')) {
    const { tag, vr } = attributes;
    if (typeof tag !== 'string' || typeof vr !== 'string' || tag in json) throw unreadable();
    json[tag] = attributeOf(vr, children, depth);
  }
  return json;
}

function attributeOf(vr: string, nodes: unknown, depth: number): DicomJsonAttribute {
  const [inline] = childrenNamed(nodes, 'InlineBinary');
  if (inline) return { vr, InlineBinary: textOf(inline.children).replace(/\s+/g, '') };
  const [bulk] = childrenNamed(nodes, 'BulkData');
  if (bulk) return { vr, BulkDataURI: String(bulk.attributes['uri'] ?? bulk.attributes['uuid'] ?? '') };
  const values = valuesOf(vr, nodes, depth);
  return values.length === 0 ? { vr } : { vr, Value: values };
}

function valuesOf(vr: string, nodes: unknown, depth: number): DicomJsonValue[] {
  if (vr === 'SQ') return numbered(nodes, 'Item').map((item) => dataSetOf(item.children, depth + 1));
  if (vr === 'PN') return numbered(nodes, 'PersonName').map((name) => personName(name.children));
  return numbered(nodes, 'Value').map(({ children }) => {
    const text = textOf(children);
    if (text === '') return null;
    if (!NUMBER_VRS.has(vr)) return text;
    return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  });
}

/** In the order their numbers say. */
function numbered(nodes: unknown, name: string): Child[] {
  const number = ({ attributes }: Child): number => Number(attributes['number'] ?? 0);
  return childrenNamed(nodes, name).sort((a, b) => number(a) - number(b));
}

function personName(nodes: unknown): DicomJsonPersonName {
  const name: DicomJsonPersonName = {};
  for (const group of GROUPS) {
    const [found] = childrenNamed(nodes, group);
    if (!found) continue;
    const parts = COMPONENTS.map((component) => {
      const [part] = childrenNamed(found.children, component);
      return part ? textOf(part.children) : '';
    });
    name[group] = parts.join('^').replace(/\^+$/, '');
  }
  return name;
}

const unreadable = (): WebError => new WebError(400, 'METADATA_UNREADABLE');
