import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

import { importDirectory } from "../../../src/host/index.ts";
import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";
import { linesOnScreen, onTerminal } from "../../support/screen/terminal.ts";

let folder = "";

const lines = (...changed: readonly (readonly [number, string])[]) => {
  const all = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  for (const [at, text] of changed) all[at] = text;
  return `${all.join("\n")}\n`;
};
const file = (name: string) => readFileSync(join(folder, "work", name), "utf8");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewindfs-patch-"));
  mkdirSync(join(folder, "work"));
  writeFileSync(join(folder, "work", "a.txt"), lines());
  writeFileSync(join(folder, "work", "mine.txt"), "mine\n");
  record(join(folder, "rewind.db"), ({ files, ...step }) => {
    importDirectory(files, join(folder, "work"), "/in");
    step.run("guest", [], () => {
      step.write("/in/a.txt", lines([1, "LINE 1"], [5, "LINE 5"], [20, "LINE 20"]));
      step.write("/in/esc\x1b[31m", "\x1b]0;title\x07\n");
      step.write("/in/mine.txt", "program\n");
      step.write("/in/package.json", "{}\n");
    });
  });
  writeFileSync(join(folder, "work", "mine.txt"), "user\n");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Answers questions in order, each when it is asked. */
const talk = (args: readonly string[], answers: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  onTerminal(folder, ["apply", "work", "--patch", ...args], env, { after: "]? ", say: answers });

it("apply --patch refuses where nobody can answer, and says what to do", () => {
  expect(shown(rewindfs(folder, ["apply", "work", "--patch"]))).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: --patch asks, and needs a terminal for stdin and stdout
    Hint: give the paths to apply, or --except; --dry-run lists the changes
    --- exit 2"
  `);
  expect(shown(rewindfs(folder, ["apply", "work", "-p", "--merge"]))).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: --patch goes with neither --undo nor --ours, --theirs and --merge
    Hint: settle conflicts first, in an apply without --patch
    --- exit 2"
  `);
});

it("apply --patch asks hunk by hunk, splits, and tells of conflicts and of what tools act on", async () => {
  const { sent, exit } = await talk([], ["s", "y", "n", "?", "y", "n", "y"], { NO_COLOR: "1" });
  expect(await linesOnScreen(sent)).toMatchInlineSnapshot(`
    [
      "conflict: mine.txt: was changed on the host since it was imported",
      "Hint: --merge brings both versions together, --ours takes this machine's,",
      "    --theirs the program's",
      "modified  /in/a.txt  230",
      "@@ -1,9 +1,9 @@",
      " line 0",
      "-line 1",
      "+LINE 1",
      " line 2",
      " line 3",
      " line 4",
      "-line 5",
      "+LINE 5",
      " line 6",
      " line 7",
      " line 8",
      "(1/2) Apply this hunk [y,n,q,a,d,s,e,?]? s",
      "Split into 2 hunks.",
      "@@ -1,5 +1,5 @@",
      " line 0",
      "-line 1",
      "+LINE 1",
      " line 2",
      " line 3",
      " line 4",
      "(1/3) Apply this hunk [y,n,q,a,d,e,?]? y",
      "@@ -3,7 +3,7 @@",
      " line 2",
      " line 3",
      " line 4",
      "-line 5",
      "+LINE 5",
      " line 6",
      " line 7",
      " line 8",
      "(2/3) Apply this hunk [y,n,q,a,d,e,?]? n",
      "@@ -18,7 +18,7 @@",
      " line 17",
      " line 18",
      " line 19",
      "-line 20",
      "+LINE 20",
      " line 21",
      " line 22",
      " line 23",
      "(3/3) Apply this hunk [y,n,q,a,d,e,?]? ?",
      "y - apply this hunk",
      "n - do not apply this hunk; it stays offered",
      "q - quit; do not apply this hunk or any of the remaining ones",
      "a - apply this hunk and all later ones in the file",
      "d - do not apply this hunk or any of the later ones in the file",
      "e - manually edit the current hunk",
      "? - print help",
      "(3/3) Apply this hunk [y,n,q,a,d,e,?]? y",
      "added     /in/esc\\x1b[31m  11",
      "--- /dev/null",
      "+++ b/in/esc\\x1b[31m",
      "@@ -0,0 +1 @@",
      "+\\x1b]0;title\\x07",
      "(1/1) Apply addition [y,n,q,a,d,?]? n",
      "added     /in/package.json  3",
      "! an install runs commands from it",
      "--- /dev/null",
      "+++ b/in/package.json",
      "@@ -0,0 +1 @@",
      "+{}",
      "(1/1) Apply addition [y,n,q,a,d,?]? y",
      "modified  a.txt  (in part)",
      "added     package.json  ! an install runs commands from it",
      "run 3: 2 paths applied to work, 1 of them in part, 2 not chosen",
      "",
    ]
  `);
  expect(exit).toBe(0);
  expect(file("a.txt")).toBe(lines([1, "LINE 1"], [20, "LINE 20"]));
  expect(file("package.json")).toBe("{}\n");
  expect(file("mine.txt")).toBe("user\n");
  const rest = shown(rewindfs(folder, ["diff", "--stat"]));
  expect(rest).toContain("/in/a.txt");
  expect(rest).not.toContain("package.json");
  const told = shown(rewindfs(folder, ["log", "--run", "3"]));
  expect(told).not.toContain(".rewindfs-apply-");
  expect(told).toContain("by which an apply took parts of files are not shown; --raw shows them");
  expect(shown(rewindfs(folder, ["log", "--run", "3", "--raw"]))).toContain(".rewindfs-apply-");
});

