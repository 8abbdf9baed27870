import type { Inode, Tree } from "../fs/index.ts";
import { modeOf, readContent } from "../fs/index.ts";
import {
  type Change,
  type ReadTape,
  isBinary,
  lookup,
  modesOf,
  unlessUnread,
} from "../history/index.ts";
import { type Arrival, type Warning, Warnings } from "../host/index.ts";
import { credentialAt } from "./credentials.ts";
import type { Finding } from "./finding.ts";
import { isGitRecord } from "./git-record.ts";
import { isLockFile } from "./lock-files.ts";
import { sameJson } from "./same-json.ts";

/** Describes a finding whose event is not known yet; the last event on `ino` will be taken. */
export type Remark = Omit<Finding, "run" | "seq"> & { readonly ino?: number };

/** Holds what the rules need to know of the state that a run left. */
export interface LeftBehind {
  readonly tree: Tree;
  /** Holds the warnings of each folder that was asked for. */
  readonly warnings: Map<string, Warnings>;
  /** The imported folders: a link is judged by the innermost one around it. */
  readonly folders: readonly string[];
  readonly readTape: ReadTape;
}

/** Returns the remarks on one path that a program changed. */
export function remarksOn(change: Change, left: LeftBehind): Remark[] {
  const { path, after } = change;
  if (after === undefined || after.type === "directory") return [];
  const found = [
    onHost(change, left),
    ...(after.type === "file" && change.content === "changed" ? onContent(change, left) : []),
    onMode(change),
    onPrivileges(change),
    onType(change),
  ];
  const target = after.type === "symlink" ? { target: after.target } : {};
  return found.flatMap((one) =>
    one === undefined ? [] : [{ rank: 0, path, ino: after.ino, ...target, ...one }],
  );
}

type Said = Pick<Remark, "rule" | "level" | "reason"> & { readonly rank?: number };

/** Judges what a tool of the host would do with the path. */
function onHost(
  change: Change,
  { tree, warnings, folders, readTape }: LeftBehind,
): Said | undefined {
  const { path, before, after } = change;
  const isTouched =
    change.change !== "added" && change.change !== "type-changed" && change.content === "same";
  if (isTouched && change.from === undefined) return undefined;
  const warning = new Surroundings(tree, folders, warnings).warningOf({ path, before, after });
  if (warning === undefined) return undefined;
  return warning.rank >= 0 && sameJson(change, readTape) ? undefined : saidOf(path, warning);
}

/** Finds warnings for paths of a state. */
export class Surroundings {
  readonly #tree: Tree;
  readonly #folders: readonly string[];
  readonly #warnings: Map<string, Warnings>;

  constructor(tree: Tree, folders: readonly string[], warnings: Map<string, Warnings> = new Map()) {
    this.#tree = tree;
    this.#folders = folders;
    this.#warnings = warnings;
  }

