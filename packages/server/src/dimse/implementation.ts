/** Who we are in every association (PS3.7 D.3.3.2). The UID is of the UUID-derived kind (PS3.5 B.2). */
export const IMPLEMENTATION_CLASS_UID = '2.25.268263172341985318021407013906116411757';
export const IMPLEMENTATION_VERSION_NAME = 'LEADGLASS_01';
