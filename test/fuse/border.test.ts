import { spawn } from "@lydell/node-pty";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";

import { start } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
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
