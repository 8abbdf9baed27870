/** Returns the length of a text in bytes: UTF-8, and one for each lone surrogate, which stands for a byte. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit <= 0x7f) continue;
    if (unit < 0xd800 || unit > 0xdfff) length += unit > 0x7ff ? 2 : 1;
    else if (unit < 0xdc00 && isLow(text.charCodeAt(index + 1))) {
      // A pair is two units and four bytes.
      length += 2;
      index += 1;
    }
  }
  return length;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
