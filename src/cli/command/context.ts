import type { Journal } from "../../../journal/index.ts";
import type { RemoteJournal } from "../../fleet/client/index.ts";
import type { KeeperThread } from "../../run/index.ts";
import { type Glyphs, glyphsFor } from "./glyphs.ts";
import { Output, descriptorSink } from "./output.ts";

/** Everything a command works with, beside its own arguments. */
export interface Context {
  /** Results. */
  readonly out: Output;
  /** Notes for a person, and progress. */
  readonly talk: Output;
  readonly glyphs: Glyphs;
  readonly env: NodeJS.ProcessEnv;
  /** The journal's file, as it was given. */
  readonly journal: string;
  /** Opens the journal if its file holds only what was fetched of it so far. */
  readonly remote?: RemoteAccess;
  /**
   * Is told how the command failed, by its error or its exit code. Returns a context to run it again with if that lay in
   * what was kept here of a journal of a depot, which is fetched anew then.
   */
  readonly anew?: (failed: unknown) => Promise<Context | undefined>;
  /** A run's keeper, which started with the process. */
  readonly keeper: KeeperThread | undefined;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
}

/** A journal of a depot, which is fetched as it is read. */
export interface RemoteAccess {
  /** Opens it here. */
  readonly open: () => Journal;
  /** Lets a thread open it, too. */
  readonly place: RemoteJournal;
}

/** Returns the process's own descriptors and clock. */
export function processContext(env: NodeJS.ProcessEnv, given: Given): Context {
  const out = new Output(descriptorSink(1), env);
  return {
    out,
    talk: new Output(descriptorSink(2), env, out),
    glyphs: glyphsFor(env),
    env,
    journal: given.journal ?? (env["REWINDFS_JOURNAL"] || "rewind.db"),
    keeper: given.keeper,
    now: () => BigInt(Date.now()) * 1_000_000n,
  };
}

interface Given {
  readonly journal?: string | undefined;
  readonly keeper?: KeeperThread | undefined;
}
