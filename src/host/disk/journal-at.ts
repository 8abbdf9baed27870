import { closeSync, lstatSync, readSync } from "node:fs";

import {
  besideEnds,
  filesOf,
  headerBytes,
  isJournal,
  resolvePath,
} from "../../../journal/index.ts";
import type { HostDirectory } from "./directory.ts";
import type { HostStat } from "./host-stat.ts";
import { foldedName } from "./folded-name.ts";
import { identityOf } from "./identity.ts";

/** Tells if a file is a journal, or one of those in use. A file of SQLite has whole pages, which few others have: few are opened twice. */
export function isJournalAt(host: HostDirectory, name: string, stat: HostStat): boolean {
  if (host.spares(stat)) return true;
  const size = Number(stat.size);
  if (!stat.isFile() || size === 0 || size % smallestPage !== 0) return false;
  const fd = host.openFile(name);
  try {
    const header = Buffer.alloc(headerBytes);
    readSync(fd, header, 0, headerBytes, 0);
    return isJournal(header);
  } finally {
    closeSync(fd);
  }
}

const smallestPage = 512;

/**
 * Returns what identifies the files of a journal in use, and others, so that none of them is opened: a process that closes a file
 * of SQLite gives up all locks that it has on it.
 */
export function identitiesOf(
  journal: string | undefined,
  others: readonly string[] = [],
): ReadonlySet<string> {
  const own = journal === undefined || journal === ":memory:" ? [] : filesOf(resolvePath(journal));
  const stats = [...own, ...others].map((path) =>
    lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  );
  return new Set(stats.flatMap((stat) => (stat === undefined ? [] : [identityOf(stat)])));
}

/**
 * Recognises the places of a host's directory that belong to its journals, in any spelling: the journals themselves,
 * and what stands beside them, be it there or not. SQLite takes what it finds in such a place into the journal.
 */
export class JournalPlaces {
  readonly #host: HostDirectory;
  readonly #names: readonly string[];
  #spellings: ReadonlyMap<string, readonly string[]> | undefined;

  /** `names` are those of all entries of the directory. */
  constructor(host: HostDirectory, names: readonly string[]) {
    this.#host = host;
    this.#names = names;
  }

  /** Returns the journal that a name belongs to; undefined for most. Throws the system's error. */
  journalOf(name: string): string | undefined {
    const folded = foldedName(name);
    const ends = [...besideEnds, ""].filter((end) => folded.endsWith(end));
    return ends
      .map((end) => this.#journalNamed(folded.slice(0, folded.length - end.length)))
      .find((journal) => journal !== undefined);
  }

  #journalNamed(folded: string): string | undefined {
    this.#spellings ??= Map.groupBy(this.#names, foldedName);
    return this.#spellings.get(folded)?.find((name) => {
      const stat = this.#host.stat(name);
      return stat !== undefined && isJournalAt(this.#host, name, stat);
    });
  }
}
