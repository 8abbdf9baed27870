/**
 * Tells whether a text names a span of a trace as W3C's Trace Context writes it: version, trace, parent and flags; a
 * later version than 00 may add to that.
 */
export function isTraceparent(text: string): boolean {
  const parts =
    /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.{0,200})?$/.exec(
      text,
    );
  return parts !== null && (parts[1] !== "00" || parts[2] === undefined);
}
