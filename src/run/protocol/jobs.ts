import type { Durability, GuestSituation, Overtaken } from "../../../journal/index.ts";
import type { Limits, PackedTree } from "../../fs/index.ts";
import type { Rule } from "../../rules/index.ts";
import type { Preopen } from "../../wasi/index.ts";

export type StandardStream = "stdin" | "stdout" | "stderr";

/** Moves arguments and results between the guest's memory and the host: core functions of ours, or jco's glue. */
export type Marshalling = "core" | "glue";

/** First message to a guest's process. */
export type Job =
  /** A component's bytes follow; it is to be translated by the module with this URL. */
  { readonly kind: "translate"; readonly name: string; readonly translator: string } | RunJob;

export interface RunJob {
  readonly kind: "run";
  /** Name that the user gave. */
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly limits: Limits;
  readonly preopens: readonly Preopen[];
  readonly accesses: "record" | "ignore";
  readonly terminals: ReadonlySet<StandardStream>;
  readonly hasInput: boolean;
  readonly marshalling: Marshalling;
  /** The journal's name, for messages. */
  readonly journal: string;
  readonly durability: Durability;
  readonly rules: readonly Rule[];
  /** Tells if descriptor `hold` is the flag of calls that are held. */
  readonly attachable: boolean;
  /** Describes the bytes that follow: a module, or the files of a translation. */
  readonly code: GuestCode;
}

/** Describes a guest's code; the bytes of the module, or of each file, follow. */
export type GuestCode =
  | { readonly kind: "module" }
  /** A whole component, for a process that links it itself. */
  | { readonly kind: "linked" }
  | {
      readonly kind: "component";
      readonly entry: string;
      readonly imports: readonly string[];
      /** Names of the core modules, in the order in which they follow; the glue comes first. */
      readonly modules: readonly string[];
    };

/** Message to the guest's process once its run has begun. */
export interface Go extends GuestSituation {
  readonly tree: PackedTree;
  /** Tells if descriptor `spool` is the spool. */
  readonly hasSpool: boolean;
}

/** The answer to a question for news: the state after what a person changed, and the journal. */
export interface News extends Overtaken {
  readonly tree: PackedTree;
}

/** Descriptors of a guest's process. */
export const descriptors = {
  line: 3,
  log: 4,
  code: 5,
  spool: 6,
  logReader: 7,
  logCopy: 8,
  hold: 9,
} as const;
