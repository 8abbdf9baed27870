import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { type Bounds, Budget } from "../../../src/history/index.ts";
import {
  applyToHost,
  exportDirectory,
  exportGit,
  exportTar,
  importDirectory,
} from "../../../src/host/index.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

const budget = (bounds: Partial<Bounds>) => new Budget("it", bounds);
const ended = (code: string) => expect.objectContaining({ name: "BudgetError", code });

function recording() {
  const made = openRecording();
  const { recorder: r } = made;
  r.run("write", [], () => {
    r.mkdir("/d");
    r.write("/d/f", "four");
    r.write("/sparse", "x", 1_000_000);
    r.truncate("/sparse", 9_000_000);
  });
  return made;
}

test("every way out of the journal ends at its limits", async () => {
  await withTemporary(async (host) => {
    const { fs, journal, history } = recording();
    const at = (name: string) => join(host, name);
    const directory = (name: string, bounds: Partial<Bounds>) => () =>
      exportDirectory(fs.tree, journal, at(name), { budget: budget(bounds) });
    expect(directory("a", { paths: 2 })).toThrow(ended("paths"));
    expect(directory("b", { depth: 1 })).toThrow(ended("depth"));
    expect(directory("c", { bytes: 3 })).toThrow(ended("bytes"));
    expect(directory("d", { paths: 3, depth: 2, bytes: 5, zeros: 0 })).not.toThrow();
    const tar = (bounds: Partial<Bounds>) =>
      exportTar(fs.tree, journal, at("e.tar"), { budget: budget(bounds) });
    await expect(tar({ paths: 2 })).rejects.toThrow(ended("paths"));
    await expect(tar({ bytes: 3 })).rejects.toThrow(ended("bytes"));
    const git = (name: string, bounds: Partial<Bounds>) => exportGit(history, at(name), { bounds });
    await expect(git("f", { paths: 2 })).rejects.toThrow(ended("paths"));
    await expect(git("g", { zeros: 8_999_998 })).rejects.toThrow(ended("zeros"));
    expect(readdirSync(host).sort()).toEqual(["a", "b", "c", "d", "f", "g"]);
  });
});

test("an apply that would pass a limit changes nothing", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "f"), "f");
    const { fs, history, journal, recorder: r } = openRecording();
    importDirectory(fs, host, "/in");
    r.run("write", [], () => (r.write("/in/f", "long"), r.write("/in/g", "long")));
    const head = journal.head();
    for (const bounds of [{ paths: 1 }, { bytes: 7 }]) {
      const [code = ""] = Object.keys(bounds);
      const run = () => applyToHost(fs, history, host, { budget: budget(bounds) });
      expect(run).toThrow(ended(code));
    }
    expect(readdirSync(host)).toEqual(["f"]);
    expect(readFileSync(join(host, "f"), "utf8")).toBe("f");
    expect(journal.head()).toBe(head);
  });
});

test("holes take no room in a tar file, and are holes again when it is unpacked", async () => {
  await withTemporary(async (host) => {
    const { fs, journal, recorder: r } = openRecording();
    r.run("write", [], () => {
      for (let number = 0; number < 200; number += 1) {
        r.write(`/f${number}`, "");
        r.truncate(`/f${number}`, 64 * 1024 * 1024);
      }
      r.write("/mixed", "begin");
      r.write("/mixed", "odd", 1_000_001);
      r.write("/mixed", "next", 1_000_700);
      r.write("/mixed", "end", 3_000_000);
    });
    const tar = join(host, "state.tar");
    await exportTar(fs.tree, journal, tar, { budget: budget({ zeros: 0, bytes: 15 }) });
    expect(lstatSync(tar).size).toBeLessThan(1_000_000);
    mkdirSync(join(host, "out"));
    execFileSync("tar", ["-xf", tar, "-C", join(host, "out")]);
    const stat = lstatSync(join(host, "out", "f7"));
    expect(stat.size).toBe(64 * 1024 * 1024);
    expect(stat.blocks).toBeLessThan(1_000);
    const mixed = readFileSync(join(host, "out", "mixed"));
    const wanted = Buffer.alloc(3_000_003);
    wanted.write("begin", 0);
    wanted.write("odd", 1_000_001);
    wanted.write("next", 1_000_700);
    wanted.write("end", 3_000_000);
    expect(mixed.equals(wanted)).toBe(true);
  });
});
