import { type Event, type Ino, movesOf } from "../../journal/index.ts";
import { verdictOf } from "../fs/index.ts";
import { credentialAt } from "./credentials.ts";
import type { Finding } from "./finding.ts";

/** Follows the links of a run that climb, by whose names a program may try to leave its folder. */
export class ClimbingLinks {
  readonly #inodes = new Set<Ino>();
  readonly #names = new Set<string>();

  /** Takes the run's next event that makes, names or moves something. */
  add(event: Event): void {
    if (event.kind === "symlink" && isClimbing(event.target)) this.#name(event.ino, event.path);
    if (event.kind === "link" && this.#inodes.has(event.ino)) this.#name(event.ino, event.path);
    for (const { ino, to } of movesOf(event)) if (this.#inodes.has(ino)) this.#name(ino, to);
  }

  /** Tells if a path goes by the name of one of them. */
  isIn(path: string): boolean {
    return this.#names.size > 0 && path.split("/").some((name) => this.#names.has(name));
  }

  #name(ino: Ino, path: string): void {
    if (this.#names.size >= mostLinks) return;
    this.#inodes.add(ino);
    this.#names.add(nameIn(path));
  }
}

const mostLinks = 10_000;

function isClimbing(target: string): boolean {
  return target.startsWith("/") || target.split("/").includes("..");
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Judges a call that was refused or failed; undefined for most. */
export function remarkOnFailure(
  event: Event & { readonly kind: "fail" },
  links: () => ClimbingLinks,
): Omit<Finding, "run" | "seq"> | undefined {
  const { path, operation, limit } = event;
  const credential = credentialAt(path);
  if (verdictOf(event) === "failed") {
    if (credential === undefined || event.error !== "no-entry") return undefined;
    const reason = `asked for ${credential.holds}, in vain`;
    // Whoever looks for a file of a project's own does so every day.
    const level = credential.level === "high" ? "medium" : "low";
    return { rule: "credential", level, path, reason, rank: 0 };
  }
  if (limit !== undefined)
    return { rule: "limit", level: "medium", path, reason: `hit the limit ${limit}`, rank: 0 };
  if (event.error !== "not-permitted")
    return { rule: "limit", level: "medium", path, reason: `got ${event.error}`, rank: 0 };
  const isByLink = !climbs(path) && links().isIn(path);
  if ((isByLink || climbs(path)) && !syncs.has(operation)) {
    const what = credential === undefined ? "" : ` for ${credential.holds}`;
    const way = isByLink ? " by a link that it made" : "";
    const reason = `tried to leave the folder that it was given${what}${way} (${operation})`;
    return { rule: "escape", level: "high", path, reason, rank: credential === undefined ? 1 : 0 };
  }
  return { rule: "refused", level: "low", path, reason: `was refused (${operation})`, rank: 0 };
}

/** Calls on what is open already, as a database makes them on its folder: the path is the one that was opened. */
const syncs: ReadonlySet<string> = new Set(["sync", "sync-data"]);

/** Judges what a rule of the user's said of a call; undefined for what was allowed, and for repetitions. */
export function remarkOnDecision(
  event: Event & { readonly kind: "decision" },
): Omit<Finding, "run" | "seq"> | undefined {
  const { action, operation, path, count, answered } = event;
  if (count !== undefined || action === "ask -> allow") return undefined;
  const isMark = action === "mark";
  const reason = isMark
    ? `was marked by a rule (${operation})`
    : `${answerers.get(answered ?? "") ?? `was denied by ${answered}`} (${operation})`;
  return { rule: "refused", level: isMark ? "low" : "medium", path, reason, rank: 1 };
}

/** Says who denied a call, by who answered when somebody was asked; "" for a rule by itself. */
const answerers: ReadonlyMap<string, string> = new Map([
  ["", "a rule denied it"],
  ["person", "a person denied it"],
  ["debugger", "a person denied it in the debugger"],
  ["timeout", "nobody allowed it in time"],
  ["nobody", "nobody was there to allow it"],
]);

/** Judges a file that was read or opened; undefined for most. */
export function remarkOnAccess(
  event: Event & { readonly kind: "read" | "open" },
): Omit<Finding, "run" | "seq"> | undefined {
  const { path } = event;
  const credential = credentialAt(path);
  if (credential === undefined) return undefined;
  const { level, holds } = credential;
  const did = event.kind === "read" ? "was read" : "was opened";
  return { rule: "credential", level, path, reason: `holds ${holds}, and ${did}`, rank: 0 };
}

/** Returns true if a program's path leaves the directory that it starts in. */
function climbs(path: string): boolean {
  if (path.startsWith("/")) return true;
  let depth = 0;
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    depth += name === ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}
