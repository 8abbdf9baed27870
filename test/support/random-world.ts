import type { Fixture } from "./filesystem.ts";
import { openFilesystem } from "./filesystem.ts";
import { Model } from "./model.ts";
import { RandomCalls, type Step } from "./random-calls.ts";
import { Random } from "./random.ts";

const mostFileBytes = 200_000;

/** A filesystem and a model of it, with random calls to make on both; the clock ticks once a call. */
export interface RandomWorld extends Fixture {
  step(): Step;
}

/** Preopened are "/", the same read-only, and the directory /p. */
export function openRandomWorld(seed: number): RandomWorld {
  const fixture = openFilesystem({ limits: { "file-bytes": mostFileBytes } });
  const { clock, root, serve } = fixture;
  root.createDirectoryAt("p");
  const wasi = serve({
    preopens: [
      { path: "/", access: "read-write" },
      { path: "/frozen", access: "read-only" },
      { path: "/p", directory: "/p", access: "read-write" },
    ],
  });
  const model = new Model(clock.time, mostFileBytes);
  const handle = { node: model.root, readOnly: false, reads: true, writes: false };
  model.makeDirectory(handle, "p");
  const p = model.open(handle, false, "p", {}, {});
  model.roots.add(p.node);

  const preopens = [handle, { ...handle, readOnly: true }, p];
  const calls = new RandomCalls(wasi, model, preopens, new Random(seed));
  return {
    ...fixture,
    wasi,
    step() {
      clock.time += 1_000n;
      model.time = clock.time;
      return calls.step();
    },
  };
}
