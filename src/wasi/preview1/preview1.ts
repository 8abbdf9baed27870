import { type FileSystem, FsError } from "../../fs/index.ts";
import { type Growing, LinearMemory } from "../preview2/linear-memory.ts";
import { type HostOptions, openHost, openRoot } from "../calls/preopens.ts";
import { trap } from "../calls/trap.ts";
import { besideFunctions } from "./beside.ts";
import type { Context, Surroundings } from "./context.ts";
import { Descriptors } from "./descriptors.ts";
import { fdstatFunctions } from "./fdstat.ts";
import { fileFunctions } from "./files.ts";
import { listingFunctions } from "./listing.ts";
import { OpenFile, OpenStandard } from "./open-file.ts";
import { openFunctions } from "./open-path.ts";
import { pathFunctions } from "./paths.ts";
import { pollFunctions } from "./poll.ts";
import { prestatFunctions } from "./prestat.ts";
import { processFunctions } from "./process.ts";
import { Rights } from "./rights.ts";
import { transferFunctions } from "./transfers.ts";

/** A function of preview 1 as a core module imports it: returns the number of an error, 0 without one. */
export type Preview1Call = (...flat: never[]) => number;

/** wasi_snapshot_preview1 for one program. */
export interface Preview1 {
  readonly functions: ReturnType<typeof allFunctions>;
  /** Functions of other modules, by module. */
  readonly beside: ReturnType<typeof besideFunctions>;
  /**
   * Sets the memory that pointers refer to, and opens the preopens; a pointer before that traps. Traps if there are
   * more preopens than allowed descriptors.
   */
  attach(memory: Growing): void;
  /** Closes everything that the program left open. */
  [Symbol.dispose](): void;
}

/**
 * Serves a filesystem to one program of preview 1: the calls of wasi:filesystem under other names, with descriptors
 * that have numbers and positions. A pointer outside of the program's memory is a trap, as the specification says: "If
 * an out-of-bounds pointer is passed to a function and the function needs to dereference it, the function shall trap".
 * Throws PreopenError if a preopen's directory is missing.
 */
export function createPreview1(
  fs: FileSystem,
  options: Omit<HostOptions, "beforeCall">,
  surroundings: Surroundings,
): Preview1 {
  const { host, roots } = openHost(fs, { ...options, readyPollable: noPollable });
  const late = new LateMemory();
  const descriptors = new Descriptors();
  const context: Context = { host, memory: new LinearMemory(late), descriptors, surroundings };
  for (const stream of ["stdin", "stdout", "stderr"] as const)
    descriptors.add(new OpenStandard(stream));
  return {
    functions: allFunctions(context),
    beside: besideFunctions(context),
    attach(memory) {
      late.attach(memory);
      try {
        for (const root of roots)
          descriptors.add(new OpenFile(openRoot(host, root), Rights.ofPreopen(), plain, root.path));
      } catch (error) {
        // No call could report it to the program.
        if (error instanceof FsError) throw trap(`preopens: ${error.message}`);
        throw error;
      }
    },
    [Symbol.dispose]: () => descriptors.closeAll(),
  };
}

function allFunctions(context: Context) {
  return {
    ...fileFunctions(context),
    ...transferFunctions(context),
    ...fdstatFunctions(context),
    ...openFunctions(context),
    ...pathFunctions(context),
    ...listingFunctions(context),
    ...prestatFunctions(context),
    ...processFunctions(context),
    ...pollFunctions(context),
  };
}

const plain = { appends: false, nonBlocking: false } as const;

/** A memory that is set after the functions that use it were made. */
class LateMemory implements Growing {
  #memory: Growing = { buffer: new ArrayBuffer(0) };

  attach(memory: Growing): void {
    this.#memory = memory;
  }

  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }
}

/** Rejects pollables: preview 1 has none, and its streams are not wasi:io's. */
function noPollable(): never {
  throw new TypeError("a pollable of preview 1");
}
