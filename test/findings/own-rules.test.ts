import { describe, expect, it } from "vitest";

import { type Name, type Seq, rootIno } from "../../journal/index.ts";
import { findingsIn } from "../../src/findings/index.ts";
import { openRecording } from "../support/recording.ts";

describe("a rule of one's own", () => {
  const recorded = () => {
    const { history, recorder: step } = openRecording();
    step.run("app", [], () => {
      step.mkdir("/src");
      step.write("/src/pay.ts", "x");
      step.write("/src/other.ts", "x");
      step.rename("/src/other.ts", "/src/pay2.ts");
      step.refuse("open-at", "../etc/passwd");
      step.write("/.bashrc", "x");
    });
    return history;
  };
  const found = async (rule: object) => {
    const rules = [{ name: "mine", reason: "is mine", paths: ["/src/pay*"], ...rule }];
    const { findings } = await findingsIn(recorded(), { rules });
    return findings
      .filter(({ rule: name }) => name === "own:mine")
      .map(({ level, path, seq }) => `${level} ${seq} ${path}`);
  };

  it("finds each path that was changed, once, with the first event on it", async () => {
    expect(await found({})).toEqual(["medium 3 /src/pay.ts", "medium 7 /src/pay2.ts"]);
  });

  it("finds the operations that it names, and calls that were refused", async () => {
    expect(await found({ operations: ["write"], level: "high" })).toEqual(["high 4 /src/pay.ts"]);
    expect(await found({ operations: ["refused"], paths: ["passwd"] })).toEqual([
      "medium 8 ../etc/passwd",
    ]);
    expect(await found({ operations: ["failed"], paths: ["passwd"] })).toEqual([]);
  });

  it("finds each change that a native program can make, but none of times alone", async () => {
    const { history, recorder: step } = openRecording();
    const { files } = step;
    const at = (name: string) => ({ parent: rootIno, name: name as Name });
    const value = new TextEncoder().encode("v");
    step.run("app", [], () => {
      for (const name of ["a", "b", "c", "d"]) step.write(`/${name}`, name);
    });
    step.run("app", [], () => {
      step.exchange("/a", "/b");
      files.perform({ kind: "mknod", ...at("pipe"), type: "fifo", mode: 0o600 });
      const [c, d] = ["c", "d"].map((name) => files.resolve(rootIno, name, "keep"));
      for (const place of [c, d]) {
        if (place?.at !== "entry" || place.ino === undefined) throw new Error("it is there");
        const { ino } = place;
        if (place === d) files.perform({ kind: "set-times", ino, mtime: 1n });
        else
          files.perform(
            { kind: "set-xattr", ino, attribute: "user.a", length: value.length },
            value,
          );
      }
    });
    const rules = [{ name: "mine", reason: "is mine", paths: ["**"] }];
    const { findings } = await findingsIn(history, { rules, first: 10 as Seq });
    const own = findings.filter(({ rule }) => rule === "own:mine");
    expect(new Set(own.map(({ path }) => path))).toEqual(new Set(["/a", "/pipe", "/c"]));
  });

  it("stands behind ours of the same level", async () => {
    const rules = [{ name: "all", reason: "is all", level: "high" as const, paths: ["**"] }];
    const { findings } = await findingsIn(recorded(), { rules });
    const high = findings.filter(({ level }) => level === "high").map(({ rule }) => rule);
    expect(high.slice(0, 2)).toEqual(["escape", "tool-file"]);
    expect(new Set(high.slice(2))).toEqual(new Set(["own:all"]));
  });
});
