/** Three axes, in the unit of their method. */
export interface Vector {
  x: number;
  y: number;
  z: number;
}

/** Standard gravity, m/s² (CGPM 1901). */
export const standardGravity = 9.80665;
