import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { defaultCacheFolder, distrustOf } from "../../src/run/index.ts";
import { openCache } from "../../src/run/translate/cache.ts";
import { type Ran, Workplace, guests, run } from "./support.ts";
import { some } from "../support/some.ts";

function entryOf(cacheFolder: string): string {
  const [entry = "none"] = readdirSync(cacheFolder);
  return join(cacheFolder, entry);
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** A cache with one guest in it, which two filled at once for all tests, under a umask that permits everything. */
const filled = new Workplace();
const filledFolder = filled.path("new/cache");
let fillers: readonly Ran[] = [];

beforeAll(async () => {
  const before = process.umask(0);
  try {
    fillers = await Promise.all(
      ["one.db", "other.db"].map((name) =>
        run(filled, guests.direct(), ["hello"], {
          cacheFolder: filledFolder,
          journal: filled.path(name),
        }),
      ),
    );
  } finally {
    process.umask(before);
  }
});

afterAll(() => filled[Symbol.dispose]());

/** Copies that cache, for a test to spoil. */
function filledCache(workplace: Workplace): string {
  const cacheFolder = workplace.path("cache");
  cpSync(filledFolder, cacheFolder, { recursive: true, preserveTimestamps: true });
  return cacheFolder;
}

describe("the cache of translated guests", () => {
  test("is filled once and used from then on", async () => {
    using workplace = new Workplace();
    const cacheFolder = filledCache(workplace);
    const before = statSync(join(entryOf(cacheFolder), "guest.mjs")).mtimeMs;
    await run(workplace, guests.direct(), ["hello"], { cacheFolder });
    expect(readdirSync(cacheFolder)).toHaveLength(1);
    expect(statSync(join(entryOf(cacheFolder), "guest.mjs")).mtimeMs).toBe(before);
  });

  test("is not needed for a program of preview 1", async () => {
    using workplace = new Workplace();
    const cacheFolder = workplace.path("cache");
    await run(workplace, guests.files, ["hello"], { cacheFolder });
    expect(existsSync(cacheFolder)).toBe(false);
  });

  test.each([
    [
      "a changed byte of code",
      "guest.mjs",
      (bytes: Uint8Array) => bytes.with(100, (bytes[100] ?? 0) ^ 1),
    ],
    ["a module cut short", "guest.core2.wasm", (bytes: Uint8Array) => bytes.slice(0, -1)],
    ["a manifest that is no JSON", "manifest.json", (bytes: Uint8Array) => bytes.slice(1)],
    [
      "a manifest of another shape",
      "manifest.json",
      () => Buffer.from('{"format": 3, "files": 3}'),
    ],
  ])("is not believed where it is damaged: %s", async (_name, file, damage) => {
    using workplace = new Workplace();
    const cacheFolder = filledCache(workplace);
    const entry = entryOf(cacheFolder);
    expect(await openCache(cacheFolder).read(basename(entry))).toBeDefined();
    writeFileSync(join(entry, file), damage(readFileSync(join(entry, file))));
    expect(await openCache(cacheFolder).read(basename(entry))).toBeUndefined();
  });

  test("is rebuilt where it is damaged", async () => {
    using workplace = new Workplace();
    const cacheFolder = filledCache(workplace);
    const damaged = join(entryOf(cacheFolder), "guest.core2.wasm");
    const sound = readFileSync(damaged);
    writeFileSync(damaged, sound.subarray(0, -1));

    const ran = await run(workplace, guests.direct(), ["hello"], { cacheFolder });

    expect(ran).toMatchObject({ stdout: "hello\n", notes: [] });
    expect(readFileSync(damaged).equals(sound)).toBe(true);
    expect(readdirSync(cacheFolder)).toHaveLength(1);
  });

  test.each(
    some([
      ["a file is in the way", (file: string) => join(file, "cache")],
      ["the system says that what exists does not", () => "/proc/self/cache"],
    ] as const),
  )("is done without where it cannot be written, and that is said: %s", async (_, folderFor) => {
    using workplace = new Workplace();
    const file = workplace.path("file");
    writeFileSync(file, "in the way");
    const ran = await run(workplace, guests.direct(), ["hello"], { cacheFolder: folderFor(file) });
    expect(ran.stdout).toBe("hello\n");
    expect(ran.notes).toEqual([expect.stringMatching(/^The translated guest cannot be kept in /)]);
  });

  test("is this user's alone, whatever the umask says", () => {
    const entry = entryOf(filledFolder);
    const folders = [filled.path("new"), filledFolder, entry];
    expect(folders.map(modeOf)).toEqual([0o700, 0o700, 0o700]);
    const files = readdirSync(entry).map((file) => modeOf(join(entry, file)));
    expect(new Set(files)).toEqual(new Set([0o600]));
  });

  test.each([
    ["others may write to it", (folder: string) => chmodSync(folder, 0o702), "other users may"],
    ["the group may write to it", (folder: string) => chmodSync(folder, 0o720), "other users may"],
    ["it belongs to another", (folder: string) => chownSync(folder, 65_534, 0), "it belongs to"],
  ])("is not trusted where %s", (name, change, why) => {
    // Only root can give a folder away.
    if (name.startsWith("it belongs") && process.getuid?.() !== 0) return;
    using workplace = new Workplace();
    expect(distrustOf(workplace.folder)).toBeUndefined();
    change(workplace.folder);
    expect(distrustOf(workplace.folder)).toContain(why);
  });

  test.each(some(["its folder", "its entry"]))(
    "is neither read nor written where %s is not trusted, and that is said",
    async (which) => {
      using workplace = new Workplace();
      const cacheFolder = filledCache(workplace);
      const entry = entryOf(cacheFolder);
      const forged = "export function instantiate() { throw new Error(); }";
      writeFileSync(join(entry, "guest.mjs"), forged);
      chmodSync(which === "its folder" ? cacheFolder : entry, 0o777);
      const ran = await run(workplace, guests.direct(), ["hello"], { cacheFolder });
      expect(ran.notes).toEqual([expect.stringContaining("other users may write to it")]);
      expect(ran.stdout).toBe("hello\n");
      expect(readFileSync(join(entry, "guest.mjs"), "utf8")).toBe(forged);
    },
  );

  test("lies where XDG_CACHE_HOME says, unless that is relative", () => {
    expect(defaultCacheFolder({ XDG_CACHE_HOME: "/elsewhere" })).toBe("/elsewhere/rewindfs");
    expect(defaultCacheFolder({ XDG_CACHE_HOME: "here" })).toMatch(/\/\.cache\/rewindfs$/);
  });

  test("survives two that fill it at once", () => {
    expect(fillers).toHaveLength(2);
    for (const ran of fillers) expect(ran).toMatchObject({ stdout: "hello\n", notes: [] });
    expect(readdirSync(filledFolder)).toHaveLength(1);
  });
});
