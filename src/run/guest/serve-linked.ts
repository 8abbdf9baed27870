import { basename } from "node:path";

import type { FileSystem } from "../../fs/index.ts";
import { HostError, serveFilesystem3, serveWasi, type Channels } from "../../wasi/index.ts";
import type { Ending } from "../ending/ending.ts";
import { type Outcome, outcomeOf } from "../ending/outcome.ts";
import { Channel } from "../link/abi/channel.ts";
import type { ComponentFunction } from "../link/abi/function.ts";
import { type CoreGiven, instantiate } from "../link/instance.ts";
import type { HostInterface } from "../link/imported.ts";
import { LiftedFunction } from "../link/abi/task.ts";
import { World } from "../link/abi/world.ts";
import { monotonicNow } from "../machine/clocks.ts";
import { alwaysReady, createPoll } from "../machine/poll.ts";
import type { RunJob } from "../protocol/jobs.ts";
import { type WasmModule, webAssembly } from "../wasm/web-assembly.ts";
import { servedInterfaces } from "../wit/served.ts";
import { createCommandLine } from "./command-line.ts";
import type { LinkedComponent } from "./guest.ts";
import type { GuestSide } from "./guest-side.ts";
import { createHost } from "./host.ts";
import { createHost3 } from "./host3.ts";
import { providerOf } from "./host-interface.ts";
import type { Served } from "./served-guest.ts";
import { createInput } from "./standard-input.ts";
import { Outlet, createOutput } from "./standard-output.ts";

/** Gives a filesystem to a component that is linked here: it imports WASI 0.3, 0.2, or both, and sees one tree. */
export function serveLinked(
  fs: FileSystem,
  guest: LinkedComponent,
  job: RunJob,
  { sleeper, ending, stdin, ...sinks }: GuestSide,
): Served {
  const { limits, preopens } = job;
  const poll = createPoll(sleeper, monotonicNow, limits.descriptors);
  const wasi = serveWasi(fs, { preopens, readyPollable: () => new poll.Pollable(alwaysReady) });
  const world = new World(sleeper, monotonicNow, ending);
  return {
    async run() {
      const stdout = new Outlet(sinks.stdout);
      const stderr = new Outlet(sinks.stderr);
      const commandLine = createCommandLine({
        args: [basename(guest.name), ...job.args],
        environment: job.environment,
        initialCwd: preopens[0]?.path,
        stdin: () => createInput(stdin, poll, sleeper),
        stdout: () => createOutput(stdout, poll),
        stderr: () => createOutput(stderr, poll),
        terminals: job.terminals,
        ending,
      });
      const channels = channelsOf(world);
      const { types, preopens: roots } = wasi;
      const host2 = await createHost(
        { types: { ...types }, preopens: { ...roots }, streams: {}, error: { Error: HostError } },
        commandLine,
        poll,
        guest.imports,
      );
      const host3 = createHost3({
        filesystem: serveFilesystem3(wasi.opened, channels),
        commandLine,
        channels,
        stdin,
        stdout,
        stderr,
      });
      const host = servedInterfaces(
        world.types,
        providerOf(new Map(Object.entries(host2))),
        providerOf(new Map(Object.entries(host3))),
      );
      return runLinked(guest, world, host, ending);
    },
    [Symbol.dispose]: () => wasi[Symbol.dispose](),
  };
}

function runLinked(
  guest: LinkedComponent,
  world: World,
  host: (name: string) => HostInterface | undefined,
  ending: Ending,
): Outcome {
  let hasFailed = false;
  const outcome = outcomeOf(() => {
    const run = entryOf(guest, world, host);
    const task = run.call({
      begin: () => [],
      end: (_how, result) => (hasFailed = isFailure(result)),
    });
    world.waitUntil(
      () => task.hasEnded,
      () => task.hasResolved,
    );
  }, ending);
  return hasFailed && outcome.kind === "exited" && ending.end === undefined
    ? { kind: "exited", exit: 1 }
    : outcome;
}

/** Instantiates the component, and returns its wasi:cli/run. */
function entryOf(
  { code, modules, entry }: LinkedComponent,
  world: World,
  host: (name: string) => HostInterface | undefined,
): LiftedFunction {
  const core = (module: number, given: CoreGiven) => instanceOf(modules[module], given);
  const exported = instantiate(code, { world, host, core }).get(entry);
  const run = exported?.sort === "instance" ? exported.value.get("run") : undefined;
  const found: ComponentFunction | undefined = run?.sort === "func" ? run.value : undefined;
  if (!(found instanceof LiftedFunction) || found.type.parameters.length > 0)
    throw new webAssembly.RuntimeError(`${entry} has no run`);
  return found;
}

function instanceOf(
  module: WasmModule | undefined,
  given: CoreGiven,
): ReadonlyMap<string, unknown> {
  if (module === undefined) throw new Error("a core module was not compiled");
  const imports: Record<string, Record<string, unknown>> = Object.create(null);
  for (const [name, members] of given) {
    const named: Record<string, unknown> = Object.create(null);
    for (const [key, value] of members) named[key] = value;
    imports[name] = named;
  }
  try {
    return new Map(Object.entries(new webAssembly.Instance(module, imports).exports));
  } catch (error) {
    // The module imports a function with another type: its own fault.
    if (!(error instanceof webAssembly.LinkError)) throw error;
    throw new webAssembly.RuntimeError(`its parts do not fit together: ${error.message}`);
  }
}

function isFailure(result: unknown): boolean {
  return typeof result === "object" && result !== null && "tag" in result && result.tag === "err";
}

function channelsOf(world: World): Channels {
  return {
    stream: (source) => new Channel("stream", undefined, source),
    ended() {
      const channel = new Channel("stream");
      channel.drop("writer");
      return channel;
    },
    future: (source) => new Channel("future", undefined, source),
    drain(stream, sink) {
      const channel = requireChannel(stream);
      channel.consume(sink);
      world.await(channel);
    },
    drop: (stream) => requireChannel(stream).drop("reader"),
  };
}

function requireChannel(value: unknown): Channel {
  if (value instanceof Channel) return value;
  throw new webAssembly.RuntimeError("no stream where one was due");
}
