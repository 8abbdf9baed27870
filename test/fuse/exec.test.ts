import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";

import { rewindfs, start } from "../support/screen/command.ts";
import { onTerminal } from "../support/screen/terminal.ts";
import { settle } from "../support/settled.ts";
import { disk, withTemporary } from "../support/temporary.ts";
import { some } from "../support/some.ts";
import { exec, script, testWithKernel } from "./support.ts";

const test = testWithKernel();
const program = new URL("../../dist/main.js", import.meta.url).pathname;

const ops = (folder: string, run: number): string[] =>
  rewindfs(folder, ["log", "--run", String(run), "--json"])
    .stdout.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { op: string; path?: string; to?: string })
    .map(({ op, path = "", to }) => [op, path, ...(to === undefined ? [] : [to])].join(" ").trim());

test("where the device cannot be opened nothing is brought in, and no journal is made", (context) => {
  context.skip(process.getuid?.() !== 0, "only root makes a device that cannot be opened");
  withTemporary((folder) => {
    writeFileSync(join(folder, "a.txt"), "one\n");
    const mount = "mount --bind /dev/fuse /dev/fuse && mount -o remount,bind,nodev /dev/fuse";
    const command = [process.execPath, program, "exec", "--", "true"];
    const { status, stderr } = spawnSync(
      "unshare",
      ["--mount", "sh", "-c", `${mount} && exec "$@"`, "sh", ...command],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stderr).toContain("/dev/fuse cannot be opened (EACCES)");
    expect(status).toBe(125);
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });
});

test("a program works on a copy of the folder; its changes are events, and come back when they are asked for", () =>
  withTemporary((folder) => {
    writeFileSync(join(folder, "a.txt"), "one\n");
    const result = rewindfs(folder, [
      "exec",
      "--",
      "/bin/sh",
      "-c",
      'pwd; echo two >>a.txt; mkdir d; echo x >"d/y y"; mv d/* d/z; rm d/z; exit 3',
    ]);
    expect(result.exit).toBe(3);
    expect(result.stdout).toBe(`${folder}\n`);
    expect(result.stderr).toMatch(
      /^run 2: exit 3, .* 12 events, 2 paths changed, 0 calls refused$/m,
    );
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one\n");
    expect(ops(folder, 2)).toEqual([
      "run-start",
      "process",
      "write /a.txt",
      "process",
      "mkdir /d",
      "create /d/y y",
      "write /d/y y",
      "process",
      "rename /d/y y /d/z",
      "process",
      "unlink /d/z",
      "run-end",
    ]);
    expect(rewindfs(folder, ["diff"]).stdout).toContain("+two");
    expect(rewindfs(folder, ["blame", "/a.txt"]).stdout).toMatch(/two$/m);
    rewindfs(folder, ["undo"]);
    expect(rewindfs(folder, ["cat", "/a.txt"]).stdout).toBe("one\n");
    rewindfs(folder, ["redo"]);
    expect(rewindfs(folder, ["apply", "."]).exit).toBe(0);
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one\ntwo\n");
    expect(existsSync(join(folder, "d"))).toBe(true);
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
  }));

test("where a journal has another folder in the way, the program does not begin on a mixture of both", () =>
  withTemporary((folder) => {
    mkdirSync(join(folder, "work", "src"), { recursive: true });
    writeFileSync(join(folder, "work", "src", "own.txt"), "own\n");
    const work = join(folder, "work");
    expect(rewindfs(work, ["import", ".", "/src"]).exit).toBe(0);
    const refused = rewindfs(work, ["exec", "--", "true"]);
    expect(refused.exit).toBe(125);
    expect(refused.stderr).toContain(`this journal has ${work} at /src`);
    expect(refused.stderr).toContain("Hint: -j exec.db takes a journal of its own");
    const own = rewindfs(work, ["exec", "-q", "-j", "exec.db", "--", "ls", "src"]);
    expect(own.stdout).toBe("own.txt\n");
    // An import to a named place goes on, and tells of the rest.
    expect(rewindfs(work, ["import", ".", "/"]).stderr).toContain(
      `left out src: /src holds ${work}, which was imported there`,
    );
  }));

