/**
 * Returns the number of a turn as a label has it; 0 for none. Clients choose labels: a larger number is a name like any
 * other, or nothing could be counted on from it.
 */
export function turnNumber(label: string | undefined): number {
  return label !== undefined && /^[1-9]\d{0,8}$/.test(label) ? Number(label) : 0;
}
