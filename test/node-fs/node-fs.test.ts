import { once } from "node:events";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type OpenFileSystem, openFileSystem, undo } from "../../src/index.ts";
import { liveFs, pastFs } from "../../src/node-fs/index.ts";

function tapeLength({ journal }: OpenFileSystem): number {
  return journal.tapeLength(journal.head());
}

test("each change outside of a run is a run of its own, and a call that fails is none", () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.mkdirSync("/a");
  fs.writeFileSync("/a/x", "one");
  expect(() => fs.mkdirSync("/a")).toThrow("EEXIST: file already exists, mkdir '/a'");
  expect(() => fs.unlinkSync("/none")).toThrow("ENOENT");
  expect(() => fs.rmdirSync("/a")).toThrow("ENOTEMPTY");
  fs.cpSync("/a", "/b", { recursive: true });
  fs.rmSync("/a", { recursive: true });
  const runs = files.journal.runs().map(({ start, end }) => [start.guest, end?.exit]);
  expect(runs).toEqual([
    ["mkdir /a", 0],
    ["open /a/x", 0],
    ["cp /b", 0],
    ["rm /a", 0],
  ]);
  undo(files);
  expect(fs.readFileSync("/a/x", "utf8")).toBe("one");
});

test("a run lasts until its promise is settled", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  await files.run("turn 1", async () => {
    await fs.promises.mkdir("/src");
    await fs.promises.writeFile("/src/a.txt", "one");
    await using handle = await fs.promises.open("/src/b.txt", "w+");
    await handle.write("two and");
    await handle.write(" three");
    expect((await handle.stat()).size).toBe(13);
    await fs.promises.unlink("/src/b.txt");
    // It has no name any more, and lives as long as it is open.
    expect((await handle.read(Buffer.alloc(3), 0, 3, 4)).buffer.toString()).toBe("and");
  });
  await expect(files.run("turn 2", () => fs.promises.rm("/none"))).rejects.toThrow("ENOENT");
  expect(files.journal.runs().map(({ start, end }) => [start.guest, end?.exit])).toEqual([
    ["turn 1", 0],
    ["turn 2", 1],
  ]);
  expect(fs.readdirSync("/src")).toEqual(["a.txt"]);
});

test("a run that cannot begin, or fails over a name that is none, does not stop the next", () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  expect(() => files.run("\ud800", () => fs.mkdirSync("/a"))).toThrow("half a surrogate pair");
  expect(() => files.run("a name", () => fs.mkdirSync("/\ud800"))).toThrow("EINVAL");
  files.run("next", () => fs.mkdirSync("/b"));
  expect(files.journal.runs().map(({ start, end }) => [start.guest, end?.exit])).toEqual([
    ["a name", 1],
    ["next", 0],
  ]);
});

test("a past state reads as it was, and refuses changes with EROFS", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.writeFileSync("/a", "old");
  fs.writeFileSync("/a", "new");
  const past = pastFs(files, "run:1");
  expect(past.readFileSync("/a", "utf8")).toBe("old");
  expect(fs.readFileSync("/a", "utf8")).toBe("new");
  for (const change of [
    () => past.writeFileSync("/a", ""),
    () => past.mkdirSync("/b"),
    () => past.rmSync("/a"),
    () => past.openSync("/a", "r+"),
    () => past.accessSync("/a", past.constants.W_OK),
    () => past.chmodSync("/a", 0o600),
  ])
    expect(change).toThrow(expect.objectContaining({ code: "EROFS" }));
  const pieces: unknown[] = [];
  for await (const piece of past.createReadStream("/a", { encoding: "utf8", highWaterMark: 2 }))
    pieces.push(piece);
  expect(pieces).toEqual(["ol", "d"]);
});

test("streams, callbacks and promisified calls give what those of node:fs give", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  await files.run("stream", async () => {
    const stream = fs.createWriteStream("/s");
    stream.write("one ");
    stream.end("two");
    await once(stream, "close");
  });
  expect(await promisify(fs.readFile)("/s", "utf8")).toBe("one two");
  const fd = await promisify(fs.open)("/s", "r");
  expect(await promisify(fs.read)(fd, Buffer.alloc(3), 0, 3, 4)).toMatchObject({ bytesRead: 3 });
  fs.closeSync(fd);
  const [error, isThere] = await new Promise<[unknown, unknown]>((resolve) =>
    fs.stat("/none", (failure, stats) => resolve([failure, stats])),
  );
  expect([(error as NodeJS.ErrnoException).code, isThere]).toEqual(["ENOENT", undefined]);
  expect(() => fs.stat("/none", undefined as never)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
  );
});

