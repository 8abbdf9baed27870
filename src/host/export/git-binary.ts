import { deflateSync } from "node:zlib";

/** Returns the body of a patch between binary contents, in both directions: git's binary patch, made of literals. */
export function binaryPatch(before: Uint8Array, after: Uint8Array): string {
  return `GIT binary patch\n${literal(after)}\n${literal(before)}\n`;
}

const bytesPerLine = 52;

function literal(bytes: Uint8Array): string {
  const packed = deflateSync(bytes);
  const lines = [`literal ${bytes.length}\n`];
  for (let at = 0; at < packed.length; at += bytesPerLine) {
    const part = packed.subarray(at, at + bytesPerLine);
    lines.push(`${lengthLetter(part.length)}${base85(part)}\n`);
  }
  return lines.join("");
}

/** Encodes 1 to 26 as A to Z, 27 to 52 as a to z. */
function lengthLetter(length: number): string {
  return String.fromCharCode(length <= 26 ? 0x40 + length : 0x60 + length - 26);
}

const digits =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/** Encodes four bytes as five digits, the last ones padded with zeros. */
function base85(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let value = 0;
    for (let index = at; index < at + 4; index += 1) value = value * 256 + (bytes[index] ?? 0);
    let group = "";
    for (let count = 0; count < 5; count += 1) {
      group = digits.charAt(value % 85) + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}
