import fc from "fast-check";
import { existsSync, rmSync } from "node:fs";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { type Hunk, lookup, restore } from "../../../src/history/index.ts";
import { type Loop, withLoop } from "../../support/loop.ts";
import { attempts } from "../../support/scale.ts";

const placeLines = 9;

/** Contents by path, of one side. */
type Version = Map<string, string>;

/** The three versions, each path on its own, and the applies. */
class Model {
  host: Version = new Map();
  journal: Version = new Map();
  common: Version = new Map();
  readonly applies: {
    readonly before: Version;
    readonly after: Version;
    /** Common versions of the paths whose conflicts it settled. */
    readonly unsettled: Version;
    readonly paths: string[];
  }[] = [];
  readonly states: { readonly seq: Seq; readonly journal: Version }[] = [];

  get paths(): string[] {
    return [
      ...new Set([...this.host.keys(), ...this.journal.keys(), ...this.common.keys()]),
    ].sort();
  }

  at(path: string) {
    const [host, journal, common] = [this.host, this.journal, this.common].map((one) =>
      one.get(path),
    );
    return { host, journal, common };
  }

  /** Returns the offered paths, and those in conflict. */
  offered(): { readonly offered: string[]; readonly conflicts: string[] } {
    const open = this.paths.filter((path) => {
      const { host, journal, common } = this.at(path);
      return journal !== common && host !== journal;
    });
    return {
      offered: open,
      conflicts: open.filter((path) => this.at(path).host !== this.at(path).common),
    };
  }

  import(how: Settling | "fresh"): void {
    for (const path of this.paths) {
      const { host, journal, common } = this.at(path);
      if (how === "fresh") {
        if (host === undefined && journal !== undefined) continue;
        put(this.journal, path, host);
        put(this.common, path, host);
      } else if (host === journal || journal === common || (host !== common && how === "ours")) {
        put(this.journal, path, host);
        put(this.common, path, host);
      } else if (host !== common && how === "theirs") put(this.common, path, host);
    }
  }

  apply(how: Settling, selects: (path: string) => boolean): void {
    const chosen = this.paths.filter(
      (path) => this.at(path).journal !== this.at(path).common && selects(path),
    );
    const unsettled: Version = new Map(this.common);
    for (const path of chosen) {
      const { host, journal, common } = this.at(path);
      if (host === common || host === journal) continue;
      if (how === "leave") continue;
      put(this.common, path, host);
      if (how === "ours") put(this.journal, path, host);
    }
    const before = new Map(this.common);
    const done = chosen.filter((path) => {
      const { host, journal, common } = this.at(path);
      return journal !== common && (host === common || host === journal);
    });
    if (done.length === 0) return;
    for (const path of done) {
      const { journal } = this.at(path);
      put(this.host, path, journal);
      put(this.common, path, journal);
    }
    this.applies.push({ before, after: new Map(this.journal), unsettled, paths: done });
  }

  /** Takes some places of texts that both have, and others as a whole. */
  choose(takes: (path: string, place: number) => boolean): void {
    const before = new Map(this.common);
    const { offered, conflicts } = this.offered();
    const results = offered.flatMap((path): [string, string | undefined][] => {
      const { journal, common } = this.at(path);
      if (conflicts.includes(path)) return [];
      if (journal === undefined || common === undefined)
        return takes(path, 0) ? [[path, journal]] : [];
      const mixed = mix(common, journal, (place) => takes(path, place));
      return mixed === common ? [] : [[path, mixed]];
    });
    if (results.length === 0) return;
    for (const [path, content] of results) {
      put(this.host, path, content);
      put(this.common, path, content);
    }
    this.applies.push({
      before,
      after: new Map(this.common),
      unsettled: before,
      paths: results.map(([path]) => path),
    });
  }

  undoApply(): void {
    const last = this.applies.pop();
    for (const path of last?.paths ?? []) {
      const { host } = this.at(path);
      const [was, became] = [last?.before.get(path), last?.after.get(path)];
      if (host !== became && host !== was) continue;
      put(this.host, path, was);
      // Taking an apply back brings back the conflicts that it settled.
      put(this.common, path, last?.unsettled.get(path));
    }
  }
}

type Settling = "leave" | "ours" | "theirs";

function put(version: Version, path: string, content: string | undefined): void {
  if (content === undefined) version.delete(path);
  else version.set(path, content);
}

/** Returns a text with three places that differ, too far apart to be one hunk. */
function text(who: string, number: number): string {
  const places = [0, 1, 2].map((place) => `${who} ${(number >> place) & 1}\n`);
  return places.join(same);
}

const same = "the same\n".repeat(placeLines - 1);

function mix(one: string, other: string, takes: (place: number) => boolean): string {
  const [left, right] = [one.split(same), other.split(same)];
  return left.map((part, place) => (takes(place) ? right[place] : part)).join(same);
}

