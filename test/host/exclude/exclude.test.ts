import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

import { HostDirectory } from "../../../src/host/disk/directory.ts";
import { type ExcludeOptions, Excludes } from "../../../src/host/exclude/exclude.ts";
import { looksSecret } from "../../../src/host/exclude/secret-name.ts";
import { Random } from "../../support/random.ts";
import { withTemporary } from "../../support/temporary.ts";
import { attempts } from "../../support/scale.ts";

const leave: ExcludeOptions = { ignored: "leave", rules: [] };

test("what git ignores stays out, by whatever file of rules and however deep, and what it tracks comes in", () => {
  for (let round = 0; round < attempts(10); round += 1) {
    withTemporary((top) => {
      const random = new Random(round);
      git(top, "init", "-q");
      for (let count = 15 + random.below(30); count > 0; count -= 1) put(top, pathOf(random));
      for (const directory of ["", "a", "a/b", "c d", "[x]", "out"]) {
        const lines = Array.from({ length: 4 }, () => patternOf(random));
        if (random.once(2)) put(top, join(directory, ".gitignore"), lines.join("\n"));
      }
      put(top, ".git/info/exclude", patternOf(random));
      git(top, "config", "index.version", String(2 + (round % 3)));
      if (!random.once(3)) git(top, "add", "-f", ...filesIn(top, "").filter(() => random.once(4)));
      mkdirSync(join(top, "a"), { recursive: true });
      const isIgnored = git(top, "status", "--ignored", "--short", "a").includes("!! a/\n");
      const folder = random.once(3) && !isIgnored ? join(top, "a") : top;
      const listed = git(folder, "ls-files", "-z", "-c", "-o", "--exclude-standard").split("\0");
      const expected = new Set(listed.filter((path) => path !== ""));
      expect(taken(folder, leave), `round ${round}`).toEqual([...expected].toSorted());
    });
  }
}, 60_000);

test.each<[string, readonly string[], readonly string[]]>([
  ["an exclude", ["-*.log"], ["keep/data.bin", "src/main.c"]],
  ["an include of what is ignored", ["+build"], ["build/out.o", "keep/data.bin", "src/main.c"]],
  [
    "an include within what is ignored",
    ["+build/out.o"],
    ["build/out.o", "keep/data.bin", "src/main.c"],
  ],
  ["a later include", ["-keep", "+keep"], ["keep/data.bin", "src/main.c"]],
  ["a later exclude", ["+build", "-*.o"], ["keep/data.bin", "src/main.c"]],
  ["an exclude that begins with a slash or a dot", ["-/src", "-./keep/data.bin"], []],
])("%s counts", (_, given, expected) => {
  withTemporary((folder) => {
    for (const path of ["src/main.c", "keep/data.bin", "build/out.o", "x.log"]) put(folder, path);
    put(folder, ".rewindignore", "/build\n*.log\n.rewindignore\n");
    const rules = given.map((one) => ({
      kind: one.startsWith("-") ? ("exclude" as const) : ("include" as const),
      glob: one.slice(1),
    }));
    expect(taken(folder, { ignored: "leave", rules })).toEqual(expected);
  });
});

test("what .rewindignore names stays out though git tracks it, but for what is asked for", () => {
  withTemporary((top) => {
    git(top, "init", "-q");
    put(top, ".rewindignore", "keys\n*.pem\n");
    put(top, ".gitignore", "*.log\n");
    for (const path of ["keys/one", "keys/two", "a.pem", "a.log", "main.c"]) put(top, path);
    git(top, "add", "-f", ".");
    const usual = [".gitignore", ".rewindignore", "a.log", "main.c"];
    expect(taken(top, leave)).toEqual(usual);
    const rules = [{ kind: "include", glob: "keys/one" }] as const;
    expect(taken(top, { ignored: "leave", rules })).toEqual([...usual, "keys/one"].toSorted());
  });
});

test("a folder that is ignored as a whole comes in when it is named", () => {
  withTemporary((top) => {
    git(top, "init", "-q");
    put(top, ".gitignore", "/out\n*.tmp\n");
    put(top, "out/result.txt");
    put(top, "out/.gitignore", "*.log");
    put(top, "out/a.log");
    expect(taken(join(top, "out"), leave)).toEqual([".gitignore", "result.txt"]);
  });
});

test("files of rules that are links, or no files, are passed over, as git does", () => {
  withTemporary((folder) => {
    put(folder, "elsewhere", "*\n");
    symlinkSync("elsewhere", join(folder, ".gitignore"));
    mkdirSync(join(folder, ".rewindignore"));
    put(folder, "...", "a name of dots");
    expect(taken(folder, leave)).toEqual(["...", ".gitignore", "elsewhere"]);
  });
});

