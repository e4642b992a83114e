import type { Bench } from '../bench.ts';
import { bareDecrypting, bareSending } from '../peers/bare-frames.ts';
import { orthancWeb } from '../peers/orthanc.ts';
import { compareRetrieval, loadCT, plansOf, RETRIEVED_INSTANCES } from './web.ts';
import { webAnswers } from './web-checks.ts';

/** One frame beside Orthanc's plugin, and beside what Node.js gives at best. */
export async function framesSection(bench: Bench): Promise<void> {
  const archives = [bench.leadglass(), orthancWeb];
  const peers = bench.choose([...archives, bareDecrypting, bareSending], 'TLS');
  await bench.withPeers(peers, 'TLS', async (running) => {
    const run = bench.nextRun();
    for (const peer of running) {
      const isArchive = archives.some(({ key }) => key === peer.peer.key);
      await (isArchive ? loadCT(bench, peer, run, RETRIEVED_INSTANCES) : webAnswers(peer));
    }
    await compareRetrieval(bench, running, plansOf(run).slice(0, 1));
  });
  bench.report.remark(
    'Bare Node.js looks nothing up, asks nobody who they are and records nothing: no server of ours on this machine can give a frame sooner.',
  );
}
