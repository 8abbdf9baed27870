import { spawn } from "@lydell/node-pty";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";

import { start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { some } from "../support/some.ts";
import { script, testWithKernel } from "./support.ts";

const test = testWithKernel();

/** The command that runs a shell script on the journal of the working directory. */
const running = (text: string) => [start[1], "exec", "-q", "--no-dir", "--", "/bin/sh", "-c", text];

test("programs that a program left where PATH leads are never run outside of its border", () =>
  withTemporary((outside) => {
    const folder = join(outside, "work");
    mkdirSync(folder);
    const inFolder = (text: string) =>
      spawnSync(start[0], running(text), {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, PATH: `${folder}/bin:bin:${process.env["PATH"]}` },
      });
    // Each leaves a file beside the folder: on this machine, if it stands outside of the border.
    const made = inFolder(`
      mkdir bin
      for name in env mount setpriv sh unshare bwrap; do
        printf '#!/bin/sh\necho ran; echo $0 >>${outside}/ran; exec /usr/bin/env "$@"\n' >bin/$name
        chmod +x bin/$name
      done`);
    expect(made.status).toBe(0);
    // The program itself has the PATH that it was given.
    expect(inFolder("setpriv echo found").stdout).toMatch(/ran\nfound\n$/);
    expect(existsSync(join(outside, "ran"))).toBe(false);
  }));

test("the kernel's switches cannot be set, by root neither", () =>
  withTemporary((folder) => {
    const found = script(
      folder,
      // Some are empty for it: /dev/null stands there.
      "find /proc /sys -path '/proc/[0-9]*' -prune -o -type f -writable -exec test -f {} ';' -print 2>/dev/null || true",
    );
    expect(found).toBe("");
  }));

test("a signal to its own group reaches nobody else, with a terminal and without", async () =>
  withTemporary(async (folder) => {
    const caller = ["-c", '"$0" "$@"; echo "caller lives, $?"', start[0]];
    // A session of its own: if the border fails, these tests go on.
    const without = spawnSync("setsid", ["-w", "/bin/sh", ...caller, ...running("kill -9 0")], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(without.stdout).toBe("caller lives, 137\n");
    const terminal = spawn("/bin/sh", [...caller, ...running("kill -9 0; exit 3")], {
      cwd: folder,
    });
    let said = "";
    terminal.onData((text) => (said += text));
    await new Promise((resolve) => terminal.onExit(resolve));
    expect(said).toContain("Operation not permitted");
    expect(said).toContain("caller lives, 3");
  }));

test("files that it reads from and prints to are out of reach by their descriptors", () =>
  withTemporary((folder) => {
    const [input, output] = [join(folder, "in"), join(folder, "out")];
    writeFileSync(input, "given\n");
    writeFileSync(output, "before\n");
    const [from, to] = [openSync(input, "r+"), openSync(output, "a")];
    const text =
      "cat; for fd in 0 1 2; do echo changed >/proc/self/fd/$fd; done; cat /dev/stdin; echo last >&2";
    const result = spawnSync(start[0], running(text), { cwd: folder, stdio: [from, to, to] });
    expect(result.status).toBe(0);
    expect(readFileSync(input, "utf8")).toBe("given\n");
    expect(readFileSync(output, "utf8")).toBe("before\ngiven\nchanged\nchanged\nchanged\nlast\n");
    const all = spawnSync(start[0], running("cat; printf end"), {
      cwd: folder,
      encoding: "utf8",
      stdio: [openSync("/", "r"), "pipe", "pipe"],
    });
    expect(all).toMatchObject({ status: 125, stdout: "" });
    expect(all.stderr).toContain("a folder or a disk");
  }));

test("it reaches no socket that a program of the machine listens on", async (context) => {
  // Outside of the folders that are hidden anyway.
  const path = `/var/lib/rewindfs-test-${process.pid}`;
  context.skip(process.getuid?.() !== 0, "only root makes a socket outside of hidden folders");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    withTemporary((folder) => {
      expect(script(folder, `test -e ${path} && ! test -S ${path} && echo hidden`)).toBe(
        "hidden\n",
      );
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Connects to each socket below a folder, and prints how often that works. */
const connecting = `
  import os, socket, sys
  reached = 0
  for folder, _, names in os.walk(sys.argv[1], followlinks=True):
      for name in names:
          try:
              socket.socket(socket.AF_UNIX).connect(os.path.join(folder, name))
              reached += 1
          except OSError:
              pass
  print(reached, "reached")`.replaceAll("\n  ", "\n");

test.each(
  some([
    ["shown itself", "state", "state"],
    ["in a folder that is shown", ".", "state"],
    ["in a folder that is shown by a link", "link", "link/state"],
    ["shown by a link", "link/state/rewindfs/live", "link/state"],
  ] as const),
)("it reaches no socket of its keeper where the folder of these is %s", (_, shown, looked) =>
  withTemporary((outside) => {
    for (const name of ["work", "state", "journal"]) mkdirSync(join(outside, name));
    symlinkSync(outside, join(outside, "link"));
    mkdirSync(join(outside, "state/rewindfs/live"), { recursive: true, mode: 0o700 });
    const show = ["--show", join(outside, shown), "-j", join(outside, "journal/rewind.db")];
    const python = ["python3", "-c", connecting, join(outside, looked)];
    const { stdout } = spawnSync(
      start[0],
      [start[1], "exec", "-q", "--no-dir", ...show, "--", ...python],
      {
        cwd: join(outside, "work"),
        encoding: "utf8",
        env: { ...process.env, XDG_STATE_HOME: join(outside, "state") },
      },
    );
    expect(stdout).toBe("0 reached\n");
  }),
);

test("it sees no home, and no folder of sockets, that a link leads to or that was never there", (context) => {
  context.skip(process.getuid?.() !== 0, "only root makes a folder outside of hidden ones");
  const outside = mkdtempSync("/var/lib/rewindfs-test-");
  try {
    mkdirSync(join(outside, "real/.ssh"), { recursive: true });
    symlinkSync(join(outside, "real"), join(outside, "home"));
    withTemporary((folder) => {
      const found = (text: string, environment: NodeJS.ProcessEnv) =>
        spawnSync(start[0], running(text), {
          cwd: folder,
          encoding: "utf8",
          env: { ...process.env, ...environment },
        }).stdout;
      const home = join(outside, "home");
      expect(found(`cd ${home} && ls -A . ../real`, { HOME: home })).toBe(".:\n\n../real:\n");
      const state = join(outside, "state");
      expect(found(`ls -A ${state}/rewindfs`, { XDG_STATE_HOME: state })).toBe("");
      expect(existsSync(join(state, "rewindfs/live"))).toBe(true);
    });
  } finally {
    rmSync(outside, { recursive: true });
  }
});

test("the journal is not seen through a link that is shown", () =>
  withTemporary((outside) => {
    const folder = join(outside, "work");
    mkdirSync(folder);
    mkdirSync(join(outside, "real"));
    symlinkSync(outside, join(outside, "link"));
    const journal = join(outside, "real/rewind.db");
    const options = ["-j", journal, "--show", join(outside, "link")];
    expect(script(folder, `ls -A ${outside}/link/real`, ...options)).toBe("");
    expect(existsSync(journal)).toBe(true);
  }));
