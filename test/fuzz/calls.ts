import fc from "fast-check";

import { Model, type ModelHandle } from "../support/model.ts";

/** One call of preview 1, on numbered descriptors: 0 is the preopen, the others are slots for opened ones. */
export type Call =
  | {
      readonly kind: "open";
      readonly base: number;
      readonly into: number;
      /** Bits: 1 follow, 2 create, 4 directory, 8 exclusive, 16 truncate, 32 read, 64 write. */
      readonly flags: number;
      readonly path: string;
    }
  | {
      readonly kind: "write";
      readonly base: number;
      readonly offset: number;
      readonly count: number;
      readonly byte: number;
    }
  | {
      readonly kind: "read";
      readonly base: number;
      readonly offset: number;
      readonly count: number;
    }
  | { readonly kind: "set-size"; readonly base: number; readonly size: number }
  | {
      readonly kind: "mkdir" | "rmdir" | "unlink" | "readlink";
      readonly base: number;
      readonly path: string;
    }
  | {
      readonly kind: "rename" | "link";
      readonly base: number;
      readonly path: string;
      readonly second: number;
      readonly other: string;
    }
  | {
      readonly kind: "symlink";
      readonly base: number;
      readonly path: string;
      readonly target: string;
    }
  | { readonly kind: "stat"; readonly base: number; readonly flags: number; readonly path: string }
  | { readonly kind: "list"; readonly base: number }
  /** Base of a seek: the beginning, the position, the end, and an invalid one. */
  | { readonly kind: "seek"; readonly base: number; readonly from: number; readonly delta: number }
  /** At the descriptor's position. */
  | {
      readonly kind: "write-next";
      readonly base: number;
      readonly count: number;
      readonly byte: number;
    }
  | { readonly kind: "read-next"; readonly base: number; readonly count: number };

/** In the order of their numbers in test/guests/calls.c. */
const kinds = [
  "open",
  "write",
  "read",
  "set-size",
  "mkdir",
  "rmdir",
  "unlink",
  "rename",
  "link",
  "symlink",
  "readlink",
  "stat",
  "list",
  "seek",
  "write-next",
  "read-next",
] as const satisfies Call["kind"][];

/** Few, so that most are in use. */
export const slots = 4;
export const mostFileBytes = 200_000;

const base = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(slots - 1) },
);
const segment = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("a", "b", "c", "d") },
  { weight: 1, arbitrary: fc.constantFrom(".", "..", "__proto__", "ü") },
);
const path = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(
        fc.array(segment, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("", "", "", "", "/"),
      )
      .map(([segments, end]) => segments.join("/") + end),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "/", "/a", "..", "../a", "a//b", ".") },
);
const offset = fc.oneof(
  fc.nat(400),
  fc.integer({ min: 65_400, max: 65_700 }),
  fc.constantFrom(2 ** 31, 2 ** 32 - 1),
);
const count = fc.oneof(fc.nat(100), fc.constantFrom(0, 4_095, 4_096, 4_097, 65_535));
const flags = fc.nat(127);

export const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("open" as const),
      base,
      into: fc.integer({ min: 1, max: slots - 1 }),
      flags,
      path,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      base: fc.nat(slots - 1),
      offset,
      count,
      byte: fc.nat(255),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      base: fc.nat(slots - 1),
      offset,
      count,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("set-size" as const),
      base: fc.nat(slots - 1),
      size: offset,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "mkdir" as const,
        "mkdir" as const,
        "rmdir" as const,
        "unlink" as const,
        "readlink" as const,
      ),
      base,
      path,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("rename" as const, "rename" as const, "link" as const),
      base,
      path,
      second: base,
      other: path,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("symlink" as const), base, path, target: path }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("stat" as const), base, flags: fc.nat(1), path }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("list" as const), base }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("seek" as const),
      base: fc.nat(slots - 1),
      from: fc.nat(3),
      delta: fc.oneof(
        fc.integer({ min: -300, max: 300 }),
        fc.integer({ min: 65_400, max: 65_700 }),
        fc.constantFrom(-(2 ** 31), 2 ** 31 - 1),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("write-next" as const),
      base: fc.nat(slots - 1),
      // The adapter splits larger writes, and keeps the parts that succeeded before a refusal.
      count: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(4_095, 4_096)),
      byte: fc.nat(255),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("read-next" as const),
      base: fc.nat(slots - 1),
      count,
    }),
  },
);

/** Encodes the calls for test/guests/calls.c. */
export function spell(calls: readonly Call[]): Uint8Array {
  return Buffer.concat(
    calls.map((one) => Buffer.concat([Buffer.from([kinds.indexOf(one.kind)]), argumentsOf(one)])),
  );
}

