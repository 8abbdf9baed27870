import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { openReader } from "../../../journal/index.ts";
import { openHistory } from "../../../src/history/index.ts";
import { applyToHost, importDirectory } from "../../../src/host/index.ts";
import { policyIn } from "../../../src/cli/retention/config-file.ts";
import { cutOf } from "../../../src/cli/retention/cut.ts";
import { type Policy, parsePolicy } from "../../../src/cli/retention/policy.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";
import { withTemporary } from "../../support/temporary.ts";

const top = mkdtempSync(join(tmpdir(), "rewindfs-retention-"));
afterAll(() => rmSync(top, { recursive: true }));
const guest = new URL("../../guests/preview1/files.wasm", import.meta.url).pathname;

/** Records runs of three events, a millisecond each: run N has the events 3N − 2 to 3N. */
function recordRuns(file: string, runs: number, content = "x"): void {
  record(file, (step) => {
    step.run("first", [], () => step.mkdir(`/d${content}`));
    for (let run = 2; run <= runs; run += 1)
      step.run(`run ${run}`, [], () => step.mkdir(`/d${content}/${run}`));
    step.run("large", [], () => step.write(`/d${content}/large`, content));
  });
}

describe("what a policy lets go", () => {
  const file = join(top, "cut.db");
  recordRuns(file, 9);
  const cut = (policy: Policy, sinceRun?: number): number => {
    const journal = openReader(file);
    try {
      const end = journal.runs().at(sinceRun ?? -1)?.end?.time ?? 0n;
      return cutOf(journal, policy, end + 60_000_000_001n);
    } finally {
      journal.close();
    }
  };

  test("all but the last runs, where nothing else is said", () => {
    expect(cut({ keep: 2 })).toBe(24);
    expect(cut({ keep: 10 })).toBe(0);
    expect(cut({ keep: 99 })).toBe(0);
  });

  test("what is counted are runs of programs: imports and applies do not push them out", () => {
    const file = join(top, "programs.db");
    const host = join(top, "programs");
    mkdirSync(host);
    record(file, ({ files, ...step }) => {
      for (const name of ["a", "b", "c"]) {
        const history = openHistory(step.journal);
        importDirectory(files, host, "/in", { history });
        step.run("guest", [], () => step.write(`/in/${name}`, name));
        applyToHost(files, history, host);
      }
    });
    const journal = openReader(file);
    try {
      const kept = (keep: number): string[] => {
        const cut = cutOf(journal, { keep }, 0n);
        return journal.runs().flatMap(({ start, first }) => (first > cut ? [start.cause] : []));
      };
      expect(kept(1)).toEqual(["guest", "apply"]);
      expect(kept(2)).toEqual(["guest", "apply", "import", "guest", "apply"]);
    } finally {
      journal.close();
    }
  });

  test("whole runs that are too old, but none of those that are kept", () => {
    expect(cut({ maxAgeSeconds: 60 }, 2)).toBe(9);
    expect(cut({ maxAgeSeconds: 60, keep: 9 }, 2)).toBe(3);
    expect(cut({ maxAgeSeconds: 120 })).toBe(0);
    expect(cut({ maxAgeSeconds: 120, keep: 2 })).toBe(0);
  });

  test("the oldest until it is small enough, but none of those that are kept", () => {
    expect(cut({ maxBytes: 1024 ** 3 })).toBe(0);
    expect(cut({ maxBytes: 1 })).toBe(31);
    expect(cut({ maxBytes: 1, keep: 3 })).toBe(21);
  });
});

test.each([
  [{ keep: "0" }, "keep 0 is no number of runs"],
  [{ keep: "-1" }, "keep -1 is no number of runs"],
  [{ maxAge: "soon" }, "maxAge soon is no span of time"],
  [{ maxSize: "0" }, "maxSize 0 is no size"],
])("a policy of %j is none", (texts, message) => {
  expect(() => parsePolicy(texts, (name) => name)).toThrow(message);
});

