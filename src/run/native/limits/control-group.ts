import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { type Resource, groupsOf } from "./hierarchies.ts";

/** Amounts that a program and all that it starts may use together. */
export type Amounts = Readonly<Partial<Record<Resource, number>>>;

/** The kernel's groups (cgroups) that hold a program to its limits, as far as this user may make them. */
export class ControlGroup implements Disposable {
  /** Files into which a process writes 0 to be in the groups, with all that it starts from then on. */
  readonly joins: readonly string[];
  readonly holds: ReadonlySet<Resource>;
  readonly #folders: ReadonlyMap<Resource, string>;

  /** Makes what can be made; holds nothing where no group can be had. */
  constructor(amounts: Amounts) {
    const folders = new Map<Resource, string>();
    for (const { parent, resources, version } of groupsOf()) {
      const wanted = resources.filter((one) => amounts[one] !== undefined && !folders.has(one));
      if (wanted.length === 0 || !isMine(parent)) continue;
      removeLeft(parent);
      const folder = madeIn(parent);
      if (folder === undefined) continue;
      for (const one of wanted)
        if (isLimited(folder, version, one, amounts[one] ?? 0)) folders.set(one, folder);
      if (!wanted.some((one) => folders.get(one) === folder)) remove(folder);
    }
    this.#folders = folders;
    this.holds = new Set(folders.keys());
    this.joins = [...new Set(folders.values())].map((folder) => join(folder, "cgroup.procs"));
  }

  /** Number of times that a process could not be started for the limit. */
  get refused(): number {
    return this.#count("processes", "pids.events", "max");
  }

  /** Number of processes that the kernel ended for want of memory. */
  get killed(): number {
    const file = existsSync(join(this.#folders.get("memory") ?? "", "memory.events"))
      ? "memory.events"
      : "memory.oom_control";
    return this.#count("memory", file, "oom_kill");
  }

  /** Removes the groups, once nothing is left in them. */
  [Symbol.dispose](): void {
    for (const folder of new Set(this.#folders.values())) remove(folder);
  }

  #count(resource: Resource, file: string, key: string): number {
    const folder = this.#folders.get(resource);
    const text = folder === undefined ? "" : textOf(join(folder, file));
    return Number(new RegExp(`^${key} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  }
}

const prefix = "rewindfs-";

/** Sets a limit; returns false if that is not allowed here. */
function isLimited(folder: string, version: 1 | 2, resource: Resource, amount: number): boolean {
  const text = String(Math.min(amount, Number.MAX_SAFE_INTEGER));
  if (resource === "processes") return isWritten(join(folder, "pids.max"), text);
  if (version === 2) {
    isWritten(join(folder, "memory.swap.max"), "0");
    return isWritten(join(folder, "memory.max"), text);
  }
  if (!isWritten(join(folder, "memory.limit_in_bytes"), text)) return false;
  isWritten(join(folder, "memory.memsw.limit_in_bytes"), text);
  return true;
}

/** Tells if this user may put processes into groups there. */
function isMine(parent: string): boolean {
  try {
    accessSync(join(parent, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Makes a group whose name tells the process that made it. */
function madeIn(parent: string): string | undefined {
  try {
    return mkdtempSync(join(parent, `${prefix}${process.pid}-`));
  } catch {
    // Another user's, or the kernel's own.
    return undefined;
  }
}

function isWritten(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch {
    return false;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Removes a group. One that stays, as its last process is on its way out, is removed by the next start. */
function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is in use, or not this user's.
  }
}

/**
 * Removes the groups that killed ones left. A process of another container, which is not to be seen here, may have made
 * one just now, and nothing is in it yet.
 */
function removeLeft(parent: string): void {
  const now = Date.now();
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length).split("-")[0] : undefined;
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const folder = join(parent, name);
    const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (now - made > longestEmpty) remove(folder);
  }
}

/** Time in milliseconds after which a group that was made has a process in it, or never will. */
const longestEmpty = 60_000;
