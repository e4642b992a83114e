import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CodecModules, limitWasmMemory } from '../codecs/codec-modules.ts';
import { decodeFrame } from '../decode-frame.ts';
import { ImagingError } from '../imaging-error.ts';
import type { ImagingWorkerData, Job, JobReply, JobRequest, JobResult } from './protocol.ts';

// Encoding and rendering are loaded when first asked for: most frames are only decoded, and a worker that was replaced
// should be back soon.
async function perform(modules: CodecModules, job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'decode':
      return decodeFrame(modules, job.description, job.bytes);
    case 'transcode': {
      const { transcodeFrame } = await import('../transcode-frame.ts');
      return transcodeFrame(modules, job.description, job.bytes, job.transferSyntaxUID);
    }
    case 'render': {
      const { render } = await import('../rendering/render.ts');
      return render(modules, job.inputs, job.frames, job.options);
    }
  }
}

async function answer(modules: CodecModules, { id, job }: JobRequest): Promise<JobReply> {
  try {
    return { id, result: await perform(modules, job) };
  } catch (error) {
    if (error instanceof ImagingError) return { id, code: error.code, facts: error.facts };
    // No array that large could be had; anything else is a mistake of ours, and takes the worker down.
    if (error instanceof RangeError) return { id, code: 'MEMORY_LIMIT', facts: {} };
    throw error;
  }
}

function transferred(reply: JobReply): ArrayBuffer[] {
  if (!('result' in reply)) return [];
  const bytes = 'samples' in reply.result ? reply.result.samples : reply.result.bytes;
  return bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : [];
}

function listen(port: MessagePort): void {
  const { codecMemoryMaxBytes } = workerData as ImagingWorkerData;
  const modules = new CodecModules(limitWasmMemory(codecMemoryMaxBytes));
  // The pool sends the next job only when it has the answer to the last: codecs are never used by two at once.
  port.on('message', (request: JobRequest) => {
    void answer(modules, request).then((reply) => {
      port.postMessage(reply, transferred(reply));
    });
  });
}

if (parentPort) listen(parentPort);