test("a copy names the bytes that are there, and writes none", () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.writeFileSync("/large", Buffer.alloc(1_000_000, "x"));
  const before = tapeLength(files);
  fs.copyFileSync("/large", "/copy");
  expect(tapeLength(files)).toBe(before);
  expect(fs.readFileSync("/copy").equals(fs.readFileSync("/large"))).toBe(true);
  expect(() => fs.copyFileSync("/large", "/copy", fs.constants.COPYFILE_EXCL)).toThrow("EEXIST");
});

test("watchers tell of changes below their path", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.mkdirSync("/a/b", { recursive: true });
  const told: unknown[] = [];
  const watcher = fs.watch("/a", { recursive: true }, (type, name) => told.push([type, name]));
  fs.writeFileSync("/a/b/x", "1");
  fs.renameSync("/a/b/x", "/y");
  await new Promise((resolve) => setImmediate(resolve));
  watcher.close();
  fs.writeFileSync("/a/late", "1");
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([
    ["rename", "b/x"],
    ["change", "b/x"],
    ["rename", "b/x"],
  ]);
  const control = new AbortController();
  const names: unknown[] = [];
  const watching = (async () => {
    for await (const { filename } of fs.promises.watch("/a", { signal: control.signal })) {
      names.push(filename);
      control.abort();
    }
  })();
  fs.writeFileSync("/a/next", "");
  await expect(watching).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  expect(names).toEqual(["next"]);
});

test("what a watcher ignores is not told: globs, expressions and tests, at any depth", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.mkdirSync("/a/node_modules", { recursive: true });
  const told: unknown[] = [];
  const ignore = ["*.log", /\.tmp$/, (name: string) => name.startsWith("."), "**/node_modules/**"];
  // Node.js 24 has no such option yet, and its types have none.
  const options: object = { recursive: true, ignore };
  const watcher = fs.watch("/a", options);
  watcher.on("change", (_, name) => told.push(name));
  for (const name of ["x.log", "y.tmp", ".z", "node_modules/p", "kept"])
    fs.writeFileSync(`/a/${name}`, "");
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(["kept"]);
  watcher.close();
  for (const wrong of [123, "", [""], [1]])
    expect(() => fs.watch("/a", { ignore: wrong } as object)).toThrow(TypeError);
  expect(() => fs.watch("/none")).toThrow(expect.objectContaining({ filename: "/none" }));
});

test("watchFile tells of a file that comes, changes and goes, and no more when it is unwatched", async () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  const told: [number, number][] = [];
  const watcher = fs.watchFile("/a", { persistent: false }, (now, before) =>
    told.push([now.size, before.size]),
  );
  const soon = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await soon();
  fs.writeFileSync("/a", "one");
  await soon();
  // Changes that come together are told together; one of another file is not told.
  fs.appendFileSync("/a", "two");
  fs.appendFileSync("/a", "3");
  fs.writeFileSync("/b", "");
  await soon();
  fs.unlinkSync("/a");
  await soon();
  expect(told).toEqual([
    [0, 0],
    [3, 0],
    [7, 3],
    [0, 7],
  ]);
  const stopped = once(watcher, "stop");
  fs.unwatchFile("/a");
  await stopped;
  fs.writeFileSync("/a", "");
  await soon();
  expect(told).toHaveLength(4);
});

test("the real path of a file with several names has the one that was asked for", () => {
  using files = openFileSystem(":memory:");
  const fs = liveFs(files);
  fs.mkdirSync("/d");
  fs.writeFileSync("/d/one", "");
  fs.linkSync("/d/one", "/two");
  fs.symlinkSync("../two", "/d/link");
  const asked = ["/d/one", "/two", "/d/link", "/d", "/"];
  expect(asked.map((path) => fs.realpathSync(path))).toEqual(["/d/one", "/two", "/two", "/d", "/"]);
});
