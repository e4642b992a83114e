import { Tissue } from './tissue.ts';

/** An ellipsoid in the head: millimetres, x to the patient's left, y to the back, z up (PS3.3 C.7.6.2.1.1). */
export interface Structure {
  readonly tissue: Tissue;
  readonly centre: readonly [x: number, y: number, z: number];
  readonly radii: readonly [x: number, y: number, z: number];
  /** Turn about z, in degrees. */
  readonly turn?: number;
  /** There are two, mirrored in the midline. */
  readonly paired?: boolean;
  /** How far the surface wanders from the ellipsoid, 0 to 1: lesions are not round. */
  readonly ragged?: number;
}

/** In the brain, drawn in this order over grey and white matter. */
export const brainStructures: readonly Structure[] = [
  { tissue: Tissue.greyMatter, centre: [10, 6, 5], radii: [8, 14, 11], turn: 20, paired: true }, // thalamus
  { tissue: Tissue.greyMatter, centre: [23, -6, 5], radii: [7, 16, 11], turn: -14, paired: true }, // lentiform nucleus
  { tissue: Tissue.greyMatter, centre: [13, -24, 11], radii: [5, 9, 11], turn: 18, paired: true }, // caudate nucleus
  { tissue: Tissue.cerebrospinalFluid, centre: [8, -24, 16], radii: [4, 15, 11], turn: 22, paired: true }, // frontal horn
  { tissue: Tissue.cerebrospinalFluid, centre: [11, 2, 25], radii: [5, 27, 8], turn: -8, paired: true }, // body
  { tissue: Tissue.cerebrospinalFluid, centre: [21, 33, 13], radii: [5.5, 15, 10], turn: -20, paired: true }, // atrium
  { tissue: Tissue.cerebrospinalFluid, centre: [0, 2, 3], radii: [2.2, 13, 10] }, // third ventricle
  { tissue: Tissue.cerebrospinalFluid, centre: [0, 29, -8], radii: [15, 5, 6] }, // quadrigeminal cistern
  { tissue: Tissue.cerebrospinalFluid, centre: [0, -10, -23], radii: [13, 10, 6] }, // suprasellar cistern
  { tissue: Tissue.whiteMatter, centre: [0, 16, -32], radii: [14, 13, 24] }, // brain stem
  { tissue: Tissue.cerebrospinalFluid, centre: [0, 36, -32], radii: [7, 4.5, 10] }, // fourth ventricle
  { tissue: Tissue.cerebrospinalFluid, centre: [0, 0, -36], radii: [15, 3, 12] }, // prepontine cistern
  { tissue: Tissue.calcification, centre: [0, 20, 4], radii: [2, 2.2, 2.5] }, // pineal body
  { tissue: Tissue.calcification, centre: [21, 31, 13], radii: [2.6, 3.6, 3], paired: true }, // choroid plexus
  { tissue: Tissue.oedema, centre: [34, 14, 30], radii: [19, 24, 18], ragged: 0.5 }, // about the lesion
  { tissue: Tissue.haemorrhage, centre: [35, 15, 30], radii: [11.5, 15, 11], ragged: 0.35 }, // the lesion
];

/** In the face and the skull base, drawn over everything. */
export const faceStructures: readonly Structure[] = [
  { tissue: Tissue.compactBone, centre: [34, 16, -47], radii: [28, 8, 10], turn: -32, paired: true }, // petrous bone
  { tissue: Tissue.compactBone, centre: [0, -16, -50], radii: [19, 15, 13] }, // sphenoid
  { tissue: Tissue.air, centre: [0, -18, -52], radii: [14, 11, 11] }, // sphenoid sinus
  { tissue: Tissue.compactBone, centre: [0, -16, -52], radii: [0.8, 13, 12] }, // its septum
  { tissue: Tissue.compactBone, centre: [33, -58, -50], radii: [20, 29, 18], turn: 18, paired: true }, // orbit
  { tissue: Tissue.fat, centre: [33, -60, -50], radii: [17.5, 28, 16], turn: 18, paired: true },
  { tissue: Tissue.muscle, centre: [43, -58, -50], radii: [2, 17, 5], turn: 24, paired: true }, // lateral rectus
  { tissue: Tissue.muscle, centre: [21, -58, -50], radii: [2, 17, 5], turn: 4, paired: true }, // medial rectus
  { tissue: Tissue.muscle, centre: [26, -52, -50], radii: [2.2, 18, 3], turn: 20, paired: true }, // optic nerve
  { tissue: Tissue.muscle, centre: [34, -72, -50], radii: [12.6, 12.6, 12.6], paired: true }, // eye
  { tissue: Tissue.vitreous, centre: [34, -72, -50], radii: [11.4, 11.4, 11.4], paired: true },
  { tissue: Tissue.muscle, centre: [34.5, -80.5, -50], radii: [5, 2.2, 4.5], paired: true }, // lens
  { tissue: Tissue.compactBone, centre: [0, -58, -54], radii: [13, 27, 15] }, // ethmoid
  { tissue: Tissue.air, centre: [5.6, -58, -54], radii: [4.8, 24, 13.5], paired: true },
  { tissue: Tissue.compactBone, centre: [5.5, -64, -54], radii: [7, 0.7, 14], paired: true }, // its cells
  { tissue: Tissue.compactBone, centre: [5.5, -50, -54], radii: [7, 0.7, 14], paired: true },
  { tissue: Tissue.compactBone, centre: [0, -83, -34], radii: [23, 9, 10] }, // frontal bone
  { tissue: Tissue.air, centre: [9, -84, -34], radii: [8.5, 4, 7.5], paired: true }, // frontal sinus
  { tissue: Tissue.air, centre: [68, 12, -54], radii: [14, 2.6, 5], paired: true }, // ear canal
];