function argumentsOf(one: Call): Buffer {
  switch (one.kind) {
    case "open":
      return Buffer.concat([Buffer.from([one.base, one.into - 1, one.flags]), text(one.path)]);
    case "write":
      return Buffer.concat([
        Buffer.from([one.base]),
        number(one.offset, 4),
        number(one.count, 2),
        Buffer.from([one.byte]),
      ]);
    case "read":
      return Buffer.concat([Buffer.from([one.base]), number(one.offset, 4), number(one.count, 2)]);
    case "set-size":
      return Buffer.concat([Buffer.from([one.base]), number(one.size, 4)]);
    case "rename":
    case "link":
      return Buffer.concat([
        Buffer.from([one.base]),
        text(one.path),
        Buffer.from([one.second]),
        text(one.other),
      ]);
    case "symlink":
      return Buffer.concat([Buffer.from([one.base]), text(one.path), text(one.target)]);
    case "stat":
      return Buffer.concat([Buffer.from([one.base, one.flags]), text(one.path)]);
    case "mkdir":
    case "rmdir":
    case "unlink":
    case "readlink":
      return Buffer.concat([Buffer.from([one.base]), text(one.path)]);
    case "list":
      return Buffer.from([one.base]);
    case "seek":
      return Buffer.concat([Buffer.from([one.base, one.from]), number(one.delta >>> 0, 4)]);
    case "write-next":
      return Buffer.concat([
        Buffer.from([one.base]),
        number(one.count, 2),
        Buffer.from([one.byte]),
      ]);
    case "read-next":
      return Buffer.concat([Buffer.from([one.base]), number(one.count, 2)]);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function number(value: number, size: 2 | 4): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

/** The numbers that preview 1 has for the codes of preview 2. */
const numbers = new Map([
  ["bad-descriptor", 8],
  ["exist", 20],
  ["file-too-large", 22],
  ["invalid", 28],
  ["is-directory", 31],
  ["loop", 32],
  ["no-entry", 44],
  ["not-directory", 54],
  ["not-empty", 55],
  ["not-permitted", 63],
]);
const types = { directory: 3, "regular-file": 4, "symbolic-link": 7 } as const;

/** Returns the guest's expected output for each call, by the model. */
export function foretell(calls: readonly Call[]): string[] {
  const model = new Model(0n, mostFileBytes);
  const root = { node: model.root, readOnly: false, reads: true, writes: false, position: 0 };
  const open: (Opened | undefined)[] = Array.from({ length: slots });
  open[0] = root;
  return calls.map((one) => {
    try {
      return ["0", ...answer(model, open, one)].join(" ");
    } catch (code) {
      if (typeof code !== "string") throw code;
      return String(numbers.get(code) ?? code);
    }
  });
}

/** A descriptor and its position. */
type Opened = ModelHandle & { position: number };

function answer(model: Model, open: (Opened | undefined)[], one: Call): (string | number)[] {
  const held = (slot: number): Opened => {
    const handle = open[slot];
    // oxlint-disable-next-line no-throw-literal -- as the model does
    if (handle === undefined) throw "bad-descriptor";
    return handle;
  };
  // The adapter checks both before the host is asked.
  const file = (slot: number): Opened => {
    const handle = held(slot);
    // oxlint-disable-next-line no-throw-literal -- as the model does
    if (handle.node.type !== "regular-file") throw "bad-descriptor";
    return handle;
  };
  const directory = (slot: number): ModelHandle => {
    const handle = held(slot);
    // oxlint-disable-next-line no-throw-literal -- as the model does
    if (handle.node.type !== "directory") throw "not-directory";
    return handle;
  };
  switch (one.kind) {
    case "open": {
      const handle = open[one.base];
      open[one.into] = undefined;
      // oxlint-disable-next-line no-throw-literal -- the base may be the one that was closed to make room
      if (handle === undefined || one.base === one.into) throw "bad-descriptor";
      const bit = (value: number): boolean => (one.flags & value) !== 0;
      const opened = model.open(
        handle,
        bit(1),
        one.path,
        { create: bit(2), directory: bit(4), exclusive: bit(8), truncate: bit(16) },
        { read: bit(32), write: bit(64) },
      );
      open[one.into] = { ...opened, position: 0 };
      return [];
    }
    case "write":
      return [
        model.write(held(one.base), new Uint8Array(one.count).fill(one.byte), BigInt(one.offset)),
      ];
    case "read": {
      const bytes = model.read(held(one.base), BigInt(one.count), BigInt(one.offset));
      return [bytes.length, sumOf(bytes)];
    }
    case "set-size":
      model.setSize(held(one.base), BigInt(one.size));
      return [];
    case "mkdir":
      model.makeDirectory(held(one.base), one.path);
      return [];
    case "rmdir":
      model.removeDirectory(held(one.base), one.path);
      return [];
    case "unlink":
      model.unlink(held(one.base), one.path);
      return [];
    case "rename":
      model.rename(directory(one.base), one.path, directory(one.second), one.other);
      return [];
    case "link":
      model.link(directory(one.base), one.path, directory(one.second), one.other);
      return [];
    case "symlink":
      model.symlink(held(one.base), one.target, one.path);
      return [];
    case "readlink":
      return [model.readlink(held(one.base), one.path)];
    case "stat": {
      const base = held(one.base);
      const { type, links, size } = model.statAt(base, one.flags === 1, one.path) as {
        readonly type: keyof typeof types;
        readonly links: number;
        readonly size: number;
      };
      return [types[type], links, size];
    }
    case "list":
      return model.list(held(one.base)).map((entry) => {
        const [name, type] = entry as [string, keyof typeof types];
        return `${types[type]}:${name}`;
      });
    case "seek": {
      const handle = file(one.base);
      const { size } = model.stat(handle.node) as { readonly size: number };
      const start = [0, handle.position, size][one.from];
      // oxlint-disable-next-line no-throw-literal -- as the model does
      if (start === undefined || start + one.delta < 0) throw "invalid";
      handle.position = start + one.delta;
      return [handle.position];
    }
    case "write-next": {
      const handle = file(one.base);
      const bytes = new Uint8Array(one.count).fill(one.byte);
      const written = Number(model.write(handle, bytes, BigInt(handle.position)));
      handle.position += written;
      return [written];
    }
    case "read-next": {
      const handle = file(one.base);
      const bytes = model.read(handle, BigInt(one.count), BigInt(handle.position));
      handle.position += bytes.length;
      return [bytes.length, sumOf(bytes)];
    }
  }
}

/** Sums up bytes as test/guests/calls.c does. */
function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => (Math.imul(hash, 31) + byte) >>> 0, 0);
}