test("a program starts where the working directory is in the filesystem", () =>
  withTemporary((folder) => {
    writeFileSync(join(folder, "x"), "#!/bin/sh\npwd; ls ..\n", { mode: 0o755 });
    expect(exec(folder, ["--dir", ".::/src", "--", "./x"]).stdout).toBe(`${folder}/src\nsrc\n`);
    mkdirSync(join(folder, "below"));
    const below = join(folder, "below");
    const result = exec(below, ["--dir", "..::/all", "--", "/bin/sh", "-c", "pwd; ../x"]);
    expect(result.stdout).toBe(`${below}/all/below\n${below}/all/below\nbelow\nx\n`);
  }));

test("exit codes are the program's: its own, of a signal, of a program that is not there", () =>
  withTemporary((folder) => {
    const exitOf = (...command: string[]) => exec(folder, ["--no-dir", "--", ...command]).exit;
    for (const [exit, command] of some([
      [7, ["/bin/sh", "-c", "exit 7"]],
      [137, ["/bin/sh", "-c", "kill -9 $$"]],
      [127, ["no-such-program"]],
      [126, ["/etc/passwd"]],
    ] as const))
      expect(exitOf(...command)).toBe(exit);
    expect(exec(folder, ["--no-dir", "--timeout", "0.2", "--", "sleep", "60"]).exit).toBe(124);
    const runs = rewindfs(folder, ["runs", "--json"]).stdout;
    expect(runs.trimEnd().split("\n").at(-1)).toContain('"exit":124');
  }));

test("of the machine a program sees neither homes nor temporary files nor the journal, and changes nothing", () =>
  withTemporary((folder) => {
    const work = join(folder, "work");
    mkdirSync(work);
    writeFileSync(join(folder, "secret"), "s");
    const result = spawnSync(
      start[0],
      [
        start[1],
        "-j",
        "../journal.db",
        "exec",
        "-q",
        "--no-dir",
        "--",
        "/bin/sh",
        "-c",
        `
          cat ../secret ../journal.db; ls -A ..
          touch /etc/x /usr/x; ls -A /root /home /run
          chmod 666 /dev/null; chmod 444 /proc/meminfo; cat /etc/shadow
          # Were it let, it would change nothing.
          echo "$(cat /proc/sys/kernel/core_pattern)" >/proc/sys/kernel/core_pattern
          unshare --user true; mount -t tmpfs none /mnt; umount .
          ls /proc | grep -c '^[0-9]'
          cat /proc/net/dev | grep -c :
          grep -E 'NoNewPrivs|CapEff' /proc/self/status
          ls -A /dev/shm; ls /proc/1/root/../..${folder}
        `,
      ],
      {
        cwd: work,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: "/root", SECRET: "s" },
      },
    );
    expect(result.stdout.replaceAll(/^\d+$/gm, (count) => (Number(count) < 10 ? "few" : count)))
      .toBe(`work
/home:

/root:

/run:
few
few
CapEff:\t0000000000000000
NoNewPrivs:\t1
work
`);
    expect(result.stderr).not.toContain("SECRET");
    for (const refused of [
      "secret",
      "journal.db",
      "/etc/x",
      "/usr/x",
      "unshare",
      "mount",
      "umount",
      "/dev/null",
      "/proc/meminfo",
      "shadow",
      "core_pattern",
    ])
      expect(result.stderr).toMatch(new RegExp(`${refused}.*\\n`));
    expect(script(work, "env", "--env", "GIVEN=1")).not.toContain("SECRET");
  }, disk));

