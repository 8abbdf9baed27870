import type { Journal } from "../../../journal/index.ts";
import { type Inode, modeOf } from "../../fs/index.ts";
import { type ReadTape, redactedRanges, tapeOf } from "../../history/index.ts";
import type { ChangedEntry } from "../versions/plan.ts";
import { type HostType, hostTypeOf, isSameOnHost } from "../versions/compare.ts";
import type { HostDirectory } from "../disk/directory.ts";
import { type Skip, errnoOf, reasonOf } from "../disk/error.ts";
import { bytesProblem, nameProblem, targetProblem, typeProblem } from "../disk/host-name.ts";
import { permissions, saidMode } from "../versions/modes.ts";
import { JournalPlaces } from "../disk/journal-at.ts";
import { isOfApply } from "../disk/temporary-name.ts";
import { type Seen, seenOf } from "./seen.ts";

/**
 * Says if a change can be made on the host. "do": the host's entry is what was imported. "already": it is what it
 * should become. "overwrite": it differs, and may be replaced once the host's version is recorded. "leave": never, as
 * that would delete what was never imported or write through a symlink. "keep": a directory that cannot be removed
 * because something in it stays.
 */
export type Verdict = "do" | "already" | "skip" | "overwrite" | "leave" | "keep";

/** Why a directory that should be removed stays. */
export const holdsOthers = "it holds entries that were not imported";
const holdsStaying = "something in it stays";

export interface Checked {
  readonly verdicts: ReadonlyMap<ChangedEntry, Verdict>;
  /** Paths changed on both sides, relative to the host's directory. */
  readonly conflicts: readonly Skip[];
  /** Directories that should go and cannot, with the host's own entries in them. */
  readonly left: readonly Skip[];
  /** The host's entries as they were just before they were compared. */
  readonly seen: ReadonlyMap<ChangedEntry, Seen>;
}

/** Compares the host with the changes to be made. Changes nothing. */
export function checkEntries(
  host: HostDirectory,
  entries: readonly ChangedEntry[],
  journal: Pick<Journal, "readTape" | "redacted">,
): Checked {
  const check = new Check(journal);
  check.all(host, entries, "");
  return check;
}

/** `isThere`: an entry has exactly this name. `journals` knows the directory's. */
interface PlaceOnHost {
  readonly host: HostDirectory;
  readonly name: string;
  readonly isThere: boolean;
  readonly journals: JournalPlaces;
}

