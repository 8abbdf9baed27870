import { basename } from "node:path";

import type { FileSystem, Limits } from "../../fs/index.ts";
import { HostError, type LoweredWasi, type Wasi, lowerWasi, serveWasi } from "../../wasi/index.ts";
import { monotonicNow } from "../machine/clocks.ts";
import { createCommandLine } from "./command-line.ts";
import { glueName } from "./glue.ts";
import type { GuestComponent } from "./guest.ts";
import type { GuestSide } from "./guest-side.ts";
import { glueStreams } from "./glue-streams.ts";
import { createHost } from "./host.ts";
import { instantiate } from "./instantiate.ts";
import { outcomeOf } from "../ending/outcome.ts";
import { alwaysReady, createPoll } from "../machine/poll.ts";
import type { Served } from "./served-guest.ts";
import { createInput } from "./standard-input.ts";
import { Outlet, createOutput } from "./standard-output.ts";
import type { RunJob } from "../protocol/jobs.ts";

/** Gives a filesystem to a component whose glue imports WASI 0.2. */
export function serveComponent(
  fs: FileSystem,
  guest: GuestComponent,
  job: RunJob,
  { sleeper, ending, stdin, ...sinks }: GuestSide,
): Served {
  const { limits, preopens } = job;
  const poll = createPoll(sleeper, monotonicNow, limits.descriptors);
  const wasi = serveWasi(fs, {
    preopens,
    readyPollable: () => new poll.Pollable(alwaysReady),
  });
  return {
    async run() {
      const filesystem = importsOf(wasi, job.marshalling, limits);
      const output = (stream: "stdout" | "stderr") => {
        const outlet = new Outlet(sinks[stream]);
        return () => filesystem.mark(createOutput(outlet, poll));
      };
      const commandLine = createCommandLine({
        args: [basename(guest.name), ...job.args],
        environment: job.environment,
        initialCwd: preopens[0]?.path,
        stdin: () => filesystem.mark(createInput(stdin, poll, sleeper)),
        stdout: output("stdout"),
        stderr: output("stderr"),
        terminals: job.terminals,
        ending,
      });
      const imports = await createHost(filesystem, commandLine, poll, guest.imports);
      const instance = { ...guest, imports };
      return outcomeOf(() => instantiate(instance, ending)(), ending, glueName);
    },
    [Symbol.dispose]: () => wasi[Symbol.dispose](),
  };
}

/** Returns the imports. With jco's own marshalling the guest must see the same: tests compare the two. */
function importsOf(
  wasi: Pick<Wasi, "types" | "preopens">,
  marshalling: RunJob["marshalling"],
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
