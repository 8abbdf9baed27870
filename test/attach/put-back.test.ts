import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect } from "vitest";

import { putBack } from "../../src/attach/index.ts";
import { script, testWithKernel } from "../fuse/support.ts";
import { eventsOf } from "../rules/recorded.ts";
import { rewindfs, start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { debug, each } from "./held.ts";

const test = testWithKernel();
const open: ChildProcessWithoutNullStreams[] = [];
afterEach(() => {
  for (const child of open.splice(0)) child.kill("SIGKILL");
});

/** Runs a shell script by exec that says "ready", and goes on when it is told to. */
function running(folder: string, text: string, ...options: readonly string[]) {
  return begun(folder, ["exec", "-q", "--no-dir", ...options, "--", "/bin/sh", "-c", text]);
}

/** Runs a program that says "ready", and goes on when it is told to. */
async function begun(folder: string, args: readonly string[]) {
  const [node, main] = start;
  const child = spawn(node, [main, ...args], { cwd: folder });
  open.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => void (said += chunk));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const program = {
    pid: child.pid ?? 0,
    ended,
    said: () => said,
    goOn: () => void child.stdin.write("\n"),
    kill: () => child.kill("SIGKILL"),
    /** Tells it to go on, and returns what it has said by its end. */
    async rest() {
      said = "";
      await untilRefreshed(program.pid);
      program.goOn();
      await ended;
      return said;
    },
  };
  while (!said.includes("ready")) await wait(10);
  // It may have said so before anybody can ask it for anything.
  const journal = join(folder, "rewind.db");
  for (;;) {
    const one = debug(journal, () => undefined);
    const begun = await one.begun;
    one.attached.close();
    await one.gone;
    if (begun === "attached") return program;
    await wait(10);
  }
}

/**
 * Waits until the kernel has looked at what was put back: on a machine that stands still a person is told that it may take
 * longer, and the process that makes it look goes on.
 */
async function untilRefreshed(pid: number): Promise<void> {
  const children = () =>
    readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" "),
    );
  const isRefreshing = (child: string) =>
    existsSync(`/proc/${child}/cmdline`) &&
    readFileSync(`/proc/${child}/cmdline`, "latin1").includes("refresh-process");
  while (children().some((child) => child !== "" && isRefreshing(child))) await wait(10);
}

/** Returns the event at which something happened, once readers see it. */
async function seqOf(folder: string, what: string): Promise<number> {
  for (; ; await wait(10)) {
    const found = eventsOf(join(folder, "rewind.db")).findLast(
      (event) => "path" in event && `${event.kind} ${event.path}` === what,
    );
    if (found !== undefined) return found.seq;
  }
}

const before = `mkdir d d/e
echo one >d/notes; echo keep >d/keep; ln -s notes d/link; chmod 600 d/keep
ls d d/e new gone 2>/dev/null; cat d/notes; touch -d @9 d/then
exec 5<d/notes 6>>d/notes 7<d/keep
`;

const after = `echo changed and longer >d/notes; rm d/keep d/link; mkdir new; echo x >new/x; mv d/e d/f
ls -l . d new new/x >/dev/null; cat d/notes d/keep; stat d/f
cd d/f
echo ready; read go
`;

