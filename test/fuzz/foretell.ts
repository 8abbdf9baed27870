import { Model, type ModelHandle } from "../support/model/model.ts";
import { type Call, mostFileBytes, slots } from "./calls.ts";

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

/** Sums up bytes as test/guests/preview1/calls.c does. */
function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => (Math.imul(hash, 31) + byte) >>> 0, 0);
}
