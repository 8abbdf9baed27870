/**
 * Returns where a text, of one character or more, first stands in another from a place on, or -1. It takes time in
 * proportion to both lengths, whatever they hold: `indexOf` takes that of their product for some.
 */
export function occurrenceOf(text: string, sought: string, from = 0): number {
  // Knuth, Morris and Pratt: how much of the beginning of `sought` ends at each place of it.
  const borders = new Int32Array(sought.length);
  for (let at = 1, length = 0; at < sought.length; at += 1) {
    while (length > 0 && sought.charCodeAt(at) !== sought.charCodeAt(length))
      length = borders[length - 1] ?? 0;
    if (sought.charCodeAt(at) === sought.charCodeAt(length)) length += 1;
    borders[at] = length;
  }
  for (let at = from, length = 0; at < text.length; at += 1) {
    while (length > 0 && text.charCodeAt(at) !== sought.charCodeAt(length))
      length = borders[length - 1] ?? 0;
    if (text.charCodeAt(at) === sought.charCodeAt(length)) length += 1;
    if (length === sought.length) return at - length + 1;
  }
  return -1;
}
