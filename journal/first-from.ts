/** Index of the first of these numbers, which are in order, that is not below one. */
export function firstFrom(numbers: ArrayLike<number>, lowest: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < lowest) low = middle + 1;
    else high = middle;
  }
  return low;
}
