import { hash, randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { makeFolder } from "./cache-folder.ts";
import type { Translation } from "./translate.ts";

/** 2: the glue's shape was checked, and its handle tables have a limit. */
const format = 3;
const glueFile = "guest.mjs";
const manifestFile = "manifest.json";
/** Cached files are executed: nobody else may write them. */
const mode = 0o600;

/** A folder of translated guests, keyed by the guest's digest and the translator's version. */
export interface TranslationCache {
  /** Returns the translation, or undefined if it is absent or damaged. */
  read(key: string): Promise<Translation | undefined>;
  /** Stores a translation, whole or not at all. Throws the file system's errors. */
  write(key: string, translation: Translation): Promise<void>;
}

interface Manifest {
  readonly format: number;
  readonly entry: string | null;
  readonly imports: readonly string[];
  /** SHA-256 by file name. */
  readonly files: readonly { readonly name: string; readonly digest: string }[];
}

/** Returns the key of a guest's translation; also the name of its folder. */
export function cacheKey(guestDigest: string, translator: string): string {
  return hash("sha256", `format ${format}\n${translator}\n${guestDigest}`);
}

export function openCache(folder: string): TranslationCache {
  const read: TranslationCache["read"] = async (key) => {
    const at = join(folder, key);
    const manifest = parseManifest(await readIfThere(join(at, manifestFile)));
    if (manifest === undefined) return undefined;
    const files = await Promise.all(
      manifest.files.map(async (file) => {
        const bytes = await readIfThere(join(at, file.name));
        return bytes !== undefined && hash("sha256", bytes) === file.digest
          ? ([file.name, bytes] as const)
          : undefined;
      }),
    );
    if (files.some((file) => file === undefined)) return undefined;
    const [[, glue] = [glueFile, new Uint8Array()], ...modules] = files.filter(
      (file) => file !== undefined,
    );
    return {
      glue,
      modules: new Map(modules),
      imports: manifest.imports,
      entry: manifest.entry ?? undefined,
    };
  };

  return {
    read,
    async write(key, translation) {
      const files = [[glueFile, translation.glue] as const, ...translation.modules];
      const manifest: Manifest = {
        format,
        entry: translation.entry ?? null,
        imports: translation.imports,
        files: files.map(([name, bytes]) => ({ name, digest: hash("sha256", bytes) })),
      };
      const temporary = join(folder, `${key}.${randomUUID()}`);
      makeFolder(temporary);
      try {
        for (const [name, bytes] of files) await writeFile(join(temporary, name), bytes, { mode });
        await writeFile(join(temporary, manifestFile), JSON.stringify(manifest), { mode });
        await put(temporary, join(folder, key), async () => (await read(key)) !== undefined);
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        throw error;
      }
    },
  };
}

/**
 * Moves a folder to its place, unless a whole one is there: another process was faster, and its entry is as good as
 * ours, and perhaps being read. A damaged one is moved away first: a folder cannot be renamed onto one that is not
 * empty.
 */
async function put(
  temporary: string,
  final: string,
  isWhole: () => Promise<boolean>,
): Promise<void> {
  if (await isMoved(temporary, final)) return;
  if (!(await isWhole())) {
    const old = `${temporary}.old`;
    await rename(final, old).catch(ignoreMissing);
    const isOurs = await isMoved(temporary, final);
    await rm(old, { recursive: true, force: true });
    if (isOurs) return;
  }
  await rm(temporary, { recursive: true, force: true });
}

/** Moves the folder; returns false if something stands there. */
async function isMoved(temporary: string, final: string): Promise<boolean> {
  try {
    await rename(temporary, final);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function readIfThere(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

function parseManifest(bytes: Uint8Array | undefined): Manifest | undefined {
  if (bytes === undefined) return undefined;
  try {
    const manifest: Partial<Manifest> = JSON.parse(new TextDecoder().decode(bytes));
    const whole =
      manifest.format === format &&
      manifest.entry !== undefined &&
      Array.isArray(manifest.imports) &&
      Array.isArray(manifest.files);
    return whole ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Ignores an error of reading: an unreadable entry is built again. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error) || !("syscall" in error)) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
