import type { Journal } from "../../journal/index.ts";
import { type Inode, modeOf } from "../fs/index.ts";
import { type ReadTape, redactedRanges, tapeOf } from "../history/index.ts";
import type { ChangedEntry } from "./apply-plan.ts";
import { type HostType, hostTypeOf, isSameOnHost } from "./compare.ts";
import type { HostDirectory } from "./directory.ts";
import { type Skip, errnoOf, reasonOf } from "./error.ts";
import { nameProblem, targetProblem } from "./host-name.ts";
import { permissions, saidMode } from "./modes.ts";

/**
 * Whether a change can be made on the host: its entry is what was imported ("do"), is already what it is to be
 * ("already"), or is something else. "overwrite" can be forced; "leave" never is, as it would delete what was never
 * imported or write through a symlink. "keep" is a directory that goes and cannot, as something in it is left.
 */
export type Verdict = "do" | "already" | "skip" | "overwrite" | "leave" | "keep";

/** Why a directory stays that was to go. */
export const holdsOthers = "it holds what was not imported";

export interface Checked {
  readonly verdicts: ReadonlyMap<ChangedEntry, Verdict>;
  /** What is not as it was imported, with its path below the host's directory. */
  readonly conflicts: readonly Skip[];
  /** What is left alone even by force. */
  readonly left: readonly Skip[];
}

/** Compares the host with what is to be changed on it. Changes nothing. */
export function checkEntries(
  host: HostDirectory,
  entries: readonly ChangedEntry[],
  journal: Pick<Journal, "readTape" | "redacted">,
): Checked {
  const check = new Check(journal);
  check.all(host, entries, "");
  return check;
}

class Check implements Checked {
  readonly verdicts = new Map<ChangedEntry, Verdict>();
  readonly conflicts: Skip[] = [];
  readonly left: Skip[] = [];
  readonly #readTape: ReadTape;
  readonly #isRedacted: (inode: Inode | undefined) => boolean;

  constructor(journal: Pick<Journal, "readTape" | "redacted">) {
    this.#readTape = tapeOf(journal);
    this.#isRedacted = (inode) =>
      inode?.type === "file" && redactedRanges(journal, inode).length > 0;
  }

  all(host: HostDirectory, entries: readonly ChangedEntry[], above: string): void {
    for (const entry of entries) {
      const path = `${above}${entry.name}`;
      try {
        this.verdicts.set(entry, this.#verdict(host, entry, path));
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        this.#conflict(entry, "leave", path, reasonOf(errno));
      }
    }
  }

  #verdict(host: HostDirectory, entry: ChangedEntry, path: string): Verdict {
    const { name, before, after, change } = entry;
    const problem =
      nameProblem(name) ?? (after?.type === "symlink" ? targetProblem(after.target) : undefined);
    if (problem !== undefined) return this.#conflict(entry, "leave", path, problem);
    const type = hostTypeOf(host, name);
    if (change === "times") return this.#is(host, name, after) ? "do" : "skip";
    if (change === "mode" && after !== undefined)
      return this.#modeVerdict(host, entry, after, path);
    if (change === "within") {
      if (type !== "directory") {
        return this.#conflict(entry, "leave", path, `${nouns[type]} on the host`);
      }
      this.#within(host, entry, path);
      return "do";
    }
    if (this.#isRedacted(after)) {
      const verdict = type === "directory" || type === "other" ? "leave" : "overwrite";
      return this.#conflict(entry, verdict, path, "its content is redacted");
    }
    if (this.#is(host, name, before)) {
      if (type !== "directory") return "do";
      const leftBefore = this.left.length;
      this.#within(host, entry, path);
      const hasStrangers = this.#findStrangers(host, entry, path);
      if (!hasStrangers && this.left.length === leftBefore) return "do";
      this.left.push({ path, reason: holdsOthers });
      return "keep";
    }
    if (this.#is(host, name, after)) {
      if (type === "directory") this.#within(host, entry, path);
      return "already";
    }
    const canForce = type !== "directory" && type !== "other";
    const reason =
      type === "file" && this.#isRedacted(before)
        ? "what was imported is redacted, and cannot be compared"
        : reasonFor(before, type);
    return this.#conflict(entry, canForce ? "overwrite" : "leave", path, reason);
  }

  #modeVerdict(host: HostDirectory, entry: ChangedEntry, after: Inode, path: string): Verdict {
    const { name, before } = entry;
    const type = hostTypeOf(host, name);
    if (type !== after.type)
      return this.#conflict(entry, "leave", path, `${nouns[type]} on the host`);
    const mode = Number(host.stat(name)?.mode ?? 0n) & permissions;
    const wanted = saidMode(after);
    if (wanted === undefined || mode === wanted) return "already";
    if (before !== undefined && mode === (modeOf(before) & permissions)) return "do";
    return this.#conflict(entry, "overwrite", path, "its mode was changed on the host");
  }

  #within(host: HostDirectory, { name, entries }: ChangedEntry, path: string): void {
    using child = host.child(name);
    this.all(child, entries, `${path}/`);
  }

  /** Tells whether something lies in a directory that goes and was never imported. */
  #findStrangers(host: HostDirectory, { name, entries }: ChangedEntry, path: string): boolean {
    using child = host.child(name);
    const known = new Set<string>(entries.map((entry) => entry.name));
    const { names, unreadable } = child.list();
    const strangers = [...names, ...unreadable].filter((one) => !known.has(one));
    const reason = "was not imported, and its directory is to be removed";
    for (const stranger of strangers) this.conflicts.push({ path: `${path}/${stranger}`, reason });
    return strangers.length > 0;
  }

  #is(host: HostDirectory, name: string, inode: Inode | undefined): boolean {
    if (inode === undefined) return hostTypeOf(host, name) === "nothing";
    return isSameOnHost(host, name, inode, this.#readTape);
  }

  #conflict(
    entry: ChangedEntry,
    verdict: "overwrite" | "leave",
    path: string,
    reason: string,
  ): Verdict {
    this.conflicts.push({ path, reason });
    if (verdict === "leave") this.left.push({ path, reason });
    this.verdicts.set(entry, verdict);
    return verdict;
  }
}

const nouns: Readonly<Record<HostType, string>> = {
  file: "is a file",
  directory: "is a directory",
  symlink: "is a symlink",
  nothing: "is gone",
  other: "is neither file, directory nor symlink",
};

function reasonFor(before: Inode | undefined, type: HostType): string {
  if (before === undefined) return "exists on the host and was not imported";
  if (before.type === type) return "was changed on the host since it was imported";
  return `${nouns[type]} on the host`;
}