const names = ["a", "b", "c", "d/x", "d/y", "d/e/z"];
const path = fc.constantFrom(...names);
const settling = fc.constantFrom<Settling[]>("leave", "ours", "theirs");
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("user" as const),
      path,
      content: fc.option(fc.nat(7)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("program" as const),
      path,
      content: fc.option(fc.nat(7)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("user-clears" as const, "program-clears" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("import" as const),
      how: fc.oneof(settling, fc.constant("fresh" as const)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("apply" as const),
      how: settling,
      only: fc.option(fc.subarray(names)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("choose" as const),
      places: fc.array(fc.nat(7), { minLength: names.length, maxLength: names.length }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undo-apply" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const), back: fc.nat(5) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test("whatever user, program, imports, applies and undos do, both sides are as three versions tell, and nothing is lost", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), (steps) => {
      const start = text("first", 0);
      withLoop({ a: start, b: start, "d/x": start, "d/e/z": start }, (loop) => {
        const model = new Model();
        for (const side of [model.host, model.journal, model.common])
          for (const [name, content] of Object.entries(loop.outside())) side.set(name, content);
        for (const one of steps) {
          const before = new Map(model.host);
          take(loop, model, one);
          expect(loop.outside()).toEqual(Object.fromEntries(model.host));
          expect(loop.inside()).toEqual(Object.fromEntries(model.journal));
          expectNothingLost(loop, model, before, one);
          expectOffered(loop, model);
          model.states.push({
            seq: loop.recording.journal.head(),
            journal: new Map(model.journal),
          });
        }
      });
    }),
    { numRuns: Number(process.env["LOOP_RUNS"] ?? attempts(40)) },
  );
});

function take(loop: Loop, model: Model, one: Step): void {
  switch (one.kind) {
    case "user":
    case "program": {
      const side = one.kind === "user" ? model.host : model.journal;
      const content = one.content === null ? undefined : text(one.kind, one.content);
      if (content === undefined && !side.has(one.path)) return;
      if (one.kind === "user") loop.user({ [one.path]: content });
      else loop.program({ [one.path]: content });
      return put(side, one.path, content);
    }
    case "user-clears":
      rmSync(loop.at("d"), { recursive: true, force: true });
      return clear(model.host);
    case "program-clears":
      loop.change((recorder) => {
        for (const name of ["d/e/z", "d/x", "d/y", "d/e", "d"])
          if (lookup(loop.recording.fs.tree, `/in/${name}`) !== undefined)
            recorder.remove(`/in/${name}`);
      });
      return clear(model.journal);
    case "import":
      if (one.how === "fresh") loop.import({ from: "fresh" });
      else loop.import({ conflicts: one.how });
      return model.import(one.how);
    case "apply": {
      const { how, only } = one;
      const selects = (name: string) => only === null || only.includes(name);
      loop.apply({ conflicts: how, ...(only === null ? {} : { selects }) });
      return model.apply(how, selects);
    }
    case "choose": {
      const takes = (name: string, place: number) =>
        (((one.places[names.indexOf(name)] ?? 0) >> place) & 1) === 1;
      loop.choose((name, part) => takes(name, part.kind === "hunk" ? placeOf(part.hunk) : 0));
      return model.choose(takes);
    }
    case "undo-apply":
      if (model.applies.length > 0) loop.undoApply();
      return model.undoApply();
    case "restore": {
      const state = model.states.at(-1 - one.back);
      if (state === undefined) return;
      restore(loop.recording.fs, loop.recording.history, state.seq);
      model.journal = new Map(state.journal);
    }
  }
}

/** Returns which of the three places a hunk changes. */
function placeOf({ beforeStart, lines }: Hunk): number {
  const line = beforeStart - 1 + lines.findIndex(({ sign }) => sign !== " ");
  return Math.floor(line / placeLines);
}

function clear(version: Version): void {
  for (const name of version.keys()) if (name.startsWith("d/")) version.delete(name);
}

/** Checks that every content of the user's that another than the user removed is in the journal. */
function expectNothingLost(loop: Loop, model: Model, before: Version, { kind }: Step): void {
  if (kind !== "apply" && kind !== "choose" && kind !== "undo-apply") return;
  for (const [name, content] of before)
    if (model.host.get(name) !== content) expect(loop.everWas(name)).toContain(content);
}

function expectOffered(loop: Loop, model: Model): void {
  const { changes, conflicts } = loop.apply({ mode: "dry-run" });
  const offered = changes.filter(
    ({ type, change, host }) => type === "file" && change !== "times" && host !== "already",
  );
  const expected = model.offered();
  expect(offered.map(({ path: name }) => name).sort()).toEqual(expected.offered);
  expect(conflicts.map(({ path: name }) => name).sort()).toEqual(expected.conflicts);
  expect(existsSync(loop.host)).toBe(true);
}
