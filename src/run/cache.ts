import { hash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Translation } from "./translate.ts";

const format = 1;
const glueFile = "guest.mjs";
const manifestFile = "manifest.json";

/** A translation as it is found in the cache. */
export interface CachedTranslation extends Omit<Translation, "glue"> {
  /** URL of the glue's file. */
  readonly glue: string;
}

/** A folder of translated guests, keyed by the guest's digest and what translated it. */
export interface TranslationCache {
  /** The translation, or undefined when it is absent or damaged. */
  read(key: string, guest: Uint8Array): Promise<CachedTranslation | undefined>;
  /** Stores a translation, whole or not at all. Throws what the file system throws. */
  write(key: string, guest: Uint8Array, translation: Translation): Promise<void>;
}

interface Manifest {
  readonly format: number;
  readonly entry: string | null;
  readonly imports: readonly string[];
  /** SHA-256 by file name. A file whose digest is the guest's own is not stored twice. */
  readonly files: readonly {
    readonly name: string;
    readonly digest: string;
    readonly stored: "here" | "guest";
  }[];
}

/** $XDG_CACHE_HOME/rewindfs, by default ~/.cache/rewindfs. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  // XDG Base Directory Specification: relative paths are to be ignored.
  return join(
    base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"),
    "rewindfs",
  );
}

/** The key of a guest's translation; also the name of its folder. */
export function cacheKey(guestDigest: string, translator: string): string {
  return hash("sha256", `format ${format}\n${translator}\n${guestDigest}`);
}

export function openCache(folder: string): TranslationCache {
  return {
    async read(key, guest) {
      const at = join(folder, key);
      const manifest = parseManifest(await readIfThere(join(at, manifestFile)));
      if (manifest === undefined) return undefined;
      const files = await Promise.all(
        manifest.files.map(async (file) => {
          if (file.stored === "guest") return [file.name, guest] as const;
          const bytes = await readIfThere(join(at, file.name));
          return bytes !== undefined && hash("sha256", bytes) === file.digest
            ? ([file.name, bytes] as const)
            : undefined;
        }),
      );
      if (files.some((file) => file === undefined)) return undefined;
      const modules = new Map(
        files.filter((file) => file !== undefined).filter(([name]) => name !== glueFile),
      );
      const glue = pathToFileURL(join(at, glueFile)).href;
      return { glue, modules, imports: manifest.imports, entry: manifest.entry ?? undefined };
    },

    async write(key, guest, translation) {
      const guestDigest = hash("sha256", guest);
      const files = [[glueFile, translation.glue] as const, ...translation.modules].map(
        ([name, bytes]) => {
          const digest = hash("sha256", bytes);
          return {
            name,
            bytes,
            digest,
            stored: digest === guestDigest ? ("guest" as const) : ("here" as const),
          };
        },
      );
      const manifest: Manifest = {
        format,
        entry: translation.entry ?? null,
        imports: translation.imports,
        files: files.map(({ name, digest, stored }) => ({ name, digest, stored })),
      };
      const temporary = join(folder, `${key}.${randomUUID()}`);
      await mkdir(temporary, { recursive: true });
      try {
        for (const file of files) {
          if (file.stored === "here") await writeFile(join(temporary, file.name), file.bytes);
        }
        await writeFile(join(temporary, manifestFile), JSON.stringify(manifest));
        await replace(temporary, join(folder, key));
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        throw error;
      }
    },
  };
}

/** A folder cannot be renamed onto one that holds something, so a damaged entry is moved away first. */
async function replace(temporary: string, final: string): Promise<void> {
  const old = `${temporary}.old`;
  await rename(final, old).catch(ignoreMissing);
  try {
    await rename(temporary, final);
  } catch (error) {
    // Another process was faster: its entry is as good as ours.
    if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
    await rm(temporary, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
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

/** What cannot be read is not in the cache: it is built again. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error) || !("syscall" in error)) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
