import { expect, test } from "vitest";

import { visibleSink } from "../../../src/run/keeper/streams/visible-sink.ts";

function shown(...chunks: readonly Uint8Array[]): string {
  const written: Uint8Array[] = [];
  const sink = visibleSink((bytes) => written.push(bytes.slice()));
  for (const chunk of chunks) sink(chunk);
  return Buffer.concat(written).toString();
}

const bytes = (text: string) => Buffer.from(text);

test("escape sequences and carriage returns are shown, not obeyed", () => {
  expect(shown(bytes("a\x1b[2J\x1b]52;c;eA==\x07b\rc"))).toBe("a\\x1b[2J\\x1b]52;c;eA==\\x07b\\rc");
});

test("lines, tabs, backslashes and other scripts stay as they are", () => {
  expect(shown(bytes("C:\\dir\tü 漢字\n"))).toBe("C:\\dir\tü 漢字\n");
});

test("a character that comes in two writes is one character", () => {
  const whole = bytes("漢");
  expect(shown(whole.subarray(0, 2), whole.subarray(2))).toBe("漢");
});
