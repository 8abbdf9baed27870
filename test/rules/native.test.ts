import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { testWithKernel } from "../fuse/support.ts";
import { rewindfs } from "../support/screen/command.ts";
import { onTerminal } from "../support/screen/terminal.ts";
import { withTemporary } from "../support/temporary.ts";
import { eventsOf } from "./recorded.ts";

const test = testWithKernel();
const after = "in a copy?";

/** Runs a shell script by exec in a folder, without a terminal. */
function run(folder: string, options: readonly string[], text: string) {
  return rewindfs(folder, ["exec", "-q", ...options, "--", "/bin/sh", "-c", text]);
}

/** Runs one at a terminal, where each question gets the next of these answers. */
async function runAtTerminal(
  folder: string,
  options: readonly string[],
  text: string,
  say: readonly string[],
) {
  const args = ["exec", "-q", ...options, "--", "/bin/sh", "-c", text];
  return await onTerminal(folder, args, {}, { after, say });
}

function told(folder: string): string[] {
  return eventsOf(join(folder, "rewind.db")).flatMap((event) => {
    if (event.run !== 2) return [];
    if (event.kind === "decision") return [`${event.action} ${event.operation} ${event.path}`];
    if (event.kind === "process" || event.kind === "run-start" || event.kind === "run-end")
      return [];
    return ["path" in event ? `${event.kind} ${event.path}` : event.kind];
  });
}

test("a native program gets round no rule by what only it can do", () =>
  withTemporary((folder) => {
    for (const name of [".git", ".git/hooks", "secrets"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "secrets/key"), "k");
    writeFileSync(join(folder, ".git/hooks/old"), "old");
    writeFileSync(join(folder, "open"), "o");
    const { stdout, exit } = run(
      folder,
      ["--deny", "secrets/**", "--deny", ".git/hooks/**"],
      `exec 3<open
cat secrets/key; cat /proc/self/cwd/secrets/key; ls secrets; cp secrets/key k; mv secrets s; ln secrets/key k
mv -T --exchange secrets open; cat <secrets/key; dd if=secrets/key of=k; python3 -c 'import mmap' 2>/dev/null
echo x >.git/hooks/new; true >.git/hooks/old; truncate -s 9 .git/hooks/old; fallocate -l 9 .git/hooks/old
chmod 755 .git/hooks/old; touch .git/hooks/old; mv .git g; ln -s ../.git/hooks l; rm -rf .git/hooks
setfattr -n user.a -v b .git/hooks/old; mkfifo .git/hooks/pipe; cp open .git/hooks/copy
cat <&3; exit 0`,
    );
    expect(exit).toBe(0);
    expect(stdout).toBe("o");
    const changed = told(folder).filter((what) => !/^(?:deny|fail)/.test(what));
    // Files that were made outside hold nothing of theirs.
    expect(changed).toEqual(["create /k", "symlink /l"].filter((what) => changed.includes(what)));
    expect(told(folder)).toContain("deny read /secrets/key");
  }));

test("a rule for a program holds from its first call on", () =>
  withTemporary((folder) => {
    writeFileSync(
      join(folder, "rules.toml"),
      '[[rules]]\naction = "deny"\noperations = ["change"]\nprogram = "touch"\n',
    );
    // As the shell goes over to the program, the kernel has just looked for it in the folder.
    const text = "for at in 1 2 3; do (: >own$at; exec touch own$at made$at); done";
    run(folder, ["--rules", "rules.toml"], text);
    expect(told(folder).filter((what) => !/^(?:deny|fail)/.test(what))).toEqual([
      "create /own1",
      "create /own2",
      "create /own3",
    ]);
  }));

test("a program waits in its call, and others go on meanwhile", () =>
  withTemporary(async (folder) => {
    mkdirSync(join(folder, "d"));
    writeFileSync(join(folder, "a"), "one\n");
    // The question stands there at once, and is answered when the other one has written.
    const { sent } = await onTerminal(
      folder,
      [
        "exec",
        "-q",
        "--ask",
        "a",
        "--",
        "/bin/sh",
        "-c",
        "(echo two >>a; echo a: $?) & while ! grep -q free free; do echo free >free; done; echo now; wait",
      ],
      {},
      { after: [after, "now"], say: ["y"] },
    );
    expect(sent).toContain("+two");
    expect(sent).toContain("a: 0");
    const all = told(folder);
    expect(all.indexOf("write /free")).toBeLessThan(all.indexOf("ask -> allow write /a"));
    expect(all.at(-1)).toBe("write /a");
  }));

test("a call that waits ends with the signal that its process gets, and nothing comes of it", () =>
  withTemporary(async (folder) => {
    const { exit } = await runAtTerminal(folder, ["--ask", "**"], "echo x >a; echo not reached", [
      "\x03",
    ]);
    expect(exit).toBe(130);
    expect(told(folder)).toEqual([]);
  }));

test("the answer always is a rule for the rest of the run, and stop ends it", () =>
  withTemporary(async (folder) => {
    mkdirSync(join(folder, "d"));
    const { exit } = await runAtTerminal(
      folder,
      ["--ask", "**"],
      "mkdir d/1; mkdir d/2; rmdir d/1; echo not reached",
      ["a", "s"],
    );
    expect(exit).toBe(130);
    expect(told(folder)).toEqual([
      "ask -> allow create /d/1",
      "mkdir /d/1",
      "mkdir /d/2",
      "ask -> stop remove /d/1",
    ]);
  }));

test("without a terminal the answer is a denial, or what was said before, and it is told once", () =>
  withTemporary((folder) => {
    const text = "mkdir 1; mkdir 2; echo $?";
    const { stdout, stderr } = run(folder, ["--ask", "**"], text);
    expect(stdout).toBe("1\n");
    expect(stderr.match(/nobody to answer/g)).toHaveLength(1);
    expect(told(folder)).toEqual(["ask -> deny create /1", "ask -> deny create /2"]);
    expect(run(folder, ["--no-dir", "--ask", "**", "--ask-default", "allow"], text).stdout).toBe(
      "0\n",
    );
  }));