it("apply --patch takes what was said before the person quits, and all or none of the rest of a file", async () => {
  await talk([], ["n", "q"]);
  expect(file("a.txt")).toBe(lines());
  await talk(["a.txt"], ["n", "a"]);
  expect(file("a.txt")).toBe(lines([20, "LINE 20"]));
  await talk(["--except", "esc*"], ["d", "y"]);
  expect(file("a.txt")).toBe(lines([20, "LINE 20"]));
  expect(file("package.json")).toBe("{}\n");
  await talk(["a.txt"], ["y"]);
  expect(file("a.txt")).toBe(lines([1, "LINE 1"], [5, "LINE 5"], [20, "LINE 20"]));
});

it("a hunk is edited in $EDITOR, and asked for again where it does not fit", async () => {
  const edit = `sed -i -e 's/^+LINE 5/+LINE FIVE/' -e 's/^ line 3$/ line three/'`;
  const refused = await talk(["a.txt"], ["e", "n", "q"], { EDITOR: edit });
  expect(refused.sent).toContain("does not apply");
  expect(file("a.txt")).toBe(lines());
  await talk(["a.txt"], ["e", "n"], { EDITOR: "sed -i 's/^+LINE 5/+LINE FIVE/'" });
  expect(file("a.txt")).toBe(lines([1, "LINE 1"], [5, "LINE FIVE"]));
  await talk(["a.txt"], ["a"]);
  expect(file("a.txt")).toBe(lines([1, "LINE 1"], [5, "LINE 5"], [20, "LINE 20"]));
});

it("what a program named or wrote is only text in a question", async () => {
  const { sent } = await talk([], ["q"]);
  const whole = await talk(["esc*"], ["y"]);
  const all = sent + whole.sent;
  expect([all.includes("\x07"), all.includes("\x1b]")]).toEqual([false, false]);
  expect(whole.sent).toContain("\\x1b]0;title\\x07");
});

it("diff --git is a patch of all that is not applied yet, by whichever run", () => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("guest", [], () => {
      step.rename("/in/package.json", "/in/renamed.json");
      step.remove("/in/mine.txt");
      step.mkdir("/in/mine.txt");
      step.write("/in/mine.txt/was a file", "1\n");
    });
  });
  const { stdout, stderr } = rewindfs(folder, ["diff", "--git", "--", "/in"]);
  expect(stderr).toBe(`not applied to ${realpathSync(join(folder, "work"))} yet:\n`);
  writeFileSync(join(folder, "work", "mine.txt"), "mine\n");
  writeFileSync(join(folder, "run.patch"), stdout);
  execFileSync("git", ["init", "-q", "--template="], { cwd: join(folder, "work") });
  execFileSync("git", ["apply", "-p2", "../run.patch"], { cwd: join(folder, "work") });
  expect(file("a.txt")).toBe(lines([1, "LINE 1"], [5, "LINE 5"], [20, "LINE 20"]));
  expect(file("renamed.json")).toBe("{}\n");
  expect(file("mine.txt/was a file")).toBe("1\n");
});
