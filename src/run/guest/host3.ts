import {
  type Filesystem3,
  Settled,
  type Channels,
  type Sink,
  type Source,
  failed,
  ok,
} from "../../wasi/index.ts";
import type { Ended } from "../../wasi/index.ts";
import {
  monotonicNow,
  monotonicResolution,
  wallNanoseconds,
  wallResolution,
} from "../machine/clocks.ts";
import { createRefusedSockets3 } from "../machine/network.ts";
import { createRandom } from "../machine/random.ts";
import { Later } from "../link/abi/world.ts";
import type { createCommandLine } from "./command-line.ts";
import type { Source as Input } from "./standard-input.ts";
import type { Outlet } from "./standard-output.ts";

type Interface = Readonly<Record<string, unknown>>;

export interface Host3Options {
  readonly filesystem: Filesystem3;
  readonly commandLine: ReturnType<typeof createCommandLine>;
  readonly channels: Channels;
  readonly stdin: Input;
  readonly stdout: Outlet;
  readonly stderr: Outlet;
}

/** Returns everything of WASI 0.3 that a guest can import, keyed without versions: any patch will do. */
export function createHost3({
  filesystem,
  commandLine,
  channels,
  stdin,
  stdout,
  stderr,
}: Host3Options): Readonly<Record<string, Interface>> {
  const { getArguments, getEnvironment, initialCwd } = commandLine.environment;
  const { random, insecure, insecureSeed } = createRandom();
  const sockets = createRefusedSockets3();
  const output = (outlet: Outlet) => ({
    writeViaStream(stream: object): object {
      const printing = new Printing(outlet);
      channels.drain(stream, printing);
      return channels.future(printing.outcome);
    },
  });
  return {
    "wasi:cli/environment": { getArguments, getEnvironment, getInitialCwd: initialCwd },
    "wasi:cli/exit": commandLine.exit,
    "wasi:cli/stderr": output(stderr),
    "wasi:cli/stdin": {
      readViaStream(): readonly [object, object] {
        const reading = new Reading(stdin);
        return [channels.stream(reading), channels.future(reading.outcome)];
      },
    },
    "wasi:cli/stdout": output(stdout),
    "wasi:cli/terminal-input": commandLine.terminalInput,
    "wasi:cli/terminal-output": commandLine.terminalOutput,
    "wasi:cli/terminal-stderr": commandLine.terminalStderr,
    "wasi:cli/terminal-stdin": commandLine.terminalStdin,
    "wasi:cli/terminal-stdout": commandLine.terminalStdout,
    "wasi:cli/types": {},
    "wasi:clocks/monotonic-clock": {
      now: monotonicNow,
      getResolution: () => monotonicResolution,
      waitUntil: (when: bigint) => new Later(when),
      waitFor: (howLong: bigint) => new Later(monotonicNow() + howLong),
    },
    "wasi:clocks/system-clock": {
      now: () => instantOf(wallNanoseconds()),
      getResolution: () => wallResolution,
    },
    "wasi:clocks/types": {},
    "wasi:filesystem/preopens": filesystem.preopens,
    "wasi:filesystem/types": filesystem.types,
    "wasi:random/insecure": {
      ...insecure,
      getInsecureRandomBytes: (most: bigint) => insecure.getInsecureRandomBytes(fewer(most)),
    },
    "wasi:random/insecure-seed": { getInsecureSeed: insecureSeed.insecureSeed },
    "wasi:random/random": {
      ...random,
      getRandomBytes: (most: bigint) => random.getRandomBytes(fewer(most)),
    },
    "wasi:sockets/ip-name-lookup": sockets.ipNameLookup,
    "wasi:sockets/types": sockets.types,
  };
}

/** Limits a request: wasi:random@0.3.0 lets a call return fewer bytes than it is asked for. */
function fewer(most: bigint): bigint {
  return most < mostRandomBytes ? most : mostRandomBytes;
}

const mostRandomBytes = 65_536n;

function instantOf(nanoseconds: bigint): {
  readonly seconds: bigint;
  readonly nanoseconds: number;
} {
  return {
    seconds: nanoseconds / 1_000_000_000n,
    nanoseconds: Number(nanoseconds % 1_000_000_000n),
  };
}

/** Most bytes that one read of the input returns. */
const mostReadBytes = 65_536;

/** wasi:cli/types@0.3.0, error-code. */
type CliError = "io" | "illegal-byte-sequence" | "pipe";

/** A stream of the guest's input. */
class Reading implements Source {
  readonly isInput = true;
  readonly outcome = new Settled<Ended<CliError>>();
  readonly #input: Input;
  #isOver = false;

  constructor(input: Input) {
    this.#input = input;
  }

  take(most: number): Uint8Array | "nothing" | "end" {
    if (this.#isOver) return "end";
    const bytes = this.#input.take(Math.min(most, mostReadBytes));
    if (bytes === undefined) {
      this.stop();
      return "end";
    }
    return bytes.length === 0 ? "nothing" : bytes;
  }

  stop(): void {
    this.#isOver = true;
    this.outcome.settle(ok);
  }
}

/** A stream to one of the guest's outputs. */
class Printing implements Sink {
  readonly outcome = new Settled<Ended<CliError>>();
  readonly #outlet: Outlet;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  put(values: ArrayLike<unknown>): number {
    if (!(values instanceof Uint8Array)) throw new TypeError("no bytes to print");
    if (this.outcome.isSettled) return 0;
    this.#outlet.put(values);
    const { failure } = this.#outlet;
    if (failure === undefined) return values.length;
    this.outcome.settle(failed(failure === "EPIPE" ? "pipe" : "io"));
    return 0;
  }

  end(): void {
    this.outcome.settle(ok);
  }
}
