import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  openSync,
  statSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";

import { RunError } from "../../../src/run/ending/error.ts";
import { ended, start, unsupported } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

let scripts = 0;
function scriptOf(text: string): string {
  const path = join(folder, `script-${++scripts}.mjs`);
  writeFileSync(path, text);
  return path;
}

const main = join(import.meta.dirname, "launch-main.ts");
const waiting = scriptOf(`console.log("ready"); setInterval(() => {}, 1000);`);

/** Returns the process that runs a child's script: the last of those that bubblewrap started. */
function innermost(pid: number | undefined): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? Number(pid) : innermost(Number(children.split(" ")[0]));
}

/** Lists what a process holds: paths, or kinds of nameless descriptors. */
function descriptorsOf(pid: number): ReadonlyMap<number, string> {
  const folder = `/proc/${pid}/fd`;
  return new Map(
    readdirSync(folder).map((fd) => [
      Number(fd),
      readlinkSync(join(folder, fd)).replace(/^(\w+):.*/, "$1"),
    ]),
  );
}

function stateOf(pid: number): string | undefined {
  return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(2);
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) return "";
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  return chunk.toString().trim();
}

describe.skipIf(unsupported !== undefined)("a child in the sandbox", () => {
  test("holds the descriptors that it was given, and those that Node.js makes, alone", async () => {
    const launched = start(waiting, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
    onTestFinished(() => launched.kill());
    await firstLine(launched.process);
    const child = innermost(launched.process.pid);
    const files = descriptorsOf(child);
    expect([0, 1, 2, 3].map((fd) => files.get(fd))).toEqual([
      "/dev/null",
      "socket",
      "socket",
      "socket",
    ]);
    // Node.js holds its own pipes, and in the sandbox the root, which is the sandbox's.
    const root = statSync(`/proc/${child}/root/`).ino;
    for (const [fd, kind] of files)
      if (kind === "/") expect(statSync(`/proc/${child}/fd/${fd}`).ino).toBe(root);
      else if (fd > 3) expect(["anon_inode", "pipe", "/dev/null"]).toContain(kind);
  });

  test("gets nothing of what its parent was started with", async () => {
    const secret = join(folder, "secret");
    writeFileSync(secret, "secret");
    const file = openSync(secret, "r");
    const stdio: ("ignore" | "pipe" | number)[] = Array.from({ length: 200 }, () => "ignore");
    stdio[1] = "pipe";
    const options = { script: waiting, args: [], visible: [] };
    const parent = spawn(process.execPath, [main, JSON.stringify(options)], {
      stdio: [...stdio.with(3, file), file],
      env: { PATH: process.env["PATH"], NODE_NO_WARNINGS: "1" },
    });
    closeSync(file);
    onTestFinished(() => void parent.kill("SIGKILL"));
    await firstLine(parent);
    expect(descriptorsOf(Number(parent.pid)).get(200)).toBe(secret);
    const files = descriptorsOf(innermost(parent.pid));
    expect(files.get(3)).toBe(secret);
    expect(files.get(200)).toBe("/dev/null");
  });

  test("has no capability, no way to gain one, and a filter of its calls", async () => {
    const launched = start(waiting);
    onTestFinished(() => launched.kill());
    await firstLine(launched.process);
    const status = readFileSync(`/proc/${innermost(launched.process.pid)}/status`, "utf8");
    for (const set of ["Inh", "Prm", "Eff", "Bnd", "Amb"])
      expect(status).toContain(`Cap${set}:\t0000000000000000`);
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(status).toMatch(/^Seccomp:\s2$/m);
  });

  test("gives its exit code and its words", async () => {
    const script = scriptOf(`console.log(process.argv[2], process.env.SHOWN); process.exit(42);`);
    const options = { args: ["word"], environment: { SHOWN: "told" } };
    expect(await ended(start(script, options))).toEqual({
      code: 42,
      signal: null,
      out: "word told\n",
      err: "",
    });
  });

  test("takes what Node.js has compiled before from a cache that it is shown", async () => {
    const cache = join(folder, "cache");
    const script = scriptOf(`import { flushCompileCache, getCompileCacheDir } from "node:module";
      flushCompileCache();
      console.log(getCompileCacheDir());`);
    const plain = { isolation: "none", environment: { NODE_COMPILE_CACHE: cache } } as const;
    const host = (await ended(start(script, plain))).out.trim();
    const environment = { NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: "COMPILE_CACHE" };
    const visible = [{ host, inside: host.replace(/\d+$/, "65534") }];
    const { err } = await ended(start(script, { environment, visible }));
    expect(err).toContain(`${script} was accepted, keeping the in-memory entry`);
  });

  test("ends with all its threads when it is killed, also in a loop and when it is stopped", async () => {
    const script = scriptOf(`
      import { Worker } from "node:worker_threads";
      new Worker("for (;;);", { eval: true }).on("online", () => { console.log("ready"); for (;;); });
    `);
    const launched = start(script);
    await firstLine(launched.process);
    launched.pause();
    const end = ended(launched);
    launched.kill();
    expect((await end).signal).toBe("SIGKILL");
    launched.kill();
  });

  test("stands still while it is paused", async () => {
    const launched = start(waiting);
    onTestFinished(() => launched.kill());
    await firstLine(launched.process);
    const child = innermost(launched.process.pid);
    launched.pause();
    await until(() => stateOf(child) === "T");
    launched.resume();
    await until(() => stateOf(child) !== "T");
  });

  test("ends with who started it", async () => {
    const options = { script: waiting, args: [], visible: [] };
    const parent = spawn(process.execPath, [main, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "inherit", "ignore"],
      env: { PATH: process.env["PATH"], NODE_NO_WARNINGS: "1" },
    });
    await firstLine(parent);
    parent.kill("SIGKILL");
    // The child holds the pipe as well: it closes when both have ended.
    await once(parent, "close");
  });

  test("ends with who started it without isolation too", async () => {
    const options = { script: waiting, args: [], visible: [], isolation: "none" };
    const parent = spawn(process.execPath, [main, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "inherit", "ignore"],
    });
    await firstLine(parent);
    parent.kill("SIGKILL");
    await once(parent, "close");
  });

  test.each([
    ["buffers", "const all = []; for (;;) all.push(Buffer.alloc(1 << 24));"],
    [
      "memories",
      `const all = []; for (;;) { const one = new WebAssembly.Memory({ initial: 1 });
        one.grow(1023); all.push(one); }`,
    ],
    [
      "threads",
      `const { Worker } = await import("node:worker_threads");
       for (let count = 0; count < 10000; count++)
         await new Promise((done) => new Worker("setInterval(() => {}, 1e6)", { eval: true }).on("online", done));`,
    ],
  ])("ends where it takes more memory than its bound, in %s", async (_kind, text) => {
    // Its own way out of an error can wait for a thread of V8's that waits for memory, once in some hundred times.
    const atOnce = `process.on("uncaughtException", () => process.kill(process.pid, "SIGKILL"));`;
    const script = scriptOf(`${atOnce}\n${text}`);
    const { code, signal } = await ended(start(script, { memoryBytes: 2 ** 30 }));
    expect(code === 0 && signal === null).toBe(false);
  });

  test("may reserve 4 GiB for a WebAssembly memory, and use what its bound leaves", async () => {
    const script = scriptOf(`
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
      memory.grow(1024);
      console.log(memory.buffer.byteLength);
      try { memory.grow(32768); } catch { console.log("refused"); }
    `);
    const { out } = await ended(start(script, { memoryBytes: 2 ** 30 }));
    expect(out).toBe(`${1025 * 65_536}\nrefused\n`);
  });
});

