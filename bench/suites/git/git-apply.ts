import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import type { Counts } from "../counts.ts";
import { differences } from "../native/trees.ts";

const main = new URL("../../../dist/main.js", import.meta.url).pathname;
const spansOfEach = 4;

/**
 * Takes repositories of git, a directory each, and spans of their history: brings the older commit into a journal and then
 * the newer one, and compares bytes, modes and links after `diff --git | git apply` on the older one, and the trees of
 * the commits that `export --git --branch` makes.
 */
export function gitApply(folder: string, only: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const repository of repositoriesIn(resolve(folder))) {
    const name =
      basename(repository) === "repo" ? basename(dirname(repository)) : basename(repository);
    if (!name.includes(only)) continue;
    for (const [from, to] of spansOf(repository)) {
      const problems = problemsOf(repository, from, to);
      const how = problems === "absent" ? "skipped" : problems.length === 0 ? "passed" : "failed";
      counts[how] += 1;
      const note = problems === "absent" ? ": some files are not in the repository" : "";
      console.log(`${how.padEnd(8)} ${name} ${from.slice(0, 10)}..${to.slice(0, 10)}${note}`);
      for (const problem of problems === "absent" ? [] : problems.slice(0, 20))
        console.log(`         ${problem}`);
    }
  }
  return counts;
}

/** Returns the git directories in a folder, at most two levels down. */
function repositoriesIn(folder: string): readonly string[] {
  const isGit = (path: string) =>
    run("git", ["--git-dir", path, "rev-parse", "HEAD"], "/").exit === 0;
  const below = (path: string) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name))
      .sort();
  if (isGit(folder)) return [folder];
  return below(folder).flatMap((one) => (isGit(one) ? [one] : below(one).filter(isGit)));
}

/** Returns pairs of commits all over the history: some next to each other, others far apart. */
function spansOf(repository: string): readonly (readonly [string, string])[] {
  const list = ["--git-dir", repository, "rev-list", "--first-parent", "--reverse", "HEAD"];
  const commits = run("git", list, "/").stdout.toString().trim().split("\n");
  const last = commits.length - 1;
  return Array.from({ length: spansOfEach }, (_, index) => {
    const at = Math.floor((last * (index + 1)) / spansOfEach);
    const distance = index % 2 === 0 ? Math.ceil(last / 8) : 1;
    return [commits[Math.max(0, at - distance)] ?? "", commits[at] ?? ""] as const;
  }).filter(([from, to]) => from !== to);
}

function problemsOf(repository: string, from: string, to: string): readonly string[] | "absent" {
  const place = mkdtempSync(join(tmpdir(), "rewindfs-git-apply-"));
  try {
    const git = join(place, "bare.git");
    must("git", ["clone", "-q", "--bare", "--shared", repository, git], place);
    // Bytes as they are stored, whatever the repository's own attributes ask for.
    mkdirSync(join(git, "info"), { recursive: true });
    const raw = "* -text -eol -ident -filter -working-tree-encoding\n";
    appendFileSync(join(git, "info/attributes"), raw);
    const [work, older] = [join(place, "work"), join(place, "older")];
    const journal = ["-j", join(place, "rewind.db")];
    const was = checkOut(git, from, older);
    if (was === undefined || checkOut(git, from, work) === undefined) return "absent";
    rewindfs([...journal, "import", "--all", work, "/src"], place);
    rmSync(work, { recursive: true });
    const is = checkOut(git, to, work);
    if (is === undefined) return "absent";
    rewindfs([...journal, "import", "--all", work, "/src"], place);
    const patch = rewindfs([...journal, "diff", "--git", "run:1", "run:2", "--", "/src"], place);
    // The folder is no repository: what is around it is nothing to git.
    const apply = ["apply", "-p2", "--whitespace=nowarn", "--allow-empty"];
    const applied = run("git", apply, older, {
      input: patch,
      env: { GIT_CEILING_DIRECTORIES: place },
    });
    return [
      ...(applied.exit === 0 ? [] : [`git apply: ${applied.stderr.slice(0, 500)}`]),
      ...differences(work, older, ["bytes", "modes"], undefined),
      ...exported(place, journal, [was, is]),
    ];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Compares the trees of the commits that an export makes with those that git made. */
function exported(
  place: string,
  journal: readonly string[],
  [was, is]: readonly [string, string],
): readonly string[] {
  const target = join(place, "target");
  must("git", ["init", "-q", target], place);
  const author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  must("git", [...author, "commit", "-q", "--allow-empty", "-m", "first"], target);
  const to = ["--git", target, "--path", "/src", "--branch", "b"];
  const { exit, stderr } = run(process.execPath, [main, ...journal, "export", ...to], place);
  // A repository may hold others, as material for its tests; an export leaves their files out, and says so.
  if (exit === 1 && stderr.includes("git runs commands from")) return [];
  if (exit !== 0) return [`export: exit ${exit}: ${stderr.slice(0, 500)}`];
  const treeOf = (revision: string) =>
    run("git", ["rev-parse", `${revision}^{tree}`], target)
      .stdout.toString()
      .trim();
  const problems: string[] = [];
  if (treeOf("b") !== is)
    problems.push(`export: the branch has the tree ${treeOf("b")}, not ${is}`);
  if (was !== is && treeOf("b~1") !== was)
    problems.push(`export: the first run has the tree ${treeOf("b~1")}, not ${was}`);
  return problems;
}

/** Writes a commit's files into a new folder, without submodules; returns their tree, undefined if files are absent. */
function checkOut(git: string, commit: string, folder: string): string | undefined {
  mkdirSync(folder);
  const env = { GIT_DIR: git, GIT_WORK_TREE: folder, GIT_INDEX_FILE: join(git, "index") };
  const inGit = (args: readonly string[], input?: Buffer) =>
    run("git", args, folder, { env, ...(input === undefined ? {} : { input }) });
  if (inGit(["read-tree", commit]).exit !== 0) return undefined;
  const entries = inGit(["ls-files", "-z", "--stage"]).stdout.toString("latin1").split("\0");
  const modules = entries.filter((entry) => entry.startsWith("160000 "));
  if (modules.length > 0) {
    const paths = modules.map((entry) => `${entry.slice(entry.indexOf("\t") + 1)}\0`).join("");
    inGit(["update-index", "-z", "--force-remove", "--stdin"], Buffer.from(paths, "latin1"));
  }
  if (inGit(["checkout-index", "-a", "-f"]).exit !== 0) return undefined;
  const tree = inGit(["write-tree"]);
  return tree.exit === 0 ? tree.stdout.toString().trim() : undefined;
}

interface Ended {
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

interface Around {
  readonly input?: Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  { input, env = {} }: Around = {},
): Ended {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    ...(input === undefined ? {} : { input }),
    env: { PATH: process.env["PATH"], HOME: cwd, LANG: "C.UTF-8", ...env },
    maxBuffer: 2 ** 31 - 1,
  });
  if (error !== undefined) throw error;
  return { exit: status ?? -1, stdout, stderr: stderr.toString() };
}

function must(program: string, args: readonly string[], cwd: string): Buffer {
  const { exit, stdout, stderr } = run(program, args, cwd);
  if (exit !== 0) throw new Error(`${program} ${args.join(" ")}: exit ${exit}: ${stderr}`);
  return stdout;
}

function rewindfs(args: readonly string[], cwd: string): Buffer {
  return must(process.execPath, [main, ...args], cwd);
}
