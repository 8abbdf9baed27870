import { beforeAll, describe, expect, test } from "vitest";

import { some } from "../support/some.ts";
import { type Aftermath, type Attack } from "./attack.ts";
import { codes, printed, suffer } from "./attacks.ts";

const strict = { profile: "strict" } as const;
/** A program of preview 1, which has its own way to the host. */
const preview1 = { guest: "preview1/hostile-preview1" } as const;

/** Attacks that end with a trap: the guest broke a rule that has no error code, or hoards objects that have none. */
const traps = {
  "streams' pollables": [
    { args: ["stream-pollables", "1000000"], ...strict },
    "too many pollables",
  ],
  "clocks' pollables": [{ args: ["clock-pollables", "1000000"], ...strict }, "too many pollables"],
  "stdin's pollables": [{ args: ["stdin-pollables", "1000000"], ...strict }, "too many pollables"],
  "handles of stdout": [{ args: ["stdouts", "1000000"], ...strict }, "too many handles"],
  "errors of streams": [{ args: ["stream-errors", "1000000"], ...strict }, "too many handles"],
  "header fields": [
    { guest: "preview2/hostile-http", args: ["headers", "1000000"], ...strict },
    "too much of wasi:http",
  ],
  "lists of header fields": [
    { guest: "preview2/hostile-http", args: ["header-fields", "1000000"], ...strict },
    "too much of wasi:http",
  ],
  "a poll of ten million": [{ args: ["poll-long", "10000000"] }, "poll of more than there can be"],
  "a name that is no text": [{ args: ["bad-encoding", "0"] }, "a string that is not UTF-8"],
  "half a character": [{ args: ["bad-encoding", "1"] }, "a string that is not UTF-8"],
  "half a surrogate pair": [{ args: ["bad-encoding", "2"] }, "a string that is not UTF-8"],
  "a slash spelled too long": [{ args: ["bad-encoding", "3"] }, "a string that is not UTF-8"],
  "handle 0": [{ args: ["forge", "0"] }, "unknown handle 0"],
  "a handle never given": [{ args: ["forge", "1"] }, "unknown handle 123456"],
  "a negative handle": [{ args: ["forge", "2"] }, "unknown handle -1"],
  "a file for a stream": [{ args: ["forge", "4"] }, "unknown handle 2"],
  "an unknown second directory": [{ args: ["forge", "5"] }, "unknown handle 0"],
  "a write after close": [{ args: ["forge", "6"] }, "unknown handle 2"],
  "a handle dropped twice": [{ args: ["forge", "7"] }, "unknown handle index 5"],
  "an unknown other": [{ args: ["forge", "8"] }, "unknown handle 0"],
  "a stream that was dropped": [{ args: ["forge", "9"] }, "unknown handle 2"],
  "a file for an input": [{ args: ["forge", "11"] }, "unknown handle 2"],
  "a handle beyond the table": [{ args: ["forge", "12"] }, "unknown handle 1073741824"],
  "a handle that wraps around": [{ args: ["forge", "13"] }, "unknown handle -2147483647"],
  "a path beyond memory": [{ args: ["pointers", "0"] }, outside()],
  "a path as long as memory": [{ args: ["pointers", "1"] }, outside()],
  "bytes beyond memory": [{ args: ["pointers", "2"] }, outside()],
  "bytes as many as memory": [{ args: ["pointers", "3"] }, outside()],
  "a result beyond memory": [{ args: ["pointers", "4"] }, outside()],
  "a result at the last byte": [{ args: ["pointers", "5"] }, outside()],
  "memory lent beyond memory": [{ args: ["pointers", "6"] }, outside()],
  "a print from beyond memory": [{ args: ["pointers", "8"] }, outside()],
  "a new name beyond memory": [{ args: ["pointers", "9"] }, outside()],
  "a poll from beyond memory": [{ args: ["pointers", "10"] }, "poll of more than there can be"],
  "a tebibyte of random bytes": [
    { args: ["pointers", "12"] },
    "more random bytes than a memory holds",
  ],
  "all zeroes there are": [
    { args: ["pointers", "13"] },
    "write-zeroes of more than check-write permitted",
  ],
  "a stream for beyond memory": [{ args: ["pointers", "14"] }, outside()],
  "a link to beyond memory": [{ args: ["pointers", "15"] }, outside()],
  "a file opened for beyond memory": [{ args: ["pointers", "16"] }, outside()],
  "a path over the end of memory": [{ ...preview1, args: ["pointers", "0"] }, outside()],
  "a descriptor for beyond memory": [{ ...preview1, args: ["pointers", "1"] }, outside()],
  "a path of 2^32 - 1 bytes": [{ ...preview1, args: ["pointers", "2"] }, outside()],
  "a place over the end of memory": [{ ...preview1, args: ["pointers", "3"] }, outside()],
  "a place of 2^32 - 1 bytes": [{ ...preview1, args: ["pointers", "4"] }, outside()],
  "a list of places over the end": [{ ...preview1, args: ["pointers", "5"] }, outside()],
  "a list of places at a negative pointer": [{ ...preview1, args: ["pointers", "6"] }, outside()],
  "a stat for over the end of memory": [{ ...preview1, args: ["pointers", "7"] }, outside()],
  "entries for more than memory": [{ ...preview1, args: ["pointers", "8"] }, outside()],
  "a wait for 67 million things": [{ ...preview1, args: ["pointers", "9"] }, outside()],
  "chance for more than memory": [{ ...preview1, args: ["pointers", "10"] }, outside()],
  "a recursion without end": [
    { ...preview1, args: ["deeper"] },
    "Maximum call stack size exceeded",
  ],
} as const satisfies Readonly<Record<string, readonly [Attack, string]>>;

