import { readFileSync } from "node:fs";

import { type Event, type JournalWriter, openWriter } from "../../../journal/index.ts";
import { FileSystem, type Limits, emptyTree, profiles } from "../../../src/fs/index.ts";
import { Ending } from "../../../src/run/ending/ending.ts";
import type { Outcome } from "../../../src/run/ending/outcome.ts";
import { makeGuest } from "../../../src/run/guest/guest.ts";
import { serveLinked } from "../../../src/run/guest/serve-linked.ts";
import type { Source } from "../../../src/run/guest/standard-input.ts";
import { Sleeper } from "../../../src/run/machine/sleeper.ts";
import type { RunJob } from "../../../src/run/protocol/jobs.ts";
import type { Preopen } from "../../../src/wasi/index.ts";
import { componentFrom } from "../../support/component.ts";
import { guests } from "../support.ts";

export interface Setup {
  readonly limits?: Partial<Limits>;
  readonly preopens?: readonly Preopen[];
  readonly stdin?: Uint8Array;
  readonly args?: readonly string[];
}

export interface Done {
  readonly outcome: Outcome;
  readonly stdout: string;
  readonly stderr: string;
  /** Events that the guest has recorded. */
  readonly events: readonly Event[];
}

/**
 * A journal in memory, whose guests run in this process, all with the limits of the first: communication between
 * processes has tests of its own.
 */
export class Here implements Disposable {
  readonly journal: JournalWriter = openWriter(":memory:");
  #fs: FileSystem | undefined;

  /** Runs a component to its end. Throws RunError if it cannot be run. */
  async run(component: Uint8Array, setup: Setup = {}): Promise<Done> {
    const job: RunJob = {
      kind: "run",
      name: "guest.wasm",
      args: setup.args ?? [],
      environment: [],
      limits: { ...profiles.default, ...setup.limits },
      preopens: setup.preopens ?? [{ path: "/", access: "read-write" }],
      accesses: "ignore",
      terminals: new Set(),
      hasInput: setup.stdin !== undefined,
      marshalling: "core",
      journal: ":memory:",
      durability: "process",
      rules: [],
      attachable: false,
      code: { kind: "linked" },
    };
    const guest = await makeGuest(job, () => Uint8Array.from(component));
    if (guest.kind !== "linked") throw new Error("another kind of guest");
    const { journal } = this;
    this.#fs ??= new FileSystem({ journal, tree: emptyTree(), limits: job.limits });
    const fs = this.#fs;
    fs.begin({ cause: "guest", guest: "test", args: [], environment: [], digest: "" });
    const printed = { stdout: "", stderr: "" };
    const keep = (stream: "stdout" | "stderr") => (bytes: Uint8Array) =>
      void (printed[stream] += Buffer.from(bytes).toString());
    const side = {
      sleeper: new Sleeper(
        () => {},
        () => false,
      ),
      ending: new Ending(),
      stdin: sourceOf(setup.stdin ?? new Uint8Array()),
      stdout: keep("stdout"),
      stderr: keep("stderr"),
    };
    let outcome: Outcome;
    {
      using served = serveLinked(fs, guest, job, side);
      outcome = await served.run();
    }
    fs.finish();
    fs.end({ exit: outcome.exit });
    const all = [...journal.query({})];
    const start = all.findLastIndex(({ kind }) => kind === "run-start");
    return { outcome, ...printed, events: all.slice(start + 1, -1) };
  }

  /** Runs the lines as commands of the guest of WASI 0.3. Returns its answer to each. */
  async speak(
    lines: readonly string[],
    setup: Setup = {},
  ): Promise<Done & { readonly answers: readonly string[] }> {
    const stdin = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    const done = await this.run(readFileSync(guests.third), { ...setup, stdin });
    return { ...done, answers: done.stdout.split("\n").slice(0, -1) };
  }

  [Symbol.dispose](): void {
    this.journal.close();
  }
}

/** Runs a component that is written as text. */
export async function runText(text: string, setup?: Setup): Promise<Done> {
  using here = new Here();
  return await here.run(await componentFrom(text), setup);
}

function sourceOf(bytes: Uint8Array): Source {
  let rest: Uint8Array | undefined = bytes;
  return {
    isReady: () => true,
    take(length) {
      if (rest === undefined || rest.length === 0) return undefined;
      const taken = rest.subarray(0, length);
      rest = rest.subarray(length);
      return taken;
    },
    wait: () => false,
  };
}

/** Makes a command of WASI 0.3 from these parts: its core module exports `run`, and is given `host`. */
export function third({
  imports = "",
  builtins = "",
  given = "",
  core,
  lift = `(canon lift (core func $i "run"))`,
}: {
  /** Imports of the component. */
  readonly imports?: string;
  /** Definitions before its core module is instantiated. */
  readonly builtins?: string;
  /** Exports of the instance that the core module is given as "h". */
  readonly given?: string;
  /** Contents of the core module. */
  readonly core: string;
  readonly lift?: string;
}): string {
  return `(component
    ${imports}
    (core module $memory (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        global.get $next
        (global.set $next (i32.and (i32.add (global.get $next) (i32.add (local.get 3) (i32.const 7))) (i32.const -8)))))
    (core instance $libc (instantiate $memory))
    (alias core export $libc "memory" (core memory $mem))
    (alias core export $libc "realloc" (core func $realloc))
    ${builtins}
    (core module $m (import "libc" "memory" (memory 1)) ${core})
    (core instance $h ${given})
    (core instance $i (instantiate $m (with "h" (instance $h)) (with "libc" (instance $libc))))
    (type $run (func async (result (result))))
    (func $run (type $run) ${lift})
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.3.0" (instance $command)))`;
}
