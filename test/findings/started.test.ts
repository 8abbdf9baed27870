import { afterEach, describe, expect, it } from "vitest";

import type { ProcessNumber } from "../../journal/index.ts";
import { brief, closeJournals, found, nothing } from "./found.ts";

afterEach(closeJournals);

/** Returns what is found of a program that starts once its run wrote `/p/a`; `/p` is the folder /h of this machine. */
async function afterStart(args: readonly string[], executable?: string): Promise<string[]> {
  const result = await found(nothing, (step) => {
    step.write("/p/a", "text");
    const process = { number: 1 as ProcessNumber, pid: 7, args };
    step.journal.append({
      kind: "process",
      ...process,
      ...(executable === undefined ? {} : { executable }),
    });
  });
  return brief(result);
}

describe("a program of the run's own is what started it", () => {
  it.each<[string, readonly string[], string?]>([
    ["itself", ["./x"], "/h/a"],
    ["as a script of a shell", ["sh", "-e", "/h/a"], "/usr/bin/dash"],
    ["as a script, relative to the root", ["bash", "p/a", "more"], "/usr/bin/bash"],
    ["as a script of an interpreter with a version", ["x", "/h/a"], "/usr/bin/python3.13"],
    ["by the loader", ["/lib64/ld-linux-x86-64.so.2", "/h/a"], "/usr/lib/ld-2.36.so"],
  ])("%s", async (_, args, executable) => {
    expect(await afterStart(args, executable)).toEqual(["low own-program /p/a"]);
  });
});

describe("a file is data, and no program, as an argument of", () => {
  it.each<[string, readonly string[], string?]>([
    ["cp", ["cp", "/h/a", "/h/b"], "/usr/bin/cp"],
    ["a tool without a known path", ["cat", "p/a"]],
    ["a script that it is given to", ["sh", "/usr/bin/which", "/h/a"], "/usr/bin/dash"],
  ])("%s", async (_, args, executable) => {
    expect(await afterStart(args, executable)).toEqual([]);
  });
});

it("a program that took the place of another by an exchange is the run's own", async () => {
  const result = await found(
    (step) => step.write("/p/a", "text"),
    (step) => {
      step.write("/p/b", "other");
      step.exchange("/p/b", "/p/a");
      const process = { number: 1 as ProcessNumber, pid: 7, args: ["/h/a"] };
      step.journal.append({ kind: "process", ...process, executable: "/h/a" });
    },
  );
  expect(brief(result)).toEqual(["low own-program /p/a"]);
});
