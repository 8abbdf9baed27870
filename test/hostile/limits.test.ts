import { beforeAll, describe, expect, test } from "vitest";

import type { LimitName, Limits } from "../../src/fs/index.ts";
import { scale } from "../support/scale.ts";
import type { Aftermath, Attack } from "./attack.ts";
import { codes, printed, suffer } from "./attacks.ts";

const MiB = 1024 * 1024;
const strict = { profile: "strict" } as const;

function lowered(limits: Partial<Limits>): Partial<Attack> {
  return { limits };
}

/**
 * A guest's repeated call, the limit that it hits, the error that it gets, and the number of successful calls before.
 */
type Flood = readonly [
  args: string,
  limit: LimitName,
  code: keyof typeof codes,
  after: number,
  options?: Partial<Attack>,
];

const floods: Readonly<Record<string, Flood>> = {
  "written bytes": ["fill", "bytes", "insufficient-space", 128, lowered({ bytes: 8 * MiB })],
  "one large file": ["grow-file", "file-bytes", "file-too-large", 1_024, strict],
  inodes: ["inodes", "inodes", "insufficient-space", 9_999, strict],
  "entries of a directory": [
    "inodes",
    "directory-entries",
    "insufficient-space",
    500,
    lowered({ "directory-entries": 500 }),
  ],
  links: ["links", "links", "too-many-links", 999],
  "links, strictly": ["links", "links", "too-many-links", 99, strict],
  descriptors: ["open-many", "descriptors", "insufficient-memory", 16_383],
  "descriptors, strictly": ["open-many", "descriptors", "insufficient-memory", 255, strict],
  streams: ["streams", "descriptors", "insufficient-memory", 254, strict],
  "overwritten bytes": ["storm", "tape-bytes", "quota", 128, lowered({ "tape-bytes": 8 * MiB })],
  events: ["swap-names", "events", "quota", 4_999, lowered({ events: 5_000 })],
  "texts of events": ["long-names", "tape-bytes", "quota", 11_096, lowered({ "tape-bytes": MiB })],
  "trees hung below one another": ["graft", "path-bytes", "name-too-long", 5],
};

/** With the limits of the profiles: some take a minute. */
const largeFloods: Readonly<Record<string, Flood>> = {
  "written bytes, strictly": ["fill", "bytes", "insufficient-space", 4_096, strict],
  "overwritten bytes, strictly": ["storm", "tape-bytes", "quota", 8_192, strict],
  "events, strictly": ["swap-names", "events", "quota", 999_999, strict],
  "a million files": ["inodes", "inodes", "insufficient-space", 999_999],
};

describe("a flood of", () => {
  const all = Object.entries({ ...floods, ...(scale > 1 ? largeFloods : {}) });
  let aftermath: Readonly<Record<string, Aftermath>> = {};
  beforeAll(
    async () => {
      const attacks = all.map(([name, [what, , , , options]]): [string, Attack] => [
        name,
        { args: [what, what === "graft" ? "20" : "10000000"], ...options },
      ]);
      aftermath = await suffer(Object.fromEntries(attacks), scale > 1 ? 1_500 : 500);
    },
    scale > 1 ? 900_000 : 120_000,
  );

  test.each(all)(
    "%s ends at the limit, with a code for the guest and a name in the journal",
    (name, [, limit, code, after]) => {
      const left = aftermath[name];
      if (left === undefined) throw new Error(`no aftermath of ${name}`);
      expect(left.outcome).toEqual({ kind: "exited", exit: 0 });
      expect(printed(left)).toEqual([
        ["done", after],
        ["last", codes[code]],
      ]);
      expect(left.fails).toContainEqual(expect.objectContaining({ error: code, limit }));
    },
  );
});

/** Single calls that ask too much, and the limit. */
const excesses = {
  "a long name": [["names"], "name-bytes", "name-too-long"],
  "a long path": [["names"], "path-bytes", "name-too-long"],
  "a deep tree": [["deep", "100000"], "path-bytes", "name-too-long"],
  "a maze of links": [["maze", "60"], "link-depth", "loop"],
  "a sparse giant": [["sparse"], "file-bytes", "file-too-large"],
} as const satisfies Readonly<Record<string, readonly [string[], LimitName, keyof typeof codes]>>;

// The profile "default" has the same in guests.test.ts.
describe("in the profile strict", () => {
  let aftermath: Readonly<Record<string, Aftermath>> = {};
  beforeAll(async () => {
    // Some of them are one attack.
    const attacks = Object.values(excesses).map(([args]): [string, Attack] => [
      args.join(" "),
      { args, ...strict },
    ]);
    aftermath = await suffer(Object.fromEntries(attacks), 500);
  }, 120_000);

  test.each(Object.entries(excesses))("%s is refused by name", (_, [args, limit, error]) => {
    const left = aftermath[args.join(" ")];
    expect(left?.outcome).toEqual({ kind: "exited", exit: 0 });
    expect(left?.fails).toContainEqual(expect.objectContaining({ error, limit }));
  });
});
