import { lstatSync, statSync } from "node:fs";
import { basename } from "node:path";

import { besideEnds, sealKeyPath } from "../../../journal/index.ts";
import type { HostDirectory } from "../disk/directory.ts";
import type { Excludes } from "../exclude/exclude.ts";
import type { ExcludedBy } from "../exclude/rules.ts";
import type { ImportOptions } from "./options.ts";
import type { HostStat } from "../disk/host-stat.ts";
import { Identities, identityOf } from "../disk/identity.ts";
import { isJournalAt } from "../disk/journal-at.ts";
import { ownMounts } from "../disk/own-mounts.ts";
import { isOfApply } from "../disk/temporary-name.ts";

/**
 * Why an import leaves a host file out: it belongs to its own journal ("own"), its place belongs to another import
 * ("elsewhere"), or it must not be in any filesystem.
 */
export type LeftOut =
  | { readonly kind: "own" | "elsewhere" }
  | { readonly kind: "told"; readonly reason: string }
  | { readonly kind: "excluded"; readonly by: ExcludedBy };

/** An entry of a directory, with its path below the imported folder. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly stat: HostStat;
}

/** Recognises files that an import leaves out on purpose, under any name. */
export class LeftOutFiles {
  readonly #own: Identities;
  readonly #ownPaths: ReadonlyMap<string, readonly string[]>;
  readonly #keys: Identities;
  readonly #seal = new Identities(new Set(targetAt(sealKeyPath())));
  readonly #excludes: Excludes | undefined;
  readonly #mounts = ownMounts();
  readonly #foreign: ReadonlySet<string>;

  /** `foreign` are paths below the folder to which other folders were imported. */
  constructor(
    { leaveOut = [], keys = [] }: Pick<ImportOptions, "leaveOut" | "keys">,
    excludes?: Excludes,
    foreign: readonly string[] = [],
  ) {
    this.#foreign = new Set(foreign);
    this.#excludes = excludes;
    this.#own = new Identities(new Set(leaveOut.flatMap(identityAt)));
    this.#ownPaths = Map.groupBy(leaveOut, (path) => basename(path));
    this.#keys = new Identities(new Set(keys.flatMap(targetAt)));
  }

  /** Tests for files that are left out even if the user named them. */
  always(name: string, stat: HostStat): LeftOut | undefined {
    if (this.#own.has(stat)) return { kind: "own" };
    if (this.#keys.has(stat)) return { kind: "told", reason: "it is the key that signs" };
    if (this.#seal.has(stat))
      return { kind: "told", reason: "it is the key by which rewindfs knows its own records" };
    // The file may have appeared since the import began.
    const paths = this.#ownPaths.get(name);
    const isOwn = paths?.some((path) => identityAt(path).includes(identityOf(stat)));
    return isOwn === true ? { kind: "own" } : undefined;
  }

  /** Tests what came in before, and was not changed since: such a file is no journal. Throws the system's error. */
  ofUnchanged(host: HostDirectory, entry: Entry): LeftOut | undefined {
    const { name, stat } = entry;
    return (
      this.always(name, stat) ?? this.#asked(host, entry) ?? this.#besideJournal(host, name, stat)
    );
  }

  /** Tests for all files that are left out. Throws the system's error. */
  of(host: HostDirectory, entry: Entry): LeftOut | undefined {
    return this.always(entry.name, entry.stat) ?? this.among(host, entry);
  }

  /**
   * Tests for excluded files, and for files of other journals, which contain removed bytes, too. A file that the user
   * named is imported.
   */
  among(host: HostDirectory, entry: Entry): LeftOut | undefined {
    const { name, stat } = entry;
    const asked = this.#asked(host, entry);
    if (asked !== undefined) return asked;
    if (stat.isFile() && isJournalAt(host, name, stat))
      return { kind: "told", reason: "it is a rewindfs journal" };
    return this.#besideJournal(host, name, stat);
  }

  #asked(host: HostDirectory, { name, path, stat }: Entry): LeftOut | undefined {
    if (this.#foreign.has(path)) return { kind: "elsewhere" };
    const by = this.#excludes?.by(host, path, stat.isDirectory() ? "directory" : "other");
    if (by !== undefined) return { kind: "excluded", by };
    if (isOfApply(name))
      return { kind: "told", reason: "an apply that was cut short left it behind" };
    if (this.#mounts.has(stat.dev) && host.statSelf().dev !== stat.dev)
      return { kind: "told", reason: "it is a mount of rewindfs, which shows a journal" };
    return undefined;
  }

  #besideJournal(host: HostDirectory, name: string, stat: HostStat): LeftOut | undefined {
    if (!stat.isFile() || !besideSome.test(name)) return undefined;
    for (const end of besideEnds) {
      if (!name.endsWith(end)) continue;
      const journal = name.slice(0, -end.length);
      const found = journal === "" ? undefined : host.stat(journal);
      if (found !== undefined && isJournalAt(host, journal, found))
        return { kind: "told", reason: `it belongs to the rewindfs journal ${journal}` };
    }
    return undefined;
  }
}

/** Matches the names of files beside some journal: most names are tested once. */
const besideSome = new RegExp(`(?:${besideEnds.join("|")})$`);

function identityAt(path: string): string[] {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? [] : [identityOf(stat)];
}

function targetAt(path: string): string[] {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? [] : [identityOf(stat)];
}
