import {
  type Event,
  type Fact,
  type Ino,
  largestMode,
  type Name,
  type ProcessNumber,
  type RunNumber,
  type Seq,
  type TapePosition,
  hasBytes,
  promisedFrom,
} from "../../../journal/index.ts";

const largest = Number.MAX_SAFE_INTEGER;
const latest = (1n << 64n) - 1n;
const entry = {
  ino: 2 as Ino,
  path: "/d/ä\u{1F600}",
  parent: 1 as Ino,
  name: "ä\u{1F600}" as Name,
};
const far = {
  ino: largest as Ino,
  path: `/${"x".repeat(200)}`,
  parent: 128 as Ino,
  name: "x".repeat(200) as Name,
};
/** A name that is no UTF-8, in a directory whose name has a character that columns keep for themselves. */
const bytes = {
  ino: 130 as Ino,
  path: "/\u{10FEFF}/a\uDCFF\uDCC3",
  parent: 2 as Ino,
  name: "a\uDCFF\uDCC3" as Name,
};
const inode = { ino: 127 as Ino, path: '/it\'s "é"\n' };
const moved = { ...entry, toParent: 3 as Ino, toName: "b" as Name, to: "/e/b" };

/** Each kind with all that it can have and without what it can lack, with numbers and texts at their edges. */
const facts: readonly Fact[] = [
  { kind: "create", ...entry },
  { kind: "create", ...entry, mode: 0 },
  { kind: "create", ...far, mode: largestMode },
  { kind: "mkdir", ...entry },
  { kind: "mkdir", ...entry, mode: 0o755 },
  { kind: "symlink", ...entry, target: "" },
  { kind: "symlink", ...far, target: "../\u0000é\\" },
  { kind: "link", ...entry },
  { kind: "unlink", ...entry, kept: false },
  { kind: "unlink", ...entry, kept: true },
  { kind: "rmdir", ...entry, kept: false },
  { kind: "rmdir", ...far, kept: true },
  { kind: "rename", ...moved },
  { kind: "rename", ...moved, replaced: { ino: 9 as Ino, kept: false } },
  { kind: "rename", ...moved, ...far, replaced: { ino: largest as Ino, kept: true } },
  { kind: "write", ...inode, offset: 0, length: 1, tape: 0 as TapePosition },
  { kind: "write", ...inode, offset: largest, length: 16_384, tape: (2 ** 40) as TapePosition },
  { kind: "set-size", ...inode, size: 0 },
  { kind: "set-size", ...inode, size: largest },
  { kind: "set-times", ...inode },
  { kind: "set-times", ...inode, atime: 0n },
  { kind: "set-times", ...inode, mtime: latest },
  { kind: "set-times", ...inode, atime: 1n, mtime: 1_795_500_000_000_000_001n },
  { kind: "revert", ...inode, size: 0, extents: [] },
  {
    kind: "revert",
    ...inode,
    size: largest,
    extents: [
      { offset: 0, length: 1, tape: 0 as TapePosition },
      { offset: 128, length: largest, tape: "hole" },
      { offset: largest, length: 7, tape: (largest - 1) as TapePosition },
    ],
  },
  {
    kind: "run-start",
    cause: "guest",
    guest: "",
    args: [],
    environment: [],
    digest: "",
    limits: new Map(),
  },
  {
    kind: "run-start",
    cause: "import",
    guest: "../a folder/ü",
    args: ["", "-x", "\n"],
    environment: ["HOME", "__proto__"],
    digest: "00ff",
    limits: new Map([
      ["maxFiles", 0],
      ["maxSeconds", 0.1],
      ["maxFileBytes", largest],
      ["maxBytes", Number.POSITIVE_INFINITY],
    ]),
  },
  { kind: "run-end", exit: 0 },
  { kind: "run-end", exit: -1, reason: "" },
  { kind: "run-end", exit: largest, reason: "unreachable \u0001" },
  { kind: "mark", name: "before", at: 0 as Seq },
  { kind: "mark", name: "-é", at: largest as Seq },
  { kind: "fail", operation: "open-at", path: "", error: "not-permitted", count: 1 },
  { kind: "fail", operation: "write", path: "/a/../b", error: "any", count: largest, limit: "" },
  { kind: "fail", operation: "é", path: "/\0", error: "", count: 128, limit: "maxBytes" },
  { kind: "read", ...inode, offset: 0, length: 0 },
  { kind: "read", ...inode, offset: 127, length: largest },
  { kind: "open", ...inode },
  { kind: "set-mode", ...inode },
  { kind: "set-mode", ...inode, mode: 0o4_755 },
  {
    kind: "listing",
    ...inode,
    from: "/home/é",
    first: 300 as Ino,
    entries: 2,
    promised: 0,
    start: promisedFrom as TapePosition,
    length: 128,
    tape: 0 as TapePosition,
  },
  {
    kind: "listing",
    ino: 1 as Ino,
    path: "/",
    from: "",
    first: largest as Ino,
    entries: largest,
    promised: largest,
    start: (promisedFrom + 127) as TapePosition,
    length: 1,
    tape: 128 as TapePosition,
  },
  {
    kind: "fetch",
    path: '/a "b"',
    start: (promisedFrom + 1) as TapePosition,
    length: 127,
    tape: 300 as TapePosition,
  },
  { kind: "mknod", ...entry, type: "fifo" },
  { kind: "mknod", ...far, type: "socket", mode: 0o600, by: 127 as ProcessNumber },
  { kind: "exchange", ...moved, other: 9 as Ino },
  { kind: "exchange", ...moved, ...bytes, other: largest as Ino, by: 1 as ProcessNumber },
  { kind: "set-xattr", ...inode, attribute: "user.a", length: 0, tape: 0 as TapePosition },
  {
    kind: "set-xattr",
    ...inode,
    attribute: "user.\uDCFF",
    length: 300,
    tape: 7 as TapePosition,
    by: 128 as ProcessNumber,
  },
  {
    kind: "revert-xattr",
    ...inode,
    attribute: "user.a",
    length: 65_536,
    source: largest as TapePosition,
  },
  { kind: "remove-xattr", ...inode, attribute: "user.é", by: largest as ProcessNumber },
  { kind: "process", number: 1 as ProcessNumber, pid: 0, args: [] },
  {
    kind: "process",
    number: 300 as ProcessNumber,
    startedBy: 1 as ProcessNumber,
    pid: 4_194_304,
    args: ["/bin/sh", "-c", "", "\uDCFF\n"],
    started: latest,
    executable: "/bin/d\uDCE4sh",
  },
  { kind: "decision", operation: "open", path: "/a", rule: "", action: "allow" },
  {
    kind: "decision",
    operation: "unlink",
    path: "../\uDC80",
    rule: "never **/.git",
    action: "ask -> deny",
    answered: "é",
    by: 2 as ProcessNumber,
  },
  { kind: "create", ...bytes, by: 1 as ProcessNumber },
  { kind: "create", ...bytes, mode: 0o640, by: 2 as ProcessNumber },
  { kind: "symlink", ...entry, target: "\u{10FE80}\uDCFF" },
  {
    kind: "write",
    ...inode,
    offset: 1,
    length: 2,
    tape: 3 as TapePosition,
    by: 128 as ProcessNumber,
  },
  { kind: "fail", operation: "open", path: "a//b", error: "", count: 1, by: 5 as ProcessNumber },
  { kind: "open", ...inode, by: 1 as ProcessNumber },
  {
    kind: "run-start",
    cause: "guest",
    guest: "make",
    args: [],
    environment: [],
    digest: "",
    limits: new Map(),
    labels: new Map([
      ["turn", "7"],
      ["é", ""],
    ]),
  },
];

/** The last event of format 4 has the largest seq; those that came later have none between. */
const lastOfFormat4 = facts.findLastIndex(({ kind }) => kind === "set-mode");

/** An event, and how long the tape is after it. */
export interface Golden {
  readonly event: Event;
  readonly tapeAfter: number;
}

/** The same as events, one after another, with the tape as long as they say. */
export const goldenEvents: readonly Golden[] = facts.map((fact, index) => ({
  event: {
    ...fact,
    seq: (index === lastOfFormat4 ? largest : index + 1) as Seq,
    time: index === 0 ? 0n : 1_795_500_000_000_000_000n + BigInt(index),
    run: (fact.kind === "mark" ? 0 : 1 + index * 100) as RunNumber,
  },
  tapeAfter: hasBytes(fact) ? fact.tape + fact.length : index * 1_000,
}));
