const start = "\x1b[200~";
const end = "\x1b[201~";
const interrupt = "\x03";
/** Bounds the characters of a paste that are taken. */
const mostPasted = 64 * 1024;

/** Part of what a terminal sends: typed, or pasted. */
export type Sent = { readonly typed: string } | { readonly pasted: string };

/**
 * Takes pastes out of the text that a terminal sends. Of one that has no end, and of one right behind Esc, no key would
 * be made: Ctrl-C ends the first, and each is cut where it is too long.
 */
export function pastesIn(): (text: string) => Sent[] {
  /** Holds a paste whose end did not come yet. */
  let open: string | undefined;
  let begun = "";

  const typed = (text: string): { sent: Sent; rest: string } => {
    const at = text.indexOf(start);
    if (at >= 0) {
      open = "";
      return { sent: { typed: text.slice(0, at) }, rest: text.slice(at + start.length) };
    }
    const length = beginningOf(start, text);
    // Esc alone is a key, and waits for nothing.
    begun = length < 3 ? "" : text.slice(-length);
    return { sent: { typed: text.slice(0, text.length - begun.length) }, rest: "" };
  };
  const pasted = (text: string, before: string): { sent?: Sent; rest: string } => {
    const stops = [text.indexOf(end), text.indexOf(interrupt)].filter((at) => at >= 0);
    const stop = stops.length === 0 ? undefined : Math.min(...stops);
    if (stop === undefined) begun = text.slice(text.length - beginningOf(end, text));
    const length = stop ?? text.length - begun.length;
    const all = before + text.slice(0, Math.min(length, mostPasted - before.length));
    open = stop === undefined ? all : undefined;
    if (stop === undefined) return { rest: "" };
    if (text.startsWith(interrupt, stop)) return { rest: text.slice(stop) };
    return { sent: { pasted: all }, rest: text.slice(stop + end.length) };
  };

  return (text) => {
    const all: Sent[] = [];
    let rest = begun + text;
    begun = "";
    while (rest !== "") {
      const next = open === undefined ? typed(rest) : pasted(rest, open);
      if (next.sent !== undefined) all.push(next.sent);
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
