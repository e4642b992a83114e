import { z } from 'zod';
import { configSchema } from './schema.ts';

/** One key of the configuration, as the manual shows it. */
export interface ConfigKey {
  /** Dotted: `dimse.tls.port` is `port` in `[dimse.tls]`. */
  readonly path: string;
  readonly type: string;
  readonly range: string;
  readonly defaultValue: string;
  readonly description: string;
  readonly readBy: string;
}

interface JsonSchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly items?: JsonSchemaNode;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly readBy?: string;
}

/** All keys in the order of the schema: the one source of the manual and of "did you mean". */
export function configKeys(): readonly ConfigKey[] {
  const root = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchemaNode;
  return [...walk(root, '')];
}

function* walk(node: JsonSchemaNode, prefix: string): Generator<ConfigKey> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const path = prefix + name;
    if (child.properties !== undefined) {
      yield* walk(child, `${path}.`);
      continue;
    }
    yield {
      path,
      type: child.type === 'array' ? `list of ${child.items?.type ?? 'values'}` : (child.type ?? 'value'),
      range: child.minimum === undefined ? '' : `${child.minimum} to ${child.maximum ?? 'any'}`,
      defaultValue: child.default === undefined ? '' : JSON.stringify(child.default),
      description: child.description ?? '',
      readBy: child.readBy ?? '',
    };
  }
}
