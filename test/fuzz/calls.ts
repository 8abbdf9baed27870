import fc from "fast-check";

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

/** In the order of their numbers in test/guests/preview1/calls.c. */
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

/** Encodes the calls for test/guests/preview1/calls.c. */
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
