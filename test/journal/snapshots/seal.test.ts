import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { openSeal } from "../../../journal/snapshots/seal.ts";
import { scratch } from "../support.ts";

const at = scratch();
const bytes = Buffer.from("what was stored");

test("the key is made once, is the user's alone, and is the same from then on", () => {
  const home = at("home");
  const seal = openSeal({ XDG_STATE_HOME: home }).of("text", bytes);
  const key = join(home, "rewindfs/key");
  expect(readFileSync(key)).toHaveLength(32);
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, "rewindfs")).mode & 0o777).toBe(0o700);
  expect(openSeal({ XDG_STATE_HOME: home }).fits(seal, "text", bytes)).toBe(true);
  expect(openSeal({ XDG_STATE_HOME: at("other") }).fits(seal, "text", bytes)).toBe(false);
});

test("a seal is of these bytes and of what was said of them", () => {
  const seal = openSeal({ XDG_STATE_HOME: at("bound") });
  const made = seal.of("text", bytes);
  expect(seal.fits(made, "text", bytes)).toBe(true);
  expect(seal.fits(made, "another", bytes)).toBe(false);
  expect(seal.fits(made, "text", Buffer.from("else"))).toBe(false);
  expect(seal.fits(made.subarray(1), "text", bytes)).toBe(false);
  expect(seal.fits(undefined, "text", bytes)).toBe(false);
});

test.each<readonly [string, (key: string) => void]>([
  ["that others can read", (key) => (writeFileSync(key, Buffer.alloc(32)), chmodSync(key, 0o644))],
  ["of another length", (key) => writeFileSync(key, "short", { mode: 0o600 })],
  [
    "behind a link",
    (key) => {
      writeFileSync(`${key}-there`, Buffer.alloc(32), { mode: 0o600 });
      symlinkSync(`${key}-there`, key);
    },
  ],
  ["that is a folder", (key) => mkdirSync(key)],
])("a key %s is not used, nor changed", (name, make) => {
  const home = at(name);
  mkdirSync(join(home, "rewindfs"), { recursive: true });
  make(join(home, "rewindfs/key"));
  const known = at(`${name}, as it is known`);
  mkdirSync(join(known, "rewindfs"), { recursive: true });
  writeFileSync(join(known, "rewindfs/key"), Buffer.alloc(32), { mode: 0o600 });
  const seal = openSeal({ XDG_STATE_HOME: known }).of("text", bytes);
  expect(openSeal({ XDG_STATE_HOME: home }).fits(seal, "text", bytes)).toBe(false);
});

test("where there is no home a seal is good as long as the process lives", () => {
  const environment = { XDG_STATE_HOME: "/proc/nowhere" };
  const seal = openSeal(environment).of("text", bytes);
  expect(openSeal(environment).fits(seal, "text", bytes)).toBe(true);
});
