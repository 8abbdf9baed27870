import { beforeAll, describe, expect, test } from "vitest";

import type { Aftermath, Attack } from "./attack.ts";
import { codes, printed, suffer } from "./attacks.ts";

const MiB = 1024 * 1024;

/** A flood that ends with a refusal: what is asked for, the limit that is hit, what the guest is told, and after how many. */
interface Flood extends Attack {
  readonly limit: string;
  readonly code: keyof typeof codes;
  readonly after: number;
}

const floods: Readonly<Record<string, Flood>> = {
  "written bytes": {
    args: ["fill", "100000"],
    limits: { bytes: 8 * MiB },
    limit: "bytes",
    code: "insufficient-space",
    after: 128,
  },
  "one large file": {
    args: ["grow-file", "100000"],
    limits: { "file-bytes": 8 * MiB },
    limit: "file-bytes",
    code: "file-too-large",
    after: 128,
  },
  "one large file, strictly": {
    args: ["grow-file", "100000"],
    profile: "strict",
    limit: "file-bytes",
    code: "file-too-large",
    after: 1024,
  },
  inodes: {
    args: ["inodes", "1000000"],
    limits: { inodes: 1_000 },
    limit: "inodes",
    code: "insufficient-space",
    after: 999,
  },
  "inodes, strictly": {
    args: ["inodes", "1000000"],
    profile: "strict",
    limit: "inodes",
    code: "insufficient-space",
    after: 9_999,
  },
  "entries of a directory": {
    args: ["inodes", "1000000"],
    limits: { "directory-entries": 500 },
    limit: "directory-entries",
    code: "insufficient-space",
    after: 500,
  },
  links: { args: ["links", "1000000"], limit: "links", code: "too-many-links", after: 999 },
  "links, strictly": {
    args: ["links", "1000000"],
    profile: "strict",
    limit: "links",
    code: "too-many-links",
    after: 99,
  },
  descriptors: {
    args: ["open-many", "1000000"],
    limits: { descriptors: 1_000 },
    limit: "descriptors",
    code: "insufficient-memory",
    after: 999,
  },
  "descriptors, strictly": {
    args: ["open-many", "1000000"],
    profile: "strict",
    limit: "descriptors",
    code: "insufficient-memory",
    after: 255,
  },
  streams: {
    args: ["streams", "1000000"],
    limits: { descriptors: 1_000 },
    limit: "descriptors",
    code: "insufficient-memory",
    after: 998,
  },
  "overwritten bytes": {
    args: ["storm", "100000"],
    limits: { "tape-bytes": 8 * MiB },
    limit: "tape-bytes",
    code: "quota",
    after: 128,
  },
  events: {
    args: ["swap-names", "100000"],
    limits: { events: 5_000 },
    limit: "events",
    code: "quota",
    after: 4_998,
  },
  "texts of events": {
    args: ["long-names", "100000"],
    limits: { "tape-bytes": MiB },
    limit: "tape-bytes",
    code: "quota",
    after: 11_096,
  },
  "trees hung below one another": {
    args: ["graft", "20"],
    limit: "path-bytes",
    code: "name-too-long",
    after: 5,
  },
};

describe("a flood of", () => {
  let aftermath: Readonly<Record<string, Aftermath>> = {};
  beforeAll(async () => {
    aftermath = await suffer(floods, 500);
  }, 120_000);

  test.each(Object.entries(floods))(
    "%s ends at the limit, with a code for the guest and a name in the journal",
    (name, { limit, code, after }) => {
      const after_ = aftermath[name];
      if (after_ === undefined) throw new Error(`no aftermath of ${name}`);
      expect(after_.outcome).toEqual({ kind: "exited", exit: 0 });
      expect(printed(after_)).toEqual([
        ["done", after],
        ["last", codes[code]],
      ]);
      expect(after_.fails.map(({ error, limit: hit }) => ({ error, limit: hit }))).toContainEqual({
        error: code,
        limit,
      });
    },
  );
});
