/** An action of the mouse at a cell, counted from 0. */
export interface Pointer {
  readonly did: "press" | "drag" | "wheel-up" | "wheel-down";
  readonly column: number;
  readonly row: number;
}
