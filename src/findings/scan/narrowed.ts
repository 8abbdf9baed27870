/** The ASCII in a text of one character a byte that holds UTF-16, a character each. */
export interface Narrowed {
  readonly text: string;
  /** Returns where in the whole text a character stands. */
  readonly placeOf: (index: number) => number;
}

/** Matches ASCII in UTF-16, whichever byte comes first. */
const wide = /\0?(?:[\t\n\r -~]\0){8,}[\t\n\r -~]?/g;

/** Returns what a text holds in UTF-16; undefined if that is nothing. */
export function narrowed(whole: string): Narrowed | undefined {
  if (!whole.includes("\0")) return undefined;
  const pieces: { readonly start: number; readonly place: number }[] = [];
  let text = "";
  for (const { 0: found, index } of whole.matchAll(wide)) {
    // No secret is made of what stands in different places.
    if (text !== "") text += "\0";
    pieces.push({ start: text.length, place: found.startsWith("\0") ? index + 1 : index });
    text += found.replaceAll("\0", "");
  }
  if (text === "") return undefined;
  const placeOf = (index: number): number => {
    const piece = pieces[lastAtMost(pieces, index)];
    return piece === undefined ? 0 : piece.place + 2 * (index - piece.start);
  };
  return { text, placeOf };
}

/** Returns the index of the last piece that begins at or before a place. */
function lastAtMost(pieces: readonly { readonly start: number }[], place: number): number {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.start ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
