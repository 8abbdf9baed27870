import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";

import { importSteps } from "../../../src/host/index.ts";
import { withLoop } from "../../support/loop.ts";

/** Changes that a user makes to a file in the middle of an import. */
const swaps: readonly ((path: string) => void)[] = [
  (path) => symlinkSync("nowhere", path),
  (path) => mkdirSync(path),
  (path) => writeFileSync(path, "later"),
  () => {},
];

test("whenever a user exchanges a file during an import, what the program made of it stays, and is offered", () => {
  for (const swap of swaps)
    for (let at = 0, isDone = false; !isDone; at += 1)
      withLoop({ a: "a", "d/b": "b", "d/c": "c" }, (loop) => {
        loop.program({ a: "program", "d/b": "program" });
        loop.user({ a: "user", "d/b": "user" });
        const { fs, history } = loop.recording;
        const steps = importSteps(fs, loop.host, "/in", { history });
        for (let count = 0; count < at && !isDone; count += 1) isDone = steps.next().done === true;
        for (const path of ["a", "d/b"]) {
          rmSync(loop.at(path));
          swap(loop.at(path));
        }
        while (steps.next().done !== true);
        const kept = { a: "program", "d/b": "program" };
        expect(loop.inside(), `at step ${at}`).toMatchObject(kept);
        const { changes, conflicts } = loop.apply({ mode: "dry-run" });
        const told = [...changes, ...conflicts].map(({ path }) => path);
        expect(told, `at step ${at}`).toEqual(expect.arrayContaining(["a", "d/b"]));
        loop.import();
        expect(loop.inside(), `at step ${at}`).toMatchObject(kept);
      });
});

test("a file that cannot be compared stays, and it is said why", () => {
  withLoop({ a: "a", b: "b" }, (loop) => {
    loop.program({ a: "program" });
    loop.user({ a: "user" });
    const told: string[] = [];
    const { fs, history } = loop.recording;
    const onSkip = ({ path, reason }: { path: string; reason: string }) =>
      void told.push(`${path.slice(loop.host.length)}: ${reason}`);
    const steps = importSteps(fs, loop.host, "/in", { history, onSkip });
    // Its record was taken: now the file becomes a link.
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      if (told.length > 0) continue;
      rmSync(loop.at("a"));
      symlinkSync("b", loop.at("a"));
    }
    expect(told).toEqual(["/a: it was changed while it was compared"]);
    expect(loop.inside()).toMatchObject({ a: "program" });
  });
});
