import type { Translation } from "./translate.ts";

/** Most bytes of a translation: many times the largest known component's. */
const mostBytes = 1024 * 1024 * 1024;
const mostFiles = 10_000;

/**
 * Collects a translation that a process sends: first the list of its parts, then its files, the glue first, in pieces.
 * Throws RangeError for bytes that are no translation.
 */
export function parseTranslated(head: Buffer): {
  put(piece: Uint8Array): void;
  /** Returns the translation once all of it is there. */
  translation(): Translation | undefined;
} {
  const { imports, entry, files } = parseHead(head);
  const contents: Uint8Array<ArrayBuffer>[] = files.map(({ bytes }) => new Uint8Array(bytes));
  let file = 0;
  let at = 0;
  const skip = (): void => {
    while (file < contents.length && at === contents[file]?.length) {
      file += 1;
      at = 0;
    }
  };
  skip();
  return {
    put(piece) {
      const target = contents[file];
      if (target === undefined || at + piece.length > target.length)
        throw new RangeError("more than a translation was said to hold");
      target.set(piece, at);
      at += piece.length;
      skip();
    },
    translation() {
      if (file < contents.length) return undefined;
      const [glue = new Uint8Array(), ...rest] = contents;
      const modules = new Map(rest.map((bytes, index) => [files[index + 1]?.name ?? "", bytes]));
      return { glue, modules, imports, entry };
    },
  };
}

function parseHead(head: Buffer): {
  readonly imports: readonly string[];
  readonly entry: string | undefined;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
} {
  const value: unknown = JSON.parse(head.toString("utf8"));
  if (typeof value !== "object" || value === null) throw new RangeError("no translation");
  const { imports, entry, files } = value as Record<string, unknown>;
  if (!isTexts(imports) || !Array.isArray(files) || files.length < 1 || files.length > mostFiles)
    throw new RangeError("no translation");
  const listed = files.map((file: unknown, index) => {
    const { name, bytes } = (file ?? {}) as Record<string, unknown>;
    const isName = typeof name === "string" && (index === 0 ? name === "" : moduleName.test(name));
    if (!isName || !Number.isSafeInteger(bytes) || Number(bytes) < 0)
      throw new RangeError("no file of a translation");
    return { name, bytes: Number(bytes) };
  });
  if (listed.reduce((sum, { bytes }) => sum + bytes, 0) > mostBytes)
    throw new RangeError("a translation that is too large");
  return { imports, entry: typeof entry === "string" ? entry : undefined, files: listed };
}

/** jco's names of core modules. */
const moduleName = /^[A-Za-z0-9_-]{1,100}(?:\.[A-Za-z0-9_-]{1,100})*\.wasm$/;

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
