const start = "\x1b[200~";
const end = "\x1b[201~";
const interrupt = "\x03";
/** Bounds the characters of a paste that are taken. */
const mostPasted = 64 * 1024;

/**
 * Bounds what a terminal pastes, in the text that it sends: of a paste without an end Ink holds back all that is typed
 * after it. Ctrl-C ends one, and so does its length; what comes after that is left out.
 */
export function boundedPastes(): (text: string) => string {
  /** Counts the characters that a paste may still have; undefined outside of one. */
  let left: number | undefined;
  let begun = "";

  const typed = (text: string): { taken: string; rest: string } => {
    const at = text.indexOf(start);
    if (at >= 0) {
      left = mostPasted;
      return { taken: text.slice(0, at + start.length), rest: text.slice(at + start.length) };
    }
    const length = beginningOf(start, text);
    // Esc alone is a key, and waits for nothing.
    begun = length < 3 ? "" : text.slice(-length);
    return { taken: text.slice(0, text.length - begun.length), rest: "" };
  };
  const pasted = (text: string, room: number): { taken: string; rest: string } => {
    const stops = [text.indexOf(end), text.indexOf(interrupt)].filter((at) => at >= 0);
    const stop = stops.length === 0 ? undefined : Math.min(...stops);
    if (stop === undefined) begun = text.slice(text.length - beginningOf(end, text));
    const length = stop ?? text.length - begun.length;
    const isTooLong = room > 0 && length >= room;
    left = stop === undefined ? Math.max(0, room - length) : undefined;
    const isEnd = isTooLong || (stop !== undefined && room > 0);
    const taken = text.slice(0, Math.min(length, room)) + (isEnd ? end : "");
    if (stop === undefined) return { taken, rest: "" };
    return text.startsWith(interrupt, stop)
      ? { taken: taken + interrupt, rest: text.slice(stop + interrupt.length) }
      : { taken, rest: text.slice(stop + end.length) };
  };

  return (text) => {
    let rest = begun + text;
    let all = "";
    begun = "";
    while (rest !== "") {
      const next = left === undefined ? typed(rest) : pasted(rest, left);
      all += next.taken;
      rest = next.rest;
    }
    return all;
  };
}

/** Returns how long a beginning of a code stands at the end of a text. */
function beginningOf(code: string, text: string): number {
  for (let length = code.length - 1; length > 0; length -= 1)
    if (text.endsWith(code.slice(0, length))) return length;
  return 0;
}
