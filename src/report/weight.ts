/** Returns how many bytes a value takes in a page. */
export function weightOf(value: unknown): number {
  const text = JSON.stringify(value);
  return Buffer.byteLength(text) + (text.split("<").length - 1) * bytesOfEscape;
}

/** Counts the further bytes of `<`, which stands there as an escape. */
const bytesOfEscape = 5;
