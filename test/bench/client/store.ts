import { makeTemplate, type DataKind, type Template } from '../data/template.ts';
import { type FramedTemplate, frameTemplate, StoreMessage } from './framing.ts';
import type { StoreJob } from './jobs.ts';
import { CommandElement, commandNumber } from './pdu-scanner.ts';
import type { Workload } from './workload.ts';

const CONTEXT_ID = 1;
/** Message IDs have 16 bits. */
const MESSAGE_IDS = 0xffff;

const templates = new Map<DataKind, Template>();
const framedTemplates = new Map<string, FramedTemplate>();

/** Made once for each kind. */
export function templateOf(kind: DataKind): Template {
  const known = templates.get(kind) ?? makeTemplate(kind);
  templates.set(kind, known);
  return known;
}

/** Framed once for each kind and length: all associations share what never changes. */
function framedOf(template: Template, maximumLength: number): FramedTemplate {
  const key = `${template.kind} ${maximumLength}`;
  const known = framedTemplates.get(key) ?? frameTemplate(template, CONTEXT_ID, maximumLength);
  framedTemplates.set(key, known);
  return known;
}

/** C-STORE of instances one after the other, each written whole, the next when the one before was answered. */
export function storeWorkload(job: StoreJob): Workload {
  const template = templateOf(job.data);
  const messages = new Map<number, StoreMessage>();
  return {
    proposal: {
      contexts: [
        {
          id: CONTEXT_ID,
          abstractSyntax: template.sopClassUID,
          transferSyntaxes: [template.transferSyntaxUID],
        },
      ],
    },
    prepare(association, index) {
      const framed = framedOf(template, association.maximumLength);
      messages.set(index, new StoreMessage(template, framed, CONTEXT_ID));
    },
    run(association, index, tally) {
      const message = messages.get(index);
      const share =
        Math.floor((job.count * (index + 1)) / job.associations) -
        Math.floor((job.count * index) / job.associations);
      if (message === undefined || share === 0) return Promise.resolve();
      return new Promise((resolve) => {
        let answered = 0;
        let again = job.sendAgainMax ?? 0;
        let sentAt = 0;
        const send = (): void => {
          const study = Math.floor(answered / job.instancesPerStudy);
          const instance = answered % job.instancesPerStudy;
          message.address(
            { run: job.run, association: index, study, instance },
            (answered % MESSAGE_IDS) + 1,
          );
          sentAt = performance.now();
          association.write(message.head, message.body);
        };
        association.onCommand = (response) => {
          const status = commandNumber(response, CommandElement.status);
          if (status !== 0 && again-- > 0) {
            send();
            return;
          }
          if (status === 0) tally.success(performance.now() - sentAt, { bytes: template.dataSet.length });
          else tally.status(status);
          if (++answered < share) send();
          else resolve();
        };
        association.onBroken = (reason) => {
          tally.failure(reason);
          resolve();
        };
        send();
      });
    },
  };
}
