import { basename } from "node:path";

import type { FileSystem, Limits } from "../fs/index.ts";
import { HostError, type LoweredWasi, type Wasi, lowerWasi, serveWasi } from "../wasi/index.ts";
import { monotonicNow } from "./clocks.ts";
import { createCommandLine } from "./command-line.ts";
import type { GuestComponent } from "./guest.ts";
import { type GuestThread, sinkOf, sourceOf } from "./guest-thread.ts";
import { glueStreams } from "./glue-streams.ts";
import { createHost } from "./host.ts";
import { type Glue, instantiate } from "./instantiate.ts";
import { outcomeOf } from "./outcome.ts";
import { alwaysReady, createPoll } from "./poll.ts";
import type { Served } from "./recording.ts";
import { createInput } from "./standard-input.ts";
import { Outlet, createOutput } from "./standard-output.ts";
import type { Start } from "./worker-protocol.ts";

/** Gives a filesystem to a component: what its glue imports is WASI 0.2. */
export function serveComponent(
  fs: FileSystem,
  guest: GuestComponent,
  start: Start,
  thread: GuestThread,
): Served {
  const { checkpoint, ending } = thread;
  const { limits, preopens } = start.recording;
  const poll = createPoll(checkpoint, monotonicNow, limits.descriptors);
  const wasi = serveWasi(fs, {
    preopens,
    readyPollable: () => new poll.Pollable(alwaysReady),
  });
  return {
    async run() {
      const filesystem = importsOf(wasi, start.marshalling, limits);
      const source = sourceOf(thread);
      const output = (stream: "stdout" | "stderr") => {
        const outlet = new Outlet(sinkOf(thread, start, stream));
        return () => filesystem.mark(createOutput(outlet, poll));
      };
      const commandLine = createCommandLine({
        args: [basename(guest.name), ...start.args],
        environment: start.environment,
        initialCwd: preopens[0]?.path,
        stdin: () => filesystem.mark(createInput(source, poll, checkpoint)),
        stdout: output("stdout"),
        stderr: output("stderr"),
        terminals: start.terminals,
        ending,
      });
      const imports = await createHost(filesystem, commandLine, poll, guest.imports);
      const glue: Glue = await import(guest.glue);
      const instance = { glue, modules: guest.modules, entry: guest.entry, imports };
      return outcomeOf(() => instantiate(instance, checkpoint, ending)(), ending, guest.glue);
    },
    [Symbol.dispose]: () => wasi[Symbol.dispose](),
  };
}

/** With jco's own marshalling, what the guest sees must be the same: the tests hold one against the other. */
function importsOf(
  wasi: Pick<Wasi, "types" | "preopens">,
  marshalling: Start["marshalling"],
  limits: Limits,
): LoweredWasi {
  if (marshalling === "core") return lowerWasi(wasi, limits);
  const { types, preopens } = wasi;
  return {
    types: { ...types },
    preopens: { ...preopens },
    streams: glueStreams(),
    error: { Error: HostError },
    mark: (one) => one,
  };
}
