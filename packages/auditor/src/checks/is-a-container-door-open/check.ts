import type { HttpAsker } from '../../transport/index.ts';
import type { Check, Service, Verdict } from '../check.ts';
import { exposed, isProtected, notApplicable } from '../verdicts.ts';
import { meta } from './meta.ts';

const DOCKER_PORTS: ReadonlySet<number> = new Set([2375, 2376]);
const KUBERNETES_PORTS: ReadonlySet<number> = new Set([6443, 16443]);
/** A version page of Docker and a Status of Kubernetes take one or two thousand bytes. */
const ANSWER_BYTES = 4096;

const isWeb = ({ protocol }: Service): boolean => protocol === 'http' || protocol === 'https';

export const check: Check<'http'> = {
  kind: 'http',
  meta,
  matches: (service) => isDocker(service) || isKubernetes(service),
  ask: (asker, service) => (isDocker(service) ? askDocker(asker) : askKubernetes(asker)),
};

function isDocker(service: Service): boolean {
  return service.protocol === 'docker' || (DOCKER_PORTS.has(service.port) && isWeb(service));
}

function isKubernetes(service: Service): boolean {
  return service.protocol === 'kubernetes' || (KUBERNETES_PORTS.has(service.port) && isWeb(service));
}

async function askDocker(asker: HttpAsker): Promise<Verdict> {
  const { status, body } = await asker.request({
    method: 'GET',
    path: '/version',
    bodyMaxBytes: ANSWER_BYTES,
  });
  const text = body.toString('latin1');
  const apiVersion = /"ApiVersion"\s*:\s*"([\d.]{1,16})"/.exec(text)?.[1];
  if (status === 200 && apiVersion !== undefined) return exposed({ product: 'Docker', status, apiVersion });
  if ([400, 401, 403].includes(status)) return isProtected({ product: 'Docker', status });
  return notApplicable('NO_DOCKER', 'it is another web server');
}

/** The API server tells "may not" from "is not": a namespace that cannot exist is asked for. */
async function askKubernetes(asker: HttpAsker): Promise<Verdict> {
  const name = `expoaudit-${asker.freshUID().replaceAll('.', '-')}`.slice(0, 60);
  const { status, body } = await asker.request({
    method: 'GET',
    path: `/api/v1/namespaces/${name}`,
    bodyMaxBytes: ANSWER_BYTES,
  });
  const isStatus = /"kind"\s*:\s*"Status"/.test(body.toString('latin1'));
  const evidence = { product: 'Kubernetes', status };
  if (status === 404 && isStatus) return exposed(evidence);
  if (status === 401 || status === 403) return isProtected(evidence);
  return notApplicable('NO_KUBERNETES', 'it is another web server');
}