class Check implements Checked {
  readonly verdicts = new Map<ChangedEntry, Verdict>();
  readonly seen = new Map<ChangedEntry, Seen>();
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
    const listed = host.list().names;
    const names = new Set(listed);
    const journals = new JournalPlaces(host, listed);
    const gone = entries.filter(({ after }) => after === undefined);
    const others = entries.filter(({ after }) => after !== undefined);
    for (const entry of [...gone, ...others]) {
      const path = `${above}${entry.name}`;
      const place = { host, name: entry.name, isThere: names.has(entry.name), journals };
      try {
        this.verdicts.set(entry, this.#verdict(place, entry, path, gone));
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === undefined) throw error;
        this.#conflict(entry, "leave", path, reasonOf(errno));
      }
    }
  }

  #verdict(
    place: PlaceOnHost,
    entry: ChangedEntry,
    path: string,
    gone: readonly ChangedEntry[],
  ): Verdict {
    const { host, name, isThere, journals } = place;
    const { after, change } = entry;
    // A named pipe never came to the host, and is not there before either.
    const before = typeProblem(entry.before) === undefined ? entry.before : undefined;
    const absent = this.#absent(entry, path);
    if (absent !== undefined) return absent;
    const problem =
      nameProblem(name) ??
      (after?.type === "symlink" ? targetProblem(after.target) : undefined) ??
      (after === undefined && !isThere ? undefined : journalProblem(journals.journalOf(name)));
    if (problem !== undefined) return this.#conflict(entry, "leave", path, problem);
    this.seen.set(entry, seenOf(host, name));
    const type = isThere ? hostTypeOf(host, name) : "nothing";
    if (change === "times") return this.#is(place, after) ? "do" : "skip";
    if (change === "mode" && after !== undefined)
      return this.#modeVerdict(host, entry, after, path);
    if (change === "within") {
      if (type === "directory") {
        this.#within(host, entry, path);
        return "do";
      }
      if (type === "nothing") return this.#inNothing(entry, path);
      return this.#conflict(entry, "leave", path, `${nouns[type]} on the host`);
    }
    const other = after === undefined || isThere ? undefined : host.alias(name);
    if (other !== undefined) return this.#aliased(host, entry, path, other, gone);
    if (this.#isRedacted(after)) {
      const verdict = type === "directory" || type === "other" ? "leave" : "overwrite";
      return this.#conflict(entry, verdict, path, "its content is redacted");
    }
    if (this.#is(place, before)) {
      this.#leaveSpecials(entry, path);
      if (type !== "directory") return "do";
      const leftBefore = this.left.length + this.conflicts.length;
      this.#within(host, entry, path);
      const strangers = this.#strangers(host, entry);
      if (strangers.length === 0 && this.left.length + this.conflicts.length === leftBefore)
        return "do";
      const [first] = strangers;
      const reason = first === undefined ? holdsStaying : `${holdsOthers}: ${first}`;
      this.left.push({ path, reason });
      return "keep";
    }
    if (this.#is(place, after)) {
      if (type === "directory") this.#within(host, entry, path);
      return "already";
    }
    const canForce = type !== "directory" && type !== "other";
    const reason =
      type === "file" && this.#isRedacted(before)
        ? "the imported content is redacted, and cannot be compared"
        : reasonFor(before, type);
    return this.#conflict(entry, canForce ? "overwrite" : "leave", path, reason);
  }

  /** Named pipes and sockets stay in the journal, however deep they are in a directory that comes. */
  #leaveSpecials({ entries }: ChangedEntry, above: string): void {
    for (const entry of entries) {
      const path = `${above}/${entry.name}`;
      if (this.#absent(entry, path) === undefined) this.#leaveSpecials(entry, path);
    }
  }

  /** Leaves alone what folders here do not have at all, which is no conflict. */
  #absent(entry: ChangedEntry, path: string): "leave" | undefined {
    const { name, after } = entry;
    const reason =
      after === undefined ? undefined : (bytesProblem(name, after) ?? typeProblem(after));
    if (reason === undefined) return undefined;
    this.left.push({ path, reason });
    this.verdicts.set(entry, "leave");
    return "leave";
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

  /** Decides for new entries below a directory that the host no longer has: they can be made. */
  #inNothing({ entries }: ChangedEntry, above: string): Verdict {
    const verdicts = entries.map((entry): Verdict => {
      const path = `${above}/${entry.name}`;
      const verdict = this.#ofNothing(entry, path);
      this.verdicts.set(entry, verdict);
      return verdict;
    });
    return verdicts.includes("do") ? "do" : "skip";
  }

  #ofNothing(entry: ChangedEntry, path: string): Verdict {
    const absent = this.#absent(entry, path);
    if (absent !== undefined) return absent;
    const problem = nameProblem(entry.name);
    if (problem !== undefined) return this.#conflict(entry, "leave", path, problem);
    switch (entry.change) {
      case "added":
        return "do";
      case "removed":
        return "already";
      case "mode":
      case "times":
        return "skip";
      case "within":
        return this.#inNothing(entry, path);
      case "modified":
      case "type-changed":
        return this.#conflict(entry, "overwrite", path, reasonFor(entry.before, "nothing"));
    }
  }

  #within(host: HostDirectory, { name, entries }: ChangedEntry, path: string): void {
    using child = host.child(name);
    this.all(child, entries, `${path}/`);
  }

  /**
   * Decides for a name under which the host finds another entry: a name that goes is renamed to the new one, any other
   * stands in the way.
   */
  #aliased(
    host: HostDirectory,
    entry: ChangedEntry,
    path: string,
    other: string,
    gone: readonly ChangedEntry[],
  ): Verdict {
    const from = gone.find(({ name }) => name === other);
    const verdict = from === undefined ? undefined : this.verdicts.get(from);
    if (from === undefined || (verdict !== "do" && verdict !== "keep"))
      return this.#conflict(entry, "leave", path, `this disk takes its name for ${other}`);
    if (from.before?.type === "directory" && entry.after?.type === "directory") {
      using child = host.child(other);
      this.#meetStrangers(child, from.entries, entry.entries, `${path}/`);
    } else if (from.before?.type === "directory" && verdict === "keep") {
      return this.#conflict(entry, "leave", path, `this disk takes its name for ${other}`);
    }
    return "do";
  }

  /** Checks entries that come into a directory that is only renamed, against what else is there. */
  #meetStrangers(
    host: HostDirectory,
    gone: readonly ChangedEntry[],
    come: readonly ChangedEntry[],
    above: string,
  ): void {
    for (const entry of come) {
      if (host.stat(entry.name) === undefined) continue;
      const from = gone.find(({ name }) => name === entry.name);
      if (from === undefined)
        this.#conflict(entry, "leave", `${above}${entry.name}`, reasonFor(undefined, "file"));
      else if (from.before?.type === "directory" && entry.after?.type === "directory") {
        using child = host.child(entry.name);
        this.#meetStrangers(child, from.entries, entry.entries, `${above}${entry.name}/`);
      }
    }
  }

  /** Returns the paths of entries that were never imported, in a directory that goes. */
  #strangers(host: HostDirectory, { name, entries }: ChangedEntry): string[] {
    using child = host.child(name);
    const known = new Set<string>(entries.map((entry) => entry.name));
    const { names, unreadable } = child.list();
    return [...names, ...unreadable].filter((one) => !known.has(one) && !isOfApply(one));
  }

  #is({ host, name, isThere }: PlaceOnHost, inode: Inode | undefined): boolean {
    if (inode === undefined || !isThere) return inode === undefined && !isThere;
    return isSameOnHost(host, name, inode, this.#readTape);
  }

  #conflict(
    entry: ChangedEntry,
    verdict: "overwrite" | "leave",
    path: string,
    reason: string,
  ): Verdict {
    this.conflicts.push({ path, reason, ...targetOf(entry.after) });
    this.verdicts.set(entry, verdict);
    return verdict;
  }
}

function journalProblem(journal: string | undefined): string | undefined {
  return journal === undefined ? undefined : `its place is that of the rewindfs journal ${journal}`;
}

/** Returns where a symlink that comes would lead. */
export function targetOf(inode: Inode | undefined): Pick<Skip, "target"> {
  return inode?.type === "symlink" ? { target: inode.target } : {};
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