describe("the config of a folder", () => {
  test.each<[string, string, Policy | undefined]>([
    [
      "rewind.toml",
      '[gc]\nkeep = 20\nmax-age = "30d"\nmax-size = "2G"\n',
      { keep: 20, maxAgeSeconds: 2_592_000, maxBytes: 2 ** 31 },
    ],
    ["package.json", '{"rewindfs": {"gc": {"keep": 3}}}', { keep: 3 }],
    ["package.json", '{"name": "rewindfs"}', undefined],
    ["rewind.toml", "", undefined],
  ])("%s with %j", async (name, text, expected) => {
    await withTemporary(async (folder) => {
      writeFileSync(join(folder, name), text);
      expect(await policyIn(folder)).toEqual(expected);
    });
  });

  test.each([
    ["rewind.toml", "[gc]\nkept = 1\n", "has no setting called gc.kept"],
    ["rewind.toml", "[gcc]\n", "has no setting called gcc"],
    ["rewind.toml", "gc = 1\n", "gc is no table"],
    ["rewind.toml", "[gc\n", "cannot read"],
    [
      "package.json",
      '{"rewindfs": {"gc": {"__proto__": {"keep": 1}, "keep": "1e3"}}}',
      "no setting called gc.__proto__",
    ],
    ["package.json", '{"rewindfs": {"gc": {"keep": true}}}', "keep is no text and no number"],
    ["package.json", '{"rewindfs": {"gc": {"keep": {"toString": 1}}}}', "keep is no text"],
    ["package.json", '{"rewindfs": {"gc": {"keep": [20]}}}', "keep is no text"],
  ])("%s with %j is told of", async (name, text, message) => {
    await withTemporary(async (folder) => {
      writeFileSync(join(folder, name), text);
      await expect(policyIn(folder)).rejects.toThrow(message);
    });
  });

  test("is read from a file alone, and of a size that a config has", async () => {
    await withTemporary(async (folder) => {
      mkdirSync(join(folder, "rewind.toml"));
      writeFileSync(join(folder, "package.json"), `{"rewindfs": {}}${" ".repeat(1024 * 1024)}`);
      expect(await policyIn(folder)).toBeUndefined();
    });
  });
});

describe("a config that came with a folder", () => {
  const run = (folder: string, ...args: readonly string[]) =>
    rewindfs(folder, [...args, "run", "-q", guest]).stderr;
  const state = join(top, "state");

  test("folds nothing by itself before the user has called gc there, nor after it was changed", () => {
    const folder = join(top, "cloned");
    mkdirSync(folder);
    recordRuns(join(folder, "rewind.db"), 9);
    writeFileSync(join(folder, "rewind.toml"), "[gc]\nkeep = 3\n");
    const env = { XDG_STATE_HOME: state };
    const go = () => rewindfs(folder, ["run", "-q", guest, "truncate"], env).stderr;
    expect(go()).toContain("the config of this folder wants --keep 3; rewindfs gc does it");
    expect(baseOf(folder)).toBe(0);
    expect(rewindfs(folder, ["gc"], env).stderr).toContain("done after each run in this folder");
    const folded = baseOf(folder);
    expect(folded).toBeGreaterThan(0);
    recordRuns(join(folder, "rewind.db"), 9, "y");
    go();
    expect(baseOf(folder)).toBeGreaterThan(folded);
    const after = baseOf(folder);
    writeFileSync(join(folder, "rewind.toml"), "[gc]\nkeep = 1\n");
    expect(go()).toContain("the config of this folder wants --keep 1");
    expect(baseOf(folder)).toBe(after);
  });

  test("says nothing to a journal that lies elsewhere", () => {
    const folder = join(top, "here");
    const elsewhere = join(top, "elsewhere.db");
    mkdirSync(folder);
    recordRuns(elsewhere, 9);
    writeFileSync(join(folder, "rewind.toml"), "[gc]\nkeep = 1\n");
    expect(run(folder, "-j", elsewhere)).not.toContain("config");
  });

  test("that has no such policy is no problem of the run's; one that cannot be read may ask for limits, and stops it", () => {
    const folder = join(top, "broken");
    mkdirSync(folder);
    const go = (config: string) => {
      writeFileSync(join(folder, "rewind.toml"), config);
      return rewindfs(folder, ["run", "-q", guest, "truncate"]);
    };
    const { stderr, exit } = go("[gc]\nkept = 1\n");
    expect(stderr).toContain("nothing was folded: ");
    expect(exit).toBe(0);
    const unreadable = go("[gc");
    expect(unreadable.stderr).toContain("cannot read rewind.toml");
    expect(unreadable.exit).toBe(2);
  });

  test("folds nothing that is not applied yet", () => {
    const folder = join(top, "unapplied");
    mkdirSync(join(folder, "src"), { recursive: true });
    writeFileSync(join(folder, "src", "a"), "a");
    rewindfs(folder, ["run", "-q", "--dir", "./src::/", guest, "truncate"]);
    recordRuns(join(folder, "rewind.db"), 2);
    const changed = rewindfs(folder, ["diff", "--name-only"]).stdout;
    expect(changed).not.toBe("");
    expect(rewindfs(folder, ["gc", "--keep", "1"]).stderr).toContain("are not applied to");
    expect(rewindfs(folder, ["diff", "--name-only"]).stdout).toBe(changed);
  });
});

function baseOf(folder: string): number {
  const journal = openReader(join(folder, "rewind.db"));
  try {
    return journal.base()?.seq ?? 0;
  } finally {
    journal.close();
  }
}
