import type { QueryParameter, RouteEntry } from './routes.ts';

/** An OpenAPI 3.1 description of every path, made from the table the door itself is made from. */
export function openAPI(entries: readonly RouteEntry[], baseURL: string): object {
  const paths: Record<string, object> = {};
  for (const { path, handlers, what, query = [] } of entries) {
    const template = path
      .replace(/^\/dicom-web/, '')
      .replace(/:(\w+)|\*/g, (_all, name?: string) => `{${name ?? 'path'}}`);
    const operations: Record<string, object> = {};
    for (const method of Object.keys(handlers))
      operations[method.toLowerCase()] = {
        ...operationOf(what, method, template),
        ...(method === 'GET' && query.length > 0 ? { parameters: query.map(queryParameter) } : {}),
      };
    paths[template || '/'] = { ...operations, parameters: parametersOf(template) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Leadglass DICOMweb',
      version: '1',
      description: 'PS3.18: QIDO-RS, WADO-RS, STOW-RS, WADO-URI.',
    },
    servers: [{ url: baseURL }],
    security: [{ bearer: [] }, { certificate: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'leadglass token create' },
        certificate: { type: 'mutualTLS', description: 'leadglass device add' },
      },
      responses: {
        error: {
          description: 'A stable code, and what to do next',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['error'],
                properties: { error: { type: 'string' }, advice: { type: 'string' } },
              },
            },
          },
        },
      },
    },
  };
}

function operationOf(what: string, method: string, template: string): object {
  return {
    summary: what,
    operationId: `${method.toLowerCase()}${template.replace(/[^A-Za-z0-9]+(\w?)/g, (_all, next: string) => next.toUpperCase())}`,
    responses: {
      '200': { description: 'As PS3.18 has it' },
      default: { $ref: '#/components/responses/error' },
    },
  };
}

const queryParameter = ({ name, what, type }: QueryParameter): object => ({
  name,
  in: 'query',
  description: what,
  schema: type === 'integer' ? { type, minimum: 0 } : { type },
});

function parametersOf(template: string): object[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: isUID(name)
      ? { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)*$', maxLength: 64 }
      : { type: 'string' },
  }));
}

const isUID = (name: string): boolean => ['study', 'series', 'instance'].includes(name);
