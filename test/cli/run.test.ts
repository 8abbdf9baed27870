import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Result, compiled, rewindfs, start } from "../support/screen/command.ts";
import { guest, steadied } from "./steady.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-cli-run-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const steady = (result: Result) => steadied(result, folder);

const runs = (...args: string[]): unknown =>
  JSON.parse(
    rewindfs(folder, [...args, "runs", "--json"])
      .stdout.trimEnd()
      .split("\n")
      .at(-1) ?? "",
  );

describe("run", () => {
  it("records what a guest does, tells of it on stderr, and says what to look at next", () => {
    const result = rewindfs(folder, ["run", guest, "truncate"]);
    expect(steady(result)).toMatchInlineSnapshot(`
      "ftruncate: ok
      ftruncate: ok
      cut: 0123....
      --- stderr
      run 1: exit 0, TIME, 6 events, 1 path changed, 0 calls refused
      head DIGEST
      Next: rewindfs diff shows what changed, rewindfs log --run 1 every step
      --- exit 0"
    `);
    const { head } = JSON.parse(rewindfs(folder, ["verify", "--json"]).stdout);
    expect(result.stderr).toContain(`head ${head}\n`);
  });

  it("tells one that failed of a file that only the host has", () => {
    writeFileSync(join(folder, "host.txt"), "");
    const talkOf = (...args: string[]) =>
      rewindfs(folder, ["-j", "unseen.db", "run", guest, "exit", ...args]).stderr;
    const hint = "Hint: host.txt is a file of this machine, which the guest does not see";
    expect(talkOf("3", "host.txt")).toContain(hint);
    expect(talkOf("0", "host.txt")).not.toContain("Hint");
    rewindfs(folder, ["-j", "unseen.db", "import", "host.txt", "/host.txt"]);
    expect(talkOf("3", "host.txt")).not.toContain("Hint");
  });

  it("leaves the guest's options to the guest", () => {
    const { exit } = rewindfs(folder, [
      "-j",
      "args.db",
      "run",
      "--",
      guest,
      "exit",
      "0",
      "--json",
      "-h",
      "--",
    ]);
    expect(exit).toBe(0);
    expect(runs("-j", "args.db")).toMatchObject({
      run: 1,
      kind: "guest",
      args: ["exit", "0", "--json", "-h", "--"],
      exit: 0,
    });
  });

  it("exits as the guest does", () => {
    expect(rewindfs(folder, ["-j", "exit.db", "run", "-q", guest, "exit", "7"])).toEqual({
      stdout: "",
      stderr: "",
      exit: 7,
    });
    expect(
      rewindfs(folder, ["-j", "exit.db", "run", "-q", "--timeout", "0.2", guest, "spin"]).exit,
    ).toBe(124);
    const crash = rewindfs(folder, ["-j", "exit.db", "run", guest, "crash"]);
    expect(crash.exit).toBe(134);
    expect(crash.stderr).toContain("rewindfs: the guest trapped: ");
    const quiet = rewindfs(folder, ["-j", "exit.db", "run", "-q", guest, "crash"]);
    expect(quiet.stderr).toMatch(/^rewindfs: the guest trapped: .+\n(?: {4}.*\n)*$/);
  });

  it("exits as the guest does, also when nobody reads its summary", () => {
    const [program, main] = start;
    const command = `"$0" "$1" -j gone.db run "$2" exit 7 2> >(exec true); exit $?`;
    const { status } = spawnSync("bash", ["-c", command, program, main, guest], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, ...compiled },
    });
    expect(status).toBe(7);
  });

  it("says why it cannot run something", () => {
    writeFileSync(join(folder, "notes.txt"), "no program");
    expect(steady(rewindfs(folder, ["-j", "no.db", "run", "missing.wasm"]))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot run missing.wasm: no such file
      Hint: give the path of a .wasm file, or a name: python
      --- exit 127"
    `);
    expect(steady(rewindfs(folder, ["-j", "no.db", "run", "pyton"]))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot run pyton: there is no such file, and no guest of that name is installed
      Hint: give the path of a .wasm file, or a name: python; rewindfs exec -- pyton runs a program of this machine
      --- exit 127"
    `);
    expect(steady(rewindfs(folder, ["-j", "no.db", "run", "notes.txt"]))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot run notes.txt: it is not a component or module it can run: it is not WebAssembly
      Hint: give a .wasm file; rewindfs exec runs programs of this machine, rewindfs run python SCRIPT a script
      --- exit 126"
    `);
    expect(steady(rewindfs(folder, ["-j", "no.db", "run", "."]))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot run .: it is a directory
      Hint: give the path of a .wasm file in it; --dir HOST::GUEST copies a directory in
      --- exit 126"
    `);
    expect(steady(rewindfs(folder, ["-j", "notes.txt", "run", guest, "hello"])))
      .toMatchInlineSnapshot(`
        "--- stderr
        rewindfs: cannot open notes.txt: it is not a rewindfs journal.
        Hint: name another file with --journal FILE; this one was left untouched.
        --- exit 125"
      `);
  });

  it("says what is wrong with its options", () => {
    const wrong = (...args: string[]) => steady(rewindfs(folder, ["run", ...args, guest, "hello"]));
    expect(wrong("--limit", "memory=lots")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --limit memory=lots has no value that makes sense
      Hint: for example --limit memory=256MiB
      --- exit 2"
    `);
    expect(wrong("--limit", "speed=1")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no limit called speed
      Hint: limits are bytes, file-bytes, inodes, directory-entries, links, name-bytes, path-bytes, link-depth, descriptors, call-bytes, tape-bytes, events, seconds, memory, output-bytes, processes
      --- exit 2"
    `);
    expect(wrong("--dir", "data")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --dir data is not HOST::GUEST
      Hint: for example --dir ./data::/data
      --- exit 2"
    `);
    expect(wrong("--env", "NOT_SET_HERE")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --env NOT_SET_HERE is not set here
      Hint: give it a value: --env NOT_SET_HERE=…
      --- exit 2"
    `);
    expect(wrong("--preopen", "data")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --preopen data is no absolute path
      Hint: for example --preopen /data:ro
      --- exit 2"
    `);
    expect(wrong("--no-preopens", "--preopen", "/data")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --no-preopens contradicts --preopen /data
      Hint: leave one of them out
      --- exit 2"
    `);
    expect(wrong("--durability", "none")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --durability none is unknown
      Hint: it is process, batch or power
      --- exit 2"
    `);
  });
});