test.each([
  ["too many patterns", Array.from({ length: 2_001 }, (_, index) => `name${index}`).join("\n")],
  ["a pattern that takes for ever", "**/a/**/a/**/a/**/b"],
  ["a pattern longer than any path", " ".repeat(100_000) + "x"],
  ["a file of patterns that is too large", "#".repeat(300 * 1024)],
])("%s: an import does not begin", (_, text) => {
  withTemporary((folder) => {
    put(folder, ".gitignore", text);
    expect(() => taken(folder, leave)).toThrow(/cannot tell what .*\.gitignore leaves out/);
    expect(taken(folder, { ignored: "take", rules: [] })).toEqual([".gitignore"]);
  });
});

test("patterns that would take for ever for a path as deep as there is one are refused", () => {
  withTemporary((folder) => {
    put(folder, ".gitignore", "**/a/**/a/**/b\n");
    put(folder, `${"a/".repeat(20)}c`);
    expect(taken(folder, leave)).toHaveLength(2);
    put(folder, `${"a/".repeat(300)}c`);
    expect(() => taken(folder, leave)).toThrow(/patterns that take too long for paths this deep/);
  });
});

test("blanks in a repository's own files keep nobody waiting", () => {
  withTemporary((folder) => {
    git(folder, "init", "-q");
    put(folder, ".gitignore", "*");
    put(folder, "kept");
    git(folder, "add", "-f", "kept");
    writeFileSync(join(folder, ".git/config"), "\n".repeat(1_000_000));
    expect(taken(folder, leave)).toEqual(["kept"]);
    put(folder, "below/.git", `gitdir: ${" ".repeat(65_000)}x`);
    put(folder, "below/a");
    expect(taken(join(folder, "below"), { ignored: "leave", rules: [] })).toContain("a");
  });
}, 20_000);

test("an index whose paths grow with each other keeps nobody waiting", () => {
  withTemporary((folder) => {
    git(folder, "init", "-q");
    put(folder, ".gitignore", "*");
    put(folder, "x");
    const count = 100_000;
    const header = Buffer.from("DIRC\0\0\0\x04\0\0\0\0", "latin1");
    header.writeUInt32BE(count, 8);
    // Each path is the one before and one letter more.
    const entry = Buffer.concat([Buffer.alloc(61), Buffer.from("\x01\0x\0", "latin1")]);
    const entries = Array.from({ length: count }, () => entry);
    writeFileSync(join(folder, ".git/index"), Buffer.concat([header, ...entries]));
    expect(taken(folder, leave)).toEqual(["x"]);
  });
}, 20_000);

test("names of keys and passwords are known, samples and certificates are none", () => {
  const secret = [
    ".env",
    "a/.env.production",
    "id_rsa",
    "deploy.key",
    "x/server.pem",
    "secrets.yml",
  ];
  const harmless = [
    ".env.example",
    "id_rsa.pub",
    "cacert.pem",
    "environment.ts",
    "keys.ts",
    "fullchain.pem",
  ];
  expect(secret.filter(looksSecret)).toEqual(secret);
  expect(harmless.filter(looksSecret)).toEqual([]);
});

function pathOf(random: Random): string {
  const names = ["a", "b", "c d", "[x]", "out", "x.log", "y.o", "!z", "#n", "tmp"];
  const depth = 1 + random.below(4);
  const directories = Array.from({ length: depth - 1 }, () => random.pick(names.slice(0, 5)));
  return [...directories, `${random.pick(names)}.f${random.below(3)}`].join("/");
}

function patternOf(random: Random): string {
  const body = random.pick([
    "*.f0",
    "*.f?",
    "a/",
    "b",
    "/a",
    "out",
    "a/b",
    "**/b",
    "a/**",
    "/*",
    "*",
    "out/*",
    "c d/",
    "\\!z.f1",
    "\\#n.f1",
    "[xy].*",
    "*.f[01]",
    "c?d",
    "tmp.f*",
    "\\[x\\]",
    "b/**/*.f2",
    "# comment",
  ]);
  return random.once(3) ? `!${body}` : body;
}

/** Returns the files below a folder that come in. */
function taken(folder: string, options: ExcludeOptions): string[] {
  const excludes = new Excludes(folder, options);
  const walk = (host: HostDirectory, above: string): string[] =>
    host.list().names.flatMap((name) => {
      const path = `${above}${name}`;
      const isDirectory = host.stat(name)?.isDirectory() === true;
      if (name === ".git") return [];
      if (excludes.by(host, path, isDirectory ? "directory" : "other") !== undefined) return [];
      if (!isDirectory) return [path];
      using child = host.child(name);
      return walk(child, `${path}/`);
    });
  using top = HostDirectory.open(folder);
  return walk(top, "").toSorted();
}

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" });
}

function put(folder: string, path: string, content = path): void {
  try {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  } catch (error) {
    // A file stands at a directory's place, or the other way round.
    if (!(error instanceof Error) || !/EEXIST|ENOTDIR|EISDIR/.test(error.message)) throw error;
  }
}

function filesIn(folder: string, above: string): string[] {
  return readdirSync(join(folder, above), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === ".git") return [];
    const path = join(above, entry.name);
    return entry.isDirectory() ? filesIn(folder, path) : [path];
  });
}