  /** Returns the warning for a path by its innermost imported folder. */
  warningOf({ path, before, after }: Arrival): Warning | undefined {
    const folder = folderOf(path, this.#folders);
    const top = lookup(this.#tree, folder);
    if (top === undefined) return undefined;
    const there = this.#warnings.get(folder) ?? new Warnings(this.#tree, top);
    this.#warnings.set(folder, there);
    return there.of({ path: path.slice(folder.length + 1), before, after });
  }
}

/** Says by which rule a warning is a finding, and how urgent. */
export function saidOf(path: string, { reason, rank }: Warning): Said {
  if (rank < 0) return { rule: "link-out", level: "high", reason, rank };
  if (isGitRecord(path))
    return { rule: "tool-file", level: "low", reason: "git's own record of commits", rank };
  const level = isInstalled(path) ? "low" : rank <= lastUrgentRank ? "high" : "medium";
  return { rule: "tool-file", level, reason, rank };
}

/** Ends the rows of the tool files' table that act on a user's account; later ones wait for a build, a test or an editor. */
const lastUrgentRank = 4;

/** Returns the innermost imported folder around a path, or "" for the root. */
export function folderOf(path: string, folders: readonly string[]): string {
  return folders
    .filter((folder) => path.startsWith(`${folder}/`))
    .reduce((one, other) => (one.length > other.length ? one : other), "");
}

/** Recognises a package's own files, which tools do not act on by themselves. */
function isInstalled(path: string): boolean {
  return /\/(?:node_modules|site-packages|vendor|\.venv)\//.test(path);
}

/** Judges what a file holds now and did not hold before. */
function* onContent({ path, before, after }: Change, { readTape }: LeftBehind): Generator<Said> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (isLockFile(name) && !isInstalled(path))
    yield { rule: "lock-file", level: "medium", reason: "an install takes the versions it names" };
  const credential = credentialAt(path);
  if (credential !== undefined && before !== undefined)
    yield {
      rule: "credential",
      level: "medium",
      reason: `holds ${credential.holds}, and was changed`,
    };
  const was = headOf(before, readTape, headBytes);
  const is = was === undefined ? signOf(after, readTape) : headOf(after, readTape, headBytes);
  if (was !== undefined && was.length > 0 && is !== undefined && !isBinary(was) && isBinary(is))
    yield { rule: "binary-for-text", level: "medium", reason: "was text, and is not any more" };
  const program = programIn(is);
  if (program !== undefined && programIn(was) !== program)
    yield { rule: "executable", ...programs[program] };
}

function headOf(
  inode: Inode | undefined,
  readTape: ReadTape,
  length: number,
): Uint8Array | undefined {
  if (inode?.type !== "file") return undefined;
  return unlessUnread(() => readContent(inode.content, 0, length, readTape), undefined);
}

/**
 * Returns as much of a file as tells a program by how it begins. Of nearly all files some bytes do, which stand in one
 * place of the tape.
 */
function signOf(inode: Inode | undefined, readTape: ReadTape): Uint8Array | undefined {
  const sign = headOf(inode, readTape, signBytes);
  return sign !== undefined && isOfWindows(sign) ? headOf(inode, readTape, loaderBytes) : sign;
}

/** Suffices to tell text from other bytes. */
const headBytes = 8_000;
/** Suffice to tell most programs. */
const signBytes = 4;
/** Suffice to tell a program of Windows from a text that begins with the same letters. */
const loaderBytes = 512;

function isOfWindows([a, b]: Uint8Array): boolean {
  return a === 0x4d && b === 0x5a;
}

const programs = {
  native: { level: "medium", reason: "a program that the machine runs as it is" },
  script: { level: "low", reason: "a script with a #! line" },
  wasm: { level: "low", reason: "a WebAssembly program" },
} as const;

/** Names the kind of program that begins with these bytes; undefined for none. */
export function programIn(head: Uint8Array | undefined): keyof typeof programs | undefined {
  if (head === undefined) return undefined;
  const [a, b, c, d] = head;
  if (a === 0x23 && b === 0x21) return "script";
  if (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46) return "native";
  if (isOfWindows(head) && head.length > 64 && isBinary(head)) return "native";
  if (c === 0xed && d === 0xfe && (a === 0xce || a === 0xcf) && b === 0xfa) return "native";
  if (a === 0 && b === 0x61 && c === 0x73 && d === 0x6d) return "wasm";
  return undefined;
}

/** Remarks on a permission to run that the file did not have. */
function onMode(change: Change): Said | undefined {
  const { after } = change;
  const said = { rule: "executable", level: "medium" } as const;
  const modes = modesOf(change);
  if (modes !== undefined) {
    const { before, after: now } = modes;
    if ((now & ~before & runBits) === 0 || after?.type !== "file") return undefined;
    return { ...said, reason: "can be run, and could not before" };
  }
  const isNew = change.before === undefined && after?.type === "file";
  if (!isNew || after.mode === undefined || (after.mode & runBits) === 0) return undefined;
  return { ...said, reason: "is new, and can be run" };
}

const runBits = 0o111;

/** Remarks on a bit that lets others act as the file's owner or group. */
function onPrivileges({ before, after }: Change): Said | undefined {
  if (after?.type !== "file") return undefined;
  const had = before?.type === "file" ? modeOf(before) : 0;
  const now = modeOf(after) & ~had;
  if ((now & setUser) !== 0)
    return { rule: "setuid", level: "high", reason: "runs as its owner, whoever starts it" };
  // Without the permission to run, the bit asks for locks that are enforced, and gives nobody anything.
  if ((now & setGroup) === 0 || (modeOf(after) & groupRuns) === 0) return undefined;
  return { rule: "setuid", level: "high", reason: "runs as its group, whoever starts it" };
}

const setUser = 0o4000;
const setGroup = 0o2000;
const groupRuns = 0o010;

/** Remarks on what is there to talk to programs, and stays in the journal. */
function onType({ before, after }: Change): Said | undefined {
  if (after === undefined || after.type === before?.type) return undefined;
  const reason = specialReasons.get(after.type);
  return reason === undefined ? undefined : { rule: "special-file", level: "low", reason };
}

const specialReasons: ReadonlyMap<string, string> = new Map([
  ["fifo", "is a named pipe: who opens it waits for another program"],
  ["socket", "is a socket, on which a program may listen"],
]);
