/** All limits, with the names that `--limit NAME=VALUE` takes. */
export const limitNames = [
  "bytes",
  "file-bytes",
  "inodes",
  "directory-entries",
  "links",
  "name-bytes",
  "path-bytes",
  "link-depth",
  "descriptors",
  "call-bytes",
  "tape-bytes",
  "events",
  "seconds",
  "memory",
  "output-bytes",
  "processes",
] as const;

/** The name of a limit. */
export type LimitName = (typeof limitNames)[number];

/**
 * The resources that a guest may use. `bytes` counts stored bytes (holes are free), `file-bytes` a file's size.
 * `tape-bytes` and `events` count what one run adds to the journal: its written bytes, separately the texts in its
 * events (as many again, but at least 16 MiB), and its events. `memory` is the guest's linear memory in bytes,
 * `output-bytes` its printed output, `seconds` wall time. 0 seconds means no limit. `processes` counts those of a native
 * program, with their threads; a guest starts none.
 */
export type Limits = Readonly<Record<LimitName, number>>;

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;

/** The limits that `--limits` names: "default", and "strict" for programs that should do little. */
export const profiles = {
  default: {
    bytes: 64 * GiB,
    "file-bytes": 16 * TiB,
    inodes: 1_000_000,
    "directory-entries": 1_000_000,
    links: 1_000,
    "name-bytes": 255,
    "path-bytes": 4_096,
    "link-depth": 40,
    descriptors: 16_384,
    "call-bytes": 64 * MiB,
    "tape-bytes": 64 * GiB,
    events: 100_000_000,
    seconds: 0,
    memory: 4 * GiB,
    "output-bytes": 64 * GiB,
    processes: 4_096,
  },
  strict: {
    bytes: 256 * MiB,
    "file-bytes": 64 * MiB,
    inodes: 10_000,
    "directory-entries": 10_000,
    links: 100,
    "name-bytes": 255,
    "path-bytes": 1_024,
    "link-depth": 10,
    descriptors: 256,
    "call-bytes": 4 * MiB,
    "tape-bytes": 512 * MiB,
    events: 1_000_000,
    seconds: 60,
    memory: 512 * MiB,
    "output-bytes": 64 * MiB,
    processes: 64,
  },
} as const satisfies Record<string, Limits>;

export type ProfileName = keyof typeof profiles;

/** Bounds the mapped bytes of all files: each 64 KiB take memory, even if few bytes describe them. */
export const mostMapped = 2 ** 40;

/** Allows every tree, for events of runs whose limits are unknown. */
export const noLimits: Limits = {
  bytes: Infinity,
  "file-bytes": Infinity,
  inodes: Infinity,
  "directory-entries": Infinity,
  links: Infinity,
  "name-bytes": Infinity,
  "path-bytes": Infinity,
  "link-depth": Infinity,
  descriptors: Infinity,
  "call-bytes": Infinity,
  "tape-bytes": Infinity,
  events: Infinity,
  seconds: 0,
  memory: Infinity,
  "output-bytes": Infinity,
  processes: Infinity,
};
