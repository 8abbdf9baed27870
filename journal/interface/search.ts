/** The smallest whole number in first..last for which `holds` is true, or undefined; from there on it must stay true. */
export function firstWhere(
  first: number,
  last: number,
  holds: (value: number) => boolean,
): number | undefined {
  let low = first;
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low > last ? undefined : low;
}

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