describe("a child that cannot be isolated", () => {
  const without = { missing: "bubblewrap is not installed", hint: "install it." };
  const script = scriptOf(`console.log(Object.keys(process.env).length);`);

  test("is not started when isolation is required", () => {
    const refused = () => start(script, {}, without);
    expect(refused).toThrow(RunError);
    expect(refused).toThrow("Cannot isolate the guest: bubblewrap is not installed");
  });

  test("is started with auto, without an environment, and what is missing is said", async () => {
    const launched = start(script, { isolation: "auto" }, without);
    expect(launched.how).toBe("none");
    expect(launched.missing).toBe(
      "the guest is not isolated: bubblewrap is not installed. Hint: install it.",
    );
    expect((await ended(launched)).out).toBe("0\n");
  });

  test("is started with none, and nothing is missing", async () => {
    const launched = start(script, { isolation: "none" });
    expect(launched).toMatchObject({ how: "none", missing: undefined });
    expect((await ended(launched)).code).toBe(0);
  });

  test.skipIf(process.platform !== "linux")("has its bound on memory all the same", async () => {
    const text = scriptOf("const all = []; for (;;) all.push(Buffer.alloc(1 << 24));");
    const { code } = await ended(start(text, { isolation: "none", memoryBytes: 2 ** 30 }));
    expect(code).not.toBe(0);
  });
});
