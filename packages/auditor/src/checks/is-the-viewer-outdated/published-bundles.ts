/**
 * Versions of OHIF by the name of their bundle, as their makers publish them: the build makes it of the content, so no
 * other version has it. Their bundles have fifteen megabytes, and the version stands in a part that is loaded later.
 */
export const publishedBundles: ReadonlyMap<string, string> = new Map([
  ['14efaf39033ac7e69b35', '3.11.1'],
  ['26b7eafdf05b5445414b', '3.12.0'],
  ['096daabbdde29bd851ab', '3.12.10'],
  ['0f6159c501addfe9', '3.13.2'],
]);
