import * as fc from "fast-check";
import { expect, test } from "vitest";

import { FsError } from "../../../src/fs/index.ts";
import { bisect, compareText, lookup, page, readdir, walk } from "../../../src/history/index.ts";
import type { Seq } from "../../../journal/index.ts";
import { openRecording } from "../../support/recording.ts";
import { anyCharacter } from "../../support/any-character.ts";

test("a path leads through links, and to a link or what it names as asked", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.mkdir("/a");
    recorder.mkdir("/a/b");
    recorder.write("/a/b/file", "content");
    recorder.symlink("/link", "a/b");
    recorder.symlink("/a/up", "../link/file");
    recorder.symlink("/loop", "loop");
    recorder.symlink("/dangling", "nowhere");
  });
  const tree = history.at(journal.head());
  const type = (path: string, finalLink: "follow" | "keep" = "keep") =>
    lookup(tree, path, finalLink)?.type;
  expect(type("/")).toBe("directory");
  expect(type("/a/./b//file")).toBe("file");
  expect(type("/a/b/../..")).toBe("directory");
  expect(type("/../a")).toBe("directory");
  expect(type("/link")).toBe("symlink");
  expect(type("/link", "follow")).toBe("directory");
  expect(type("/link/")).toBe("directory");
  expect(type("/link/file")).toBe("file");
  expect(type("/a/up", "follow")).toBe("file");
  expect(type("/a/b/file/")).toBeUndefined();
  expect(type("/a/b/file/more")).toBeUndefined();
  expect(type("/loop", "follow")).toBeUndefined();
  expect(type("/dangling", "follow")).toBeUndefined();
  expect(type("/missing")).toBeUndefined();
});

test("names come in the order of their bytes", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: anyCharacter }),
      (left, right) => {
        const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareText(left, right))).toBe(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a walk of any depth visits a directory before what it holds", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/b", "");
    recorder.mkdir("/a");
    recorder.mkdir("/a/a");
    recorder.write("/a/c", "");
    recorder.write("/a-b", "");
    let path = "/deep";
    for (let depth = 0; depth < 700; depth += 1) {
      recorder.mkdir(path);
      path += "/d";
    }
  });
  const tree = history.at(journal.head());
  const root = lookup(tree, "/");
  if (root === undefined) throw new Error("there is no root");
  const paths = [...walk(tree, root, "/")].map(({ path }) => path);
  expect(paths.slice(0, 7)).toEqual(["/", "/a", "/a/a", "/a/c", "/a-b", "/b", "/deep"]);
  expect(paths).toHaveLength(7 + 699);
  expect(readdir(tree, root).map(({ name }) => name)).toEqual(["a", "a-b", "b", "deep"]);
});

test("a past state answers as an object, whatever happens after it", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.mkdir("/d");
    recorder.write("/d/file", "before");
    recorder.symlink("/link", "d/file");
  });
  const state = history.state("@");
  recorder.run("guest", [], () => recorder.write("/d/file", "after!"));
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  expect(text(state.readFile("/link"))).toBe("before");
  expect(text(state.readFile("/d/file", 2, 4))).toBe("fo");
  expect(state.stat("/link", "keep")).toMatchObject({ type: "symlink", target: "d/file" });
  expect(state.stat("/link")).toMatchObject({ type: "file", size: 6, links: 1 });
  expect(state.readdir("/").map(({ name }) => name)).toEqual(["d", "link"]);
  expect(state.exists("/nothing")).toBe(false);
  expect(() => state.readFile("/d")).toThrow(FsError);
  expect(() => state.readdir("/d/file")).toThrow("not-directory");
  expect(() => state.stat("/nothing")).toThrow("no-entry");
  expect(text(history.state("@").readFile("/d/file"))).toBe("after!");
  expect(state.seq).toBeLessThan(journal.head());
});

test("pages of a log are the whole log, and stay good while it grows", () => {
  const { recorder, journal } = openRecording();
  recorder.run("guest", [], () => {
    for (let turn = 0; turn < 20; turn += 1) recorder.write("/file", `${turn}`);
  });
  const kinds = new Set(["write"] as const);
  const all = [...journal.query({ kinds })].map(({ seq }) => seq);
  const paged: Seq[] = [];
  let first: Seq | undefined;
  do {
    const { events, next } = page(journal, { kinds, ...(first === undefined ? {} : { first }) }, 6);
    paged.push(...events.map(({ seq }) => seq));
    first = next;
    recorder.mark("while paging");
  } while (first !== undefined);
  expect(paged).toEqual(all);
});

test("bisection finds the first event after which something does not hold, in few questions", async () => {
  let questions = 0;
  const found = await bisect(0 as Seq, 1_000_000 as Seq, async (seq) => {
    questions += 1;
    return seq < 654_321;
  });
  expect(found).toBe(654_321);
  expect(questions).toBeLessThanOrEqual(20);
});
