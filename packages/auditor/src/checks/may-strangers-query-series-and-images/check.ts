import type { Check } from '../check.ts';
import { judgeQuery } from '../dimse-answers.ts';
import { inconclusive } from '../verdicts.ts';
import { meta } from './meta.ts';

export const check: Check<'dicom'> = {
  kind: 'dicom',
  meta,
  matches: (service) => service.speaksDicom,
  async ask(asker) {
    const studies = judgeQuery(
      await asker.find({ contextKey: 'study-find', level: 'STUDY', mode: 'zero-match' }),
    );
    // Who may not query studies may not query below them; asking would cost the server another association.
    if (studies.outcome === 'protected') return studies;
    const series = judgeQuery(
      await asker.find({ contextKey: 'study-find', level: 'SERIES', mode: 'zero-match' }),
    );
    const images = judgeQuery(
      await asker.find({ contextKey: 'study-find', level: 'IMAGE', mode: 'zero-match' }),
    );
    const evidence = { series: series.outcome, images: images.outcome };
    for (const verdict of [series, images]) {
      if (verdict.outcome === 'exposed') return { outcome: 'exposed', evidence };
    }
    return series.outcome === 'protected' && images.outcome === 'protected'
      ? { outcome: 'protected', evidence }
      : inconclusive(
          'STATUS_UNCLEAR',
          'the queries failed for a reason that says nothing about access',
          evidence,
        );
  },
};
