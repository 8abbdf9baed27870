import { expect, test } from "vitest";

import { Outlet } from "../../src/run/guest/standard-output.ts";

const mebibyte = 1 << 20;

test("of a large print a MiB goes on at once", () => {
  const bytes = Uint8Array.from({ length: 2 * mebibyte + 1 }, (_, index) => index % 251);
  const taken: Uint8Array[] = [];
  new Outlet((piece) => taken.push(piece.slice())).put(bytes);
  expect(taken.map(({ length }) => length)).toEqual([mebibyte, mebibyte, 1]);
  expect(Buffer.concat(taken).equals(bytes)).toBe(true);
});

test("what follows a piece that cannot be printed is not tried", () => {
  let calls = 0;
  const outlet = new Outlet(() => {
    calls += 1;
    if (calls === 2) throw Object.assign(new Error("gone"), { code: "EPIPE" });
  });
  outlet.put(new Uint8Array(4 * mebibyte));
  outlet.put(new Uint8Array(1));
  expect(outlet.failure).toBe("EPIPE");
  expect(calls).toBe(2);
});
