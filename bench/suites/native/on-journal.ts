import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const main = new URL("../../../dist/main.js", import.meta.url).pathname;

/** The end of a script, and all that it printed. */
export interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One script that ran twice in a folder of the same path: on the disk, and then on a journal. */
export interface Twice {
  readonly disk: Ended;
  readonly journal: Ended;
  /** The folder as the script left it on the disk. */
  readonly onDisk: string;
  /** The journal's file. */
  readonly file: string;
}

/** A program that runs either side, and options of `exec`. */
interface How {
  readonly before?: readonly string[];
  readonly options?: readonly string[];
}

/**
 * Runs a script of the shell on the disk, and on a journal. It may read what is in `shown`. Everything is made below
 * `place`.
 */
export function runTwice(
  place: string,
  script: string,
  shown: readonly string[],
  { before = [], options = [] }: How = {},
): Twice {
  const folder = join(place, "folder");
  const onDisk = join(place, "on-disk");
  mkdirSync(folder);
  const disk = run([...before, "/bin/sh", "-euc", script], folder);
  renameSync(folder, onDisk);
  mkdirSync(folder);
  const file = join(mkdtempSync(join(place, "journal-")), "rewind.db");
  const shows = shown.flatMap((path) => ["--show", path]);
  const exec = [process.execPath, main, "exec", "-j", file, "--quiet", "--no-dir", ...shows];
  const journal = run([...before, ...exec, ...options, "--", "/bin/sh", "-euc", script], folder);
  return { disk, journal, onDisk, file };
}

/**
 * Runs a script of a suite on both, as root of a user namespace, and verifies the journal. It may read the suite's
 * folder. Throws where the script or the journal fails.
 */
export function runSuite(place: string, script: string, folder: string): Twice {
  const twice = runTwice(place, script, [folder], {
    before: ["unshare", "--user", "--map-root-user"],
    // The border takes all capabilities, and these suites are about what root may do.
    options: ["--isolation", "none"],
  });
  const { journal, file } = twice;
  if (journal.exit !== 0) throw new Error(`exit ${journal.exit}: ${journal.stderr}`);
  const verified = onJournal(file, "verify");
  if (verified.exit !== 0) throw new Error(verified.stderr);
  return twice;
}

/** Runs a command of the built product on a journal. */
export function onJournal(file: string, ...args: readonly string[]): Ended {
  return run([process.execPath, main, "-j", file, ...args], "/");
}

/** Exports the state at a revision into a new folder, and hands it over. */
export function withExport<T>(file: string, revision: string, use: (folder: string) => T): T {
  const folder = mkdtempSync(`${file}-export-`);
  try {
    const { exit, stderr } = onJournal(
      file,
      "export",
      "--with-git",
      "--unverified",
      "--at",
      revision,
      join(folder, "state"),
    );
    if (exit !== 0) throw new Error(`export --at ${revision}: exit ${exit}\n${stderr}`);
    return use(join(folder, "state"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run([program = "", ...args]: readonly string[], cwd: string): Ended {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
  });
  if (error !== undefined) throw error;
  return { exit: status ?? 1, stdout, stderr };
}
