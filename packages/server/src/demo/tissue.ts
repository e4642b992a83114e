/** What a place in the head is made of. */
export const Tissue = {
  air: 0,
  skin: 1,
  fat: 2,
  muscle: 3,
  compactBone: 4,
  spongyBone: 5,
  cerebrospinalFluid: 6,
  greyMatter: 7,
  whiteMatter: 8,
  haemorrhage: 9,
  oedema: 10,
  calcification: 11,
  vitreous: 12,
  headRest: 13,
} as const;
export type Tissue = (typeof Tissue)[keyof typeof Tissue];

type TissueValues = Readonly<Record<keyof typeof Tissue, number>>;

/** Value of each tissue in one kind of image, by its number. */
function table(values: TissueValues): Int16Array {
  const byTissue = new Int16Array(Object.keys(Tissue).length);
  for (const [name, tissue] of Object.entries(Tissue)) byTissue[tissue] = values[name as keyof typeof Tissue];
  return byTissue;
}

/** Hounsfield units, as in textbooks; a fresh haemorrhage is brighter than brain, oedema darker. */
export const hounsfieldUnits = table({
  air: -1000,
  skin: 45,
  fat: -95,
  muscle: 55,
  compactBone: 1300,
  spongyBone: 550,
  cerebrospinalFluid: 6,
  greyMatter: 39,
  whiteMatter: 28,
  haemorrhage: 68,
  oedema: 17,
  calcification: 190,
  vitreous: 12,
  headRest: -780,
});

/** Signal in arbitrary units of a T1-weighted spin echo: fat bright, fluid dark. The head rest gives none. */
export const signalT1 = table({
  air: 0,
  skin: 380,
  fat: 920,
  muscle: 330,
  compactBone: 30,
  spongyBone: 480,
  cerebrospinalFluid: 110,
  greyMatter: 430,
  whiteMatter: 580,
  haemorrhage: 720,
  oedema: 340,
  calcification: 90,
  vitreous: 120,
  headRest: 0,
});

/** The same, T2-weighted: fluid bright, so that ventricles and oedema shine. */
export const signalT2 = table({
  air: 0,
  skin: 260,
  fat: 560,
  muscle: 160,
  compactBone: 20,
  spongyBone: 300,
  cerebrospinalFluid: 950,
  greyMatter: 470,
  whiteMatter: 330,
  haemorrhage: 210,
  oedema: 780,
  calcification: 40,
  vitreous: 960,
  headRest: 0,
});