test("a program sees what a person puts back as if another process had done it", () =>
  withTemporary(async (folder) => {
    // Errors come by the same pipe: two would be read in any order.
    const look = `exec 2>&1; cat ../notes; cat <&5; cat <&7; ls -a ..; stat -c '%a %s' ../keep; cat ../keep
ls ../../new; cat ../link; echo more >&6; cat ../notes; pwd -P; echo new >../e/made; ls; cd ../e; ls; stat -c %Y ../then`;
    const program = await running(folder, before + after + look);
    const wanted = await seqOf(folder, "set-times /d/then");
    const { exit, stdout, stderr } = rewindfs(folder, ["restore", String(wanted)]);
    expect({ exit, stdout }).toMatchInlineSnapshot(`
      {
        "exit": 0,
        "stdout": "touched   /d
      renamed   /d/f → /d/e
      added     /d/keep  5
      added     /d/link  5
      modified  /d/notes  19 → 4
      removed   /new
      removed   /new/x  2
      ",
      }
    `);
    expect(stderr).toMatch(/^run 1: 7 paths put back; rewindfs restore \d+ takes this back$/mu);
    const said = await program.rest();
    expect(said.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "one
      one
      keep
      .
      ..
      e
      keep
      link
      notes
      then
      600 5
      keep
      ls: cannot access '../../new': No such file or directory
      one
      one
      more
      FOLDER/d/e
      made
      made
      9
      "
    `);
  }));

test("what a person puts back is theirs in the log, and the program's changes stay its own", () =>
  withTemporary(async (folder) => {
    const program = await running(folder, `${before}${after}echo more >&6`);
    const first = String(await seqOf(folder, "set-times /d/then"));
    rewindfs(folder, ["restore", first, "--", "/d/notes"]);
    await program.rest();
    const log = rewindfs(folder, ["log", "--by", "person"]).stdout;
    const rows = log.trimEnd().split("\n").slice(1);
    expect(rows.map((row) => row.replace(/^ *\d+ +[\d:.]+ +/u, ""))).toMatchInlineSnapshot(`
      [
        "revert            =4  /d/notes  · person restore 16 -- /d…",
        "set-times             /d/notes  · person restore 16 -- /d…",
      ]
    `);
    const own = rewindfs(folder, ["log", "--by", "sh", "--path", "/d/notes"]).stdout;
    expect(own).not.toContain("revert");
    expect(own).not.toContain("person");
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
    expect(rewindfs(folder, ["undo"]).exit).toBe(0);
    expect(rewindfs(folder, ["ls"]).stdout).toBe("");
  }));

test("the last change of a path, an event, and all of the run so far are taken back while it runs", () =>
  withTemporary(async (folder) => {
    const program = await running(
      folder,
      `echo 1 >a; echo 1 >b; mkdir c; echo 2 >a; echo ready; read go; cat a b; ls; read go; ls`,
    );
    expect(rewindfs(folder, ["undo", "--", "/a"])).toMatchObject({ exit: 0 });
    const made = String(await seqOf(folder, "mkdir /c"));
    expect(rewindfs(folder, ["undo", "--event", made])).toMatchObject({ exit: 0 });
    program.goOn();
    while (!program.said().includes("1\n1\na\nb\n")) await wait(10);
    expect(rewindfs(folder, ["undo"])).toMatchObject({ exit: 0 });
    expect(await program.rest()).toBe("");
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
  }));

test("nothing is done where nothing is to do, and what cannot be done is refused in the same words", () =>
  withTemporary(async (folder) => {
    const program = await running(folder, `echo 1 >a; echo ready; read go`);
    const head = await seqOf(folder, "write /a");
    const events = eventsOf(join(folder, "rewind.db")).length;
    const again = rewindfs(folder, ["restore", String(head)]);
    expect(again).toMatchObject({ exit: 0, stderr: "nothing to do: it is like that already\n" });
    expect(rewindfs(folder, ["restore", "1", "--", "/b"]).exit).toBe(1);
    expect(rewindfs(folder, ["undo", "--event", "1"]).stderr).toContain("it changed nothing");
    expect(rewindfs(folder, ["redo"]).stderr).toContain("is writing it");
    expect(eventsOf(join(folder, "rewind.db"))).toHaveLength(events);
    await program.rest();
  }));

test("rules are about the program, and not about what a person puts back", () =>
  withTemporary(async (folder) => {
    script(folder, "mkdir s; echo 1 >s/key; echo 2 >s/key");
    const program = await running(
      folder,
      `echo ready; read go; cat s/key; echo 3 >s/key; ls s`,
      "--deny",
      "s/**",
    );
    const first = (await seqOf(folder, "write /s/key")) - 2;
    expect(rewindfs(folder, ["restore", String(first), "--", "/s/key"])).toMatchObject({ exit: 0 });
    const said = await program.rest();
    expect(said.match(/Permission denied/gu)).toHaveLength(3);
    expect(rewindfs(folder, ["cat", "/s/key"]).stdout).toBe("1\n");
    const decisions = eventsOf(join(folder, "rewind.db")).filter(({ kind }) => kind === "decision");
    expect(decisions.every((one) => "by" in one)).toBe(true);
  }));

test("a call that is held goes on in the state that a person made meanwhile", () =>
  withTemporary(async (folder) => {
    const program = await running(
      folder,
      `echo one >a; mkdir m; echo changed >a; echo ready; read go; echo more >>a; cat a`,
    );
    const journal = join(folder, "rewind.db");
    const first = await seqOf(folder, "mkdir /m");
    const contents: string[] = [];
    const one = debug(journal, (question, attached) => {
      contents.push(Buffer.from(question.after ?? []).toString());
      if (contents.length === 1) {
        void putBack(journal, { kind: "restore", seq: first, revision: "first" });
        return undefined;
      }
      attached.hold([]);
      return "allow";
    });
    await one.begun;
    await one.hold(each);
    expect(await program.rest()).toBe("one\nmore\n");
    expect(contents).toEqual(["changed\nmore\n", "one\nmore\n"]);
    await one.gone;
  }));

test("a killed server lets everybody go, also where the kernel has not been told of all yet", () =>
  withTemporary(async (folder) => {
    const program = await running(
      folder,
      `mkdir d; echo 1 >d/a; echo 2 >d/b; rm d/b; ls d d/b 2>/dev/null; echo ready; read go; echo 3 >d/c`,
    );
    const journal = join(folder, "rewind.db");
    const asked = Promise.withResolvers<void>();
    const one = debug(journal, () => {
      asked.resolve();
      return undefined;
    });
    await one.begun;
    await one.hold(each);
    program.goOn();
    await asked.promise;
    // The directory is locked by the call that is held, and the kernel cannot look there.
    const seq = String((await seqOf(folder, "unlink /d/b")) - 1);
    const { stderr } = rewindfs(folder, ["restore", seq]);
    expect(stderr).toContain("before it goes on");
    program.kill();
    await program.ended;
    await one.gone;
    while (remaining(program.pid).length > 0) await wait(10);
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
    expect(rewindfs(folder, ["cat", "/d/b"]).stdout).toBe("2\n");
  }));

/** Lists threads of a process that the system has not ended yet. */
function remaining(pid: number): string[] {
  try {
    return [readFileSync(`/proc/${pid}/stat`, "utf8")].filter((text) => !text.includes(") Z"));
  } catch {
    return [];
  }
}
