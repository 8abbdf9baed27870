import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { findBubblewrap } from "../../../src/run/isolation/bubblewrap.ts";
import { unsupported } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(unsupported !== undefined)("bubblewrap is", () => {
  const installed = findBubblewrap("") ?? "";

  test("found where the system has it, without a PATH too", () => {
    expect(installed).toMatch(/^\/.*bwrap$/);
    expect(findBubblewrap(undefined)).toBe(installed);
  });

  test("not taken from a folder that others can write, nor from below one", () => {
    const brought = join(folder, "bin");
    mkdirSync(brought);
    copyFileSync(installed, join(brought, "bwrap"));
    chmodSync(join(brought, "bwrap"), 0o755);
    expect(findBubblewrap([brought, "/usr/bin"].join(delimiter))).toBe(installed);
  });

  test("not taken from the working directory, or relative to it", () => {
    const beside = relative(process.cwd(), join(folder, "bin"));
    expect(findBubblewrap(["", ".", beside].join(delimiter))).toBe(installed);
  });

  test("not taken through a link to such a folder", () => {
    const linked = join(folder, "linked");
    mkdirSync(linked);
    symlinkSync(join(folder, "bin", "bwrap"), join(linked, "bwrap"));
    expect(findBubblewrap(linked)).toBe(installed);
  });
});
