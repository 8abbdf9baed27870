import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

import { FsError } from "../../../src/fs/index.ts";
import { lookup, walk } from "../../../src/history/index.ts";
import { importDirectory } from "../../../src/host/index.ts";
import { type Loop, withLoop } from "../../support/loop.ts";
import { Random, seedOf } from "../../support/random.ts";

const paths = ["a", "b", "d", "d/x", "d/e", "d/e/y", "d/e/z", "g/k", "g", "d/n.log"];
/** Places of another folder in the first one. */
const places = ["d/other", "d/e/other", "g/other", "other"];

/** Changes of the user: contents, removals, moves, and one type of entry for another. */
const users: readonly ((at: string, to: string, content: string) => void)[] = [
  (at, _, content) => (mkdirSync(dirname(at), { recursive: true }), writeFileSync(at, content)),
  (at) => rmSync(at, { recursive: true }),
  (at, to) => renameSync(at, to),
  (at) => (rmSync(at, { recursive: true, force: true }), symlinkSync("a", at)),
  (at, _, content) => {
    const isDirectory = statSync(at).isDirectory();
    rmSync(at, { recursive: true });
    if (!isDirectory) mkdirSync(at);
    writeFileSync(isDirectory ? at : join(at, "x"), content);
  },
];

function user(loop: Loop, random: Random, content: string): void {
  try {
    random.pick(users)(loop.at(random.pick(paths)), loop.at(random.pick(paths)), content);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
  }
}

/** Does as much of a change of the program's as is possible. */
function program(loop: Loop, random: Random, content: string): void {
  const { fs } = loop.recording;
  const path = `/in/${random.pick(paths)}`;
  const kind = random.below(4);
  loop.change((recorder) => {
    const inode = lookup(fs.tree, path);
    const clear = () => {
      const inside = inode === undefined ? [] : [...walk(fs.tree, inode, path)];
      for (const one of inside.reverse()) if (one.path !== path) recorder.remove(one.path);
      if (inode !== undefined) recorder.remove(path);
    };
    try {
      if (kind === 0 && inode?.type === "file") recorder.truncate(path, 0);
      if (kind > 0) clear();
      if (kind === 2 || kind === 0) recorder.write(path, content);
      if (kind === 3) recorder.mkdir(path);
      if (kind === 3) recorder.write(`${path}/x`, content);
    } catch (error) {
      if (!(error instanceof FsError) && !String(error).includes(" is no")) throw error;
    }
  });
}

test("whatever becomes of folders, what came from elsewhere stays, and what the program made is kept and offered", () => {
  const seed = seedOf();
  const random = new Random(seed);
  for (let count = Number(process.env["LOOP_RUNS"] ?? 12); count > 0; count -= 1)
    withLoop({ a: "1", b: "2", "d/x": "3", "d/e/y": "4", "d/e/z": "5", "g/k": "6" }, (loop) => {
      const { fs, history } = loop.recording;
      const other = join(dirname(loop.host), "other");
      const place = random.pick(places);
      mkdirSync(other);
      writeFileSync(join(other, "o"), "elsewhere");
      importDirectory(fs, other, `/in/${place}`, { history });
      const told: string[] = [];
      const check = (isMet: boolean, what: string) =>
        void (isMet || expect.fail(`seed ${seed}: ${what}\n${told.join("\n")}`));
      const onHost = new Set<string>();
      for (let step = 0; step < 14; step += 1) {
        const [inside, outside] = [loop.inside(), loop.outside()];
        for (const content of Object.values(outside)) onHost.add(content);
        const kind = random.below(10);
        if (kind < 3) user(loop, random, `user ${step}`);
        else if (kind < 6) program(loop, random, `program ${step}`);
        else if (kind < 9 && lookup(fs.tree, "/in") !== undefined) {
          const how = random.pick(["leave", "leave", "ours", "theirs", "fresh"] as const);
          told.push(`import ${how}`);
          if (how === "fresh") loop.import({ from: "fresh" });
          else loop.import({ conflicts: how });
          expect(loop.outside()).toEqual(outside);
          const now = loop.inside();
          for (const [path, content] of Object.entries(inside)) {
            const isElsewhere = path.startsWith(`${place}/`);
            const isOwn = content.startsWith("program") && !onHost.has(content);
            if (isElsewhere || (isOwn && how === "leave"))
              check(now[path] === content, `${path} was ${content} and is ${now[path]}`);
          }
        } else {
          told.push("apply");
          loop.apply();
          expect(loop.inside()).toEqual(inside);
          check(!(`${place}/o` in loop.outside()), "it came to the wrong folder");
        }
        told.push(JSON.stringify({ kind, inside: loop.inside(), outside: loop.outside() }));
        for (const content of Object.values(loop.outside())) onHost.add(content);
        const { changes, conflicts, left } = loop.apply({ mode: "dry-run" });
        const offered = [...changes, ...conflicts, ...left].map(({ path }) => path);
        for (const [path, content] of Object.entries(loop.inside()))
          if (content.startsWith("program") && !onHost.has(content))
            check(
              path.startsWith(`${place}/`) ||
                offered.some((one) => path === one || path.startsWith(`${one}/`)),
              `${path} is not offered`,
            );
      }
    });
});