function outside(): string {
  return "a pointer outside of memory";
}

const kinds = Object.groupBy(Object.entries(traps), ([, [, reason]]) =>
  /^(?:unknown handle|a pointer outside)/.test(reason) ? "forged" : "other",
);
const chosen = [...some(kinds.forged ?? [], 6), ...some(kinds.other ?? [])];

describe("a guest that passes or hoards", () => {
  let aftermath: Readonly<Record<string, Aftermath>> = {};
  beforeAll(async () => {
    aftermath = await suffer(
      Object.fromEntries(chosen.map(([name, [attack]]): [string, Attack] => [name, attack])),
      500,
    );
  }, 120_000);

  test.each(chosen)("%s is trapped", (name, [, reason]) => {
    const left = aftermath[name];
    expect(left?.outcome).toMatchObject({ kind: "trapped", exit: 134, reason });
    expect(left?.reason).toBe(reason);
  });
});

const attacks = {
  names: { args: ["names"] },
  encodings: { args: ["encodings"] },
  sparse: { args: ["sparse"] },
  prototypes: { args: ["prototypes"] },
  maze: { args: ["maze", "30"] },
  cycles: { args: ["cycles"] },
  closed: { args: ["closed"] },
  readLong: { args: ["read-long"] },
  reentrant: { args: ["pointers", "7"] },
  deep: { args: ["deep", "100000"] },
  listings: { args: ["listings", "1000000"], ...strict },
  refused: { args: ["refused", "50000"] },
  inTurn: { args: ["refused-in-turn", "50000"] },
  anew: { args: ["refused-anew", "20000"], limits: { events: 1_000 } },
  loop: { guest: "preview1/files", args: ["spin"], limits: { seconds: 0.3 } },
  calls: { args: ["stat-forever"], limits: { seconds: 0.3 } },
  memory: { guest: "preview1/files", args: ["grow", "8192"], limits: { memory: 64 * 1024 * 1024 } },
  openMany: { ...preview1, args: ["open-many", "1000000"], ...strict },
  listingsAtOnce: { ...preview1, args: ["listings", "1000000"], ...strict },
  renumber: { ...preview1, args: ["renumber", "200000"], ...strict },
  places: { ...preview1, args: ["vectors", "1000000"] },
  longPath: { ...preview1, args: ["long-path", "100000000"] },
  stats: { ...preview1, args: ["stat-forever"], limits: { seconds: 0.3 } },
} as const satisfies Readonly<Record<string, Attack>>;

const endless = ["loop", "calls", "stats"] as const;
const chosenEndless = some(endless);
const isLeftOut = (name: string): boolean =>
  endless.some((one) => one === name && !chosenEndless.includes(one));

