import type { Event, Ino, Recorder } from "../../journal/index.ts";
import type { Gate } from "./gate.ts";
import type { Refusal } from "./limits/failed-opens.ts";
import type { Limits } from "./limits/limits.ts";
import type { MutableTree } from "./tree/tree.ts";

/** The parts and rules of a live filesystem. */
export interface FileSystemOptions {
  /** Records every event; the filesystem is its only user while it lives. */
  readonly journal: Recorder;
  /** The state after the journal's last event; the filesystem owns it from now on. */
  readonly tree: MutableTree;
  readonly limits: Limits;
  /** "record" also records reads and opens. */
  readonly accesses?: "record" | "ignore";
  /** "fetch" also fetches promised bytes that are read, if the journal can. A guest's recorder does so by itself. */
  readonly promised?: "fetch" | "read";
  /** Called for each inode that is removed because it was closed and had no name. */
  readonly onForget?: (ino: Ino) => void;
  /** Called with each event when it is recorded and applied. */
  readonly onEvent?: (event: Event) => void;
  /** Is asked about each change, and about what is read. */
  readonly gate?: Gate | undefined;
  /** Called for each failed call when it waits to be recorded, and is known to nobody else. */
  readonly onRefusal?: (refusal: Readonly<Refusal>) => void;
}

/** A host call, as its failure is recorded. */
export interface Call {
  /** The name in the WIT: "open-at"… */
  readonly operation: string;
  /** The path as the guest gave it. */
  readonly path: string;
  /** A failed mutation is always recorded; for accesses see `refuse`. */
  readonly effect: "mutation" | "access";
}
