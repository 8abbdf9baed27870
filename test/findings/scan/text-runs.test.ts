import { expect, test } from "vitest";

import { eachTextRun } from "../../../src/findings/scan/text-runs.ts";

const runsIn = (bytes: Uint8Array): string[] => {
  const found: string[] = [];
  eachTextRun(bytes, 4, (start, end) =>
    found.push(Buffer.from(bytes.subarray(start, end)).toString("latin1")),
  );
  return found;
};

test.each<[string, string | Uint8Array, readonly string[]]>([
  ["text, as a whole", "a b\n\tc\x1b[1md", ["a b\n\tc\x1b[1md"]],
  ["text between other bytes", "\0\0long enough\x01\x02abc\0\0next", ["long enough", "next"]],
  ["UTF-8", "pässwörd…€", [Buffer.from("pässwörd…€").toString("latin1")]],
  ["UTF-16", Buffer.from("key=1", "utf16le"), ["k\0e\0y\0=\x001"]],
  ["texts with a NUL between", "A=1\0B=2\0C=3", ["A=1\0B=2\0C=3"]],
  ["one byte of an older alphabet", Buffer.from("caf\xe9 au lait", "latin1"), ["caf\xe9 au lait"]],
  ["nothing of zeros", new Uint8Array(100), []],
  ["a character that is cut off at the end", Buffer.from("text\xe2\x82", "latin1"), ["text"]],
])("text is %s", (_, bytes, expected) => {
  expect(runsIn(Buffer.from(bytes))).toEqual(expected);
});
