import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";

const program = new URL("../../dist/main.js", import.meta.url).pathname;

/** The output of a shell script, and what it took. */
export interface Told {
  readonly stdout: string;
  /** The most memory that the process it ran in or under held. */
  readonly mostBytes: number;
}

/** Returns the seconds of processor time of all processes that this one has started and waited for, with theirs. */
export function childrenSeconds(): number {
  // proc_pid_stat(5): the name stands in parentheses, and after it cutime and cstime are the 14th and 15th.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Something that serves a folder, or watches those who use it. */
export interface System {
  readonly name: string;
  /** The program that must be there. */
  readonly needs: string;
  /** Runs a script of the shell in a new folder below `place`. The script may read what is in `tools`. */
  run(place: string, script: string, tools: string): Promise<Told>;
}

/** All that are compared, in the order of their turns. */
export const systems: readonly System[] = [
  {
    name: "ext4",
    needs: "sh",
    run: async (place, script) => shell([], place, script),
  },
  {
    name: "strace",
    needs: "strace",
    run: async (place, script) =>
      shell(["strace", "-f", "-e", "trace=file,desc", "-o", `${place}.log`], place, script),
  },
  {
    name: "bindfs",
    needs: "bindfs",
    run: async (place, script) =>
      mounted(place, script, (mount) => ["bindfs", made(place, "source"), mount]),
  },
  {
    name: "fuse-overlayfs",
    needs: "fuse-overlayfs",
    run: async (place, script) =>
      mounted(place, script, (mount) => {
        const layer = (name: string) => `${name}dir=${made(place, name)}`;
        return ["fuse-overlayfs", "-o", ["lower", "upper", "work"].map(layer).join(","), mount];
      }),
  },
  ...(["batch", "process"] as const).map((durability): System => ({
    name: durability,
    needs: "bwrap",
    run: async (place, script, tools) => {
      // The journal's folder is hidden from the program.
      const journal = join(mkdtempSync(`${place}-journal-`), "rewind.db");
      const options = ["--quiet", "--no-dir", "--durability", durability, "--show", tools];
      return shell(
        [process.execPath, program, "exec", "-j", journal, ...options, "--"],
        place,
        script,
      );
    },
  })),
];

/** Returns why a system cannot be measured here; undefined if it can. */
export function missing({ name, needs }: System): string | undefined {
  const found = spawnSync("sh", ["-c", 'command -v "$1"', "sh", needs], { stdio: "ignore" });
  return found.status === 0 ? undefined : `${name} is not measured: there is no ${needs} here`;
}

function made(place: string, name: string): string {
  const folder = join(place, name);
  mkdirSync(folder);
  return folder;
}

/** Runs a script on a mount, and unmounts it. */
async function mounted(
  place: string,
  script: string,
  commandOf: (mount: string) => readonly string[],
): Promise<Told> {
  const mount = made(place, "mount");
  const [file = "", ...args] = commandOf(mount);
  // In the foreground, so that its processor time is that of a child.
  const server = spawn(file, ["-f", ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const said = text(server.stderr);
  while (!readFileSync("/proc/self/mounts", "utf8").includes(` ${mount} `)) {
    if (server.exitCode !== null) throw new Error(`${file}: ${await said}`);
    await wait(5);
  }
  try {
    return await shell([], mount, script);
  } finally {
    spawnSync("umount", [mount], { stdio: "ignore" });
    await ended;
  }
}

/** Runs a script in a folder, by whatever stands before the shell. */
async function shell(before: readonly string[], cwd: string, script: string): Promise<Told> {
  const [file, ...args] = [...before, "/bin/sh", "-euc", script];
  const started = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    started.on("error", reject);
    started.on("exit", (code) => resolve(code));
  });
  const [stdout, stderr, mostBytes, exit] = await Promise.all([
    text(started.stdout),
    text(started.stderr),
    mostMemory(started),
    ended,
  ]);
  if (exit !== 0) throw new Error(`${file}: exit ${exit}\n${stderr}`);
  return { stdout, mostBytes };
}

/** Looks at the most memory that a process has held, until it ends. */
async function mostMemory(started: ChildProcess): Promise<number> {
  let most = 0;
  while (started.exitCode === null && started.signalCode === null) {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(statusOf(started.pid))?.[1];
    most = Math.max(most, Number(kibibytes ?? 0) * 1024);
    await wait(20);
  }
  return most;
}

function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