describe("a guest that tries", () => {
  let left: Readonly<Record<keyof typeof attacks, Aftermath>>;
  beforeAll(async () => {
    left = await suffer(
      Object.fromEntries(
        Object.entries(attacks).filter(([name]) => !isLeftOut(name)),
      ) as typeof attacks,
      500,
    );
  }, 120_000);
  const told = (name: keyof typeof attacks): number[] =>
    printed(left[name]).map(([, number]) => number);

  test("names and paths of up to 64 MiB is told that they are too long, and the journal keeps little of them", () => {
    const { ok, "name-too-long": tooLong, "no-entry": missing } = codes;
    const short = [ok, missing, ok];
    const long = [tooLong, missing, ok];
    expect(told("names")).toEqual([short, long, long, Array(12).fill(tooLong)].flat());
    expect(left.names.fails).toContainEqual(
      expect.objectContaining({ operation: "open-at", limit: "path-bytes" }),
    );
    expect(left.names.fails).toContainEqual(
      expect.objectContaining({ operation: "create-directory-at", limit: "name-bytes" }),
    );
  });

  test("a NUL in a name is refused, and other characters are not", () => {
    expect(told("encodings")).toEqual([codes.invalid, codes.ok]);
  });

  test("files of 2^31 to 2^64 bytes gets holes that cost nothing, or the code that POSIX has", () => {
    const { ok, "file-too-large": tooLarge, invalid } = codes;
    const far = [ok, ok, ok + 2];
    const beyond = [tooLarge, tooLarge, ok];
    const first = [invalid, tooLarge, ok];
    const last = [invalid, tooLarge, invalid];
    expect(told("sparse")).toEqual([far, far, far, beyond, beyond, beyond, first, last].flat());
    expect(left.sparse.fails).toContainEqual(
      expect.objectContaining({ error: "file-too-large", limit: "file-bytes" }),
    );
  });

  test("the names of Object.prototype gets files of these names", () => {
    expect(told("prototypes")).toEqual(Array.from({ length: 29 }, () => codes.ok));
    expect(left.prototypes.fails).toEqual([]);
  });

  test("links in circles and mazes is told of the loop, and links out of its tree lead nowhere", () => {
    const { ok, loop, "not-permitted": no } = codes;
    expect(told("maze")).toEqual([ok, loop, loop, loop, ok, no]);
    expect(left.maze.fails).toContainEqual(
      expect.objectContaining({ error: "loop", limit: "link-depth" }),
    );
    expect(left.maze.fails).toContainEqual(expect.objectContaining({ error: "not-permitted" }));
  });

  test("directories that contain themselves gets none", () => {
    const { ok, invalid } = codes;
    expect(told("cycles")).toEqual([Array(5).fill(invalid), ok, ok, invalid].flat());
  });

  test("what is gone can use what it holds open, and nothing more", () => {
    const { ok, "no-entry": gone, "not-permitted": no } = codes;
    expect(told("closed")).toEqual([ok, ok, gone, gone, no]);
  });

  test("reads of 2^64 bytes gets 64 KiB", () => {
    expect(told("readLong")).toEqual([65_536, codes.invalid, 65_536, 0]);
  });

  test("calls from inside a call leaves the tree and the journal as one", () => {
    expect(left.reentrant.outcome).toEqual({ kind: "exited", exit: 0 });
  });

  test("a tree deeper than a path can tell is told so", () => {
    expect(told("deep")).toEqual([codes["name-too-long"]]);
    expect(left.deep.fails).toContainEqual(expect.objectContaining({ limit: "path-bytes" }));
  });

  test("more listings than it may hold is refused one", () => {
    expect(told("listings")).toEqual([155, codes["insufficient-memory"]]);
  });

  test("what is refused again and again makes one event of it, and of several in turn one each", () => {
    expect(left.refused.fails).toMatchObject([{ error: "no-entry", count: 50_000 }]);
    expect(left.inTurn.fails).toMatchObject(
      Array.from({ length: 4 }, () => ({ error: "no-entry", count: 12_500 })),
    );
  });

  test("what is refused each time anew is told until its events are used up, and counted from then on", () => {
    expect(left.anew.events).toBeLessThan(1_010);
    expect(left.anew.fails.at(-1)).toMatchObject({ operation: "any", limit: "events" });
    expect(left.anew.fails.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  });

  test("to hold more descriptors than it may is told so, and renumbers what it has as often as it likes", () => {
    expect(left.openMany.stdout).toBe("opened: 255\nerror: 48\n");
    expect(left.openMany.fails.at(-1)).toMatchObject({ limit: "descriptors" });
    expect(left.renumber.stdout).toBe("renumbered: 200000\nerror: 0\n");
  });

  test("to hold more listings by descriptor than it may is refused one", () => {
    expect(left.listingsAtOnce.stdout).toBe("listed: 20\nerror: 48\n");
  });

  test("to write from a million places, or to a path of 100 MB, is told so", () => {
    expect(left.places.stdout).toBe("places: 1000000\nerror: 28\n");
    expect(left.longPath.stdout).toBe("bytes: 100000000\nerror: 37\n");
  });

  test.each(chosenEndless)("an endless %s is stopped when its time is up", (name) => {
    expect(left[name].outcome).toEqual({ kind: "stopped", exit: 124, reason: "timeout" });
    expect(left[name].reason).toBe("timeout");
    expect(left[name].milliseconds).toBeLessThan(10_000);
  });

  test("to take all memory gets what the limit leaves", () => {
    expect(left.memory.stdout).toMatch(/^taken: [56]\d MiB\n$/);
  });
});
