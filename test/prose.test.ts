import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;
const rooms = ["src", "journal", "tui", "bench", "docs", "examples", "test", ".ci"];

/** The beginning of a comment with a word of a question in the place of a verb or a noun. */
const riddle = /^\s*(?:\/\*\*|\/\/|\/\*\*?\n\s*\*) (?:What|Whether|Who|How|Where) /m;

test("no comment begins with a word of a question: it says what the code does, or what a value is", () => {
  const files = rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(room, name)),
  );
  expect(files.length).toBeGreaterThan(500);
  const riddles = files.filter((file) => riddle.test(readFileSync(join(root, file), "utf8")));
  expect(riddles).toEqual([]);
});