test("a killed recorder loses nothing that a program was told of, and leaves no mount and no process", async () =>
  withTemporary(async (folder) => {
    const program = spawn(
      start[0],
      [
        start[1],
        "exec",
        "-q",
        "--no-dir",
        "--",
        "/bin/sh",
        "-c",
        'i=1; while echo $i >>log && echo "$i written" >&2; do i=$((i+1)); done',
      ],
      { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
    );
    let said = "";
    program.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
    while (!said.includes("\n100 ")) await wait(5);
    program.kill("SIGKILL");
    // Its end of the pipe is closed when all that it started has ended.
    await new Promise((resolve) => program.stderr.on("close", resolve));
    const acknowledged = Number([...said.matchAll(/^(\d+) written/gm)].at(-1)?.[1]);
    const lines = rewindfs(folder, ["cat", "/log"]).stdout.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(acknowledged);
    expect(lines.at(-1)).toBe(String(lines.length));
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
  }));

test("readers see what a program did while it waits, and a signal to the recorder asks it to end", async () =>
  withTemporary(async (folder) => {
    const program = spawn(
      start[0],
      [
        start[1],
        "exec",
        "-q",
        "--no-dir",
        "--durability",
        "batch",
        "--",
        "/bin/sh",
        "-c",
        "trap 'echo bye >end; exit 5' TERM; echo hello >file; sleep 60 & wait",
      ],
      { cwd: folder, stdio: "ignore" },
    );
    const ended = new Promise((resolve) => program.on("exit", resolve));
    while (rewindfs(folder, ["cat", "/file"]).stdout !== "hello\n");
    program.kill("SIGTERM");
    expect(await ended).toBe(143);
    expect(rewindfs(folder, ["cat", "/end"]).stdout).toBe("bye\n");
  }));

test("with --lazy a file's bytes come when they are read or changed, and those of others stay where they are", () =>
  withTemporary((folder) => {
    const files = ["read", "changed", "left"].map((name) => join(folder, name));
    for (const file of files) writeFileSync(file, `${basename(file)}\n`);
    settle(...files);
    const { stdout } = exec(folder, [
      "--lazy",
      "--",
      "/bin/sh",
      "-c",
      "cat read; echo more >>changed; stat -c %s left",
    ]);
    expect(stdout).toBe("read\n5\n");
    expect(ops(folder, 2).slice(1, -1).toSorted()).toEqual([
      "fetch /changed",
      "fetch /read",
      "process",
      "write /changed",
    ]);
    for (const name of ["read", "left"]) writeFileSync(join(folder, name), "another text\n");
    const again = exec(folder, [
      "--no-dir",
      "--",
      "/bin/sh",
      "-c",
      "cat read; cat left; cat changed",
    ]);
    expect(again.stdout).toBe("read\nchanged\nmore\n");
    expect(again.stderr).toContain("left: Input/output error");
    mkdirSync(join(folder, "past"));
    const mounted = rewindfs(folder, ["mount", "past", "--", "/bin/sh", "-c", "cat past/*"]);
    expect(mounted.stdout).toBe("changed\nmore\nread\n");
    expect(mounted.stderr).toContain("left: Input/output error");
  }));

test("a large folder is listed by itself, and it is said", () =>
  withTemporary((folder) => {
    writeFileSync(join(folder, "small"), "small\n");
    writeFileSync(join(folder, "large"), "");
    truncateSync(join(folder, "large"), 101 * 1024 * 1024);
    settle(join(folder, "small"), join(folder, "large"));
    const { stdout, stderr } = exec(folder, ["--", "/bin/sh", "-c", "cat small; head -c 1 large"]);
    expect(stdout).toBe("small\n\0");
    expect(stderr).toContain("is large: its files are copied when the program first needs them");
    expect(ops(folder, 2)).toContain("fetch /small");
    const later = exec(folder, ["--", "/bin/sh", "-c", "stat -c %s large"]);
    expect(later.stdout).toBe(`${101 * 1024 * 1024}\n`);
    expect(later.stderr).not.toContain("is large");
  }));

test("keys at the terminal are the program's: Ctrl-C is caught by it, and ends nothing around it", () =>
  withTemporary(async (folder) => {
    const text = `trap 'echo caught' INT
      until [ -n "$x" ]; do printf '? '; read x; done; echo "got $x at $(stty size)"; exit 4`;
    const { sent, exit } = await onTerminal(
      folder,
      ["exec", "--no-dir", "-q", "--", "/bin/sh", "-c", text],
      {},
      { after: "? ", say: ["\x03", "word"] },
    );
    expect(sent).toContain("caught");
    expect(sent).toContain("got word at 24 80");
    expect(exit).toBe(4);
  }));

test("a limit refuses as a full disk does, and the refusal is on record", () =>
  withTemporary((folder) => {
    const said = script(
      folder,
      "dd if=/dev/zero of=f bs=64k count=9 2>&1 || true",
      "--limit",
      "bytes=300KiB",
    );
    expect(said).toContain("No space left on device");
    const fails = rewindfs(folder, ["log", "--op", "fail", "--json"]).stdout;
    expect(fails).toContain('"error":"insufficient-space"');
  }));

test("without a border the program runs all the same, and what is missing is said", () =>
  withTemporary((folder) => {
    expect(script(folder, "echo x >f; cat f", "--isolation", "none")).toBe("x\n");
    const refused = rewindfs(folder, ["exec", "--isolation", "some", "--", "true"]);
    expect(refused).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("required, auto or none"),
    });
  }));
