import { type Printable, line, printableBytes, words } from "../../text/index.ts";
import type { Output } from "../command/output.ts";

/** Shows content to a person: lines and tabs unchanged, other invisible characters escaped. */
export interface ContentPrinter {
  add(bytes: Uint8Array): void;
  end(): void;
}

const newline = 0x0a;
const tab = 0x09;
/** A longer line is printed in pieces, so that none is held whole. */
const mostHeld = 64 * 1024;

export function contentPrinter(out: Output): ContentPrinter {
  let held = new Uint8Array(0);
  const show = (bytes: Uint8Array) => {
    let from = 0;
    for (let at = bytes.indexOf(tab); at !== -1; at = bytes.indexOf(tab, from)) {
      out.text(printableBytes(bytes.subarray(from, at)));
      out.text(tabSign);
      from = at + 1;
    }
    out.text(printableBytes(bytes.subarray(from)));
  };
  return {
    add(bytes) {
      let rest = new Uint8Array(held.length + bytes.length);
      rest.set(held);
      rest.set(bytes, held.length);
      for (let at = rest.indexOf(newline); at !== -1; at = rest.indexOf(newline)) {
        show(rest.subarray(0, at));
        out.line(nothing);
        rest = rest.subarray(at + 1);
      }
      while (rest.length > mostHeld) {
        const cut = characterStart(rest, mostHeld);
        show(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      held = rest;
    },
    end() {
      if (held.length === 0) return;
      show(held);
      out.line(nothing);
      out.flush();
    },
  };
}

const nothing: Printable = words("");
const tabSign = line`\t`;

/** Returns the start of a UTF-8 character at or before `at`. */
export function characterStart(bytes: Uint8Array, at: number): number {
  for (let start = at; start > at - 4; start -= 1) {
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  }
  return at;
}
