import {
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  statSync,
  chmodSync,
  symlinkSync,
} from "node:fs";
import { expect, test } from "vitest";

import { lookup, undo } from "../../../src/history/index.ts";
import { type Offer, applyToHost, offersToApply } from "../../../src/host/index.ts";
import { type Loop, withLoop } from "../../support/loop.ts";
import { lines } from "./support.ts";

const offersOf = (loop: Loop): readonly Offer[] => {
  const { journal, history } = loop.recording;
  return offersToApply(history, journal.head(), loop.host).offers;
};

const told = (loop: Loop) =>
  offersOf(loop).map(({ path, parts, within }) => [
    path,
    parts.map(({ kind }) => kind).join(" "),
    ...(within === undefined ? [] : [`in ${within.path}`]),
  ]);

test("of a text one hunk is taken, and the other stays offered", () => {
  withLoop({ a: lines() }, (loop) => {
    loop.program({ a: lines([2, "two"], [25, "late"]) });
    const { changes } = loop.choose((_, part) => part.kind === "hunk" && part.hunk.beforeStart < 9);
    expect(changes).toMatchObject([{ path: "a", extent: "part", host: "changes" }]);
    expect(loop.outside()).toEqual({ a: lines([2, "two"]) });
    expect(loop.inside()).toEqual({ a: lines([2, "two"], [25, "late"]) });
    expect(told(loop)).toEqual([["a", "hunk"]]);
    expect(loop.choose(() => true).changes).not.toMatchObject([{ extent: "part" }]);
    expect(loop.outside()).toEqual(loop.inside());
    expect(told(loop)).toEqual([]);
  });
});

test("what was taken in part is no conflict for an import, and a change of the user's on top of it is merged from there", () => {
  withLoop({ a: lines() }, (loop) => {
    loop.program({ a: lines([2, "two"], [25, "late"]) });
    loop.choose((_, part) => part.kind === "hunk" && part.hunk.beforeStart < 9);
    expect(loop.import().conflicts).toEqual([]);
    loop.user({ a: lines([2, "two"], [12, "mine"]) });
    expect(loop.import().conflicts).toMatchObject([{ path: "a" }]);
    expect(loop.apply({ conflicts: "merge" }).resolved).toEqual(["a"]);
    expect(loop.outside()).toEqual({ a: lines([2, "two"], [12, "mine"], [25, "late"]) });
  });
});

test("an apply of a part is taken back, and all of it is offered again", () => {
  withLoop({ a: lines() }, (loop) => {
    loop.program({ a: lines([2, "two"], [25, "late"]) });
    loop.choose((_, part) => part.kind === "hunk" && part.hunk.beforeStart < 9);
    expect(loop.undoApply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: lines() });
    expect(told(loop)).toEqual([["a", "hunk hunk"]]);
    loop.choose((_, part) => part.kind === "hunk" && part.hunk.beforeStart > 9);
    loop.apply();
    expect(loop.undoApply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: lines([25, "late"]) });
  });
});

test("what a person wrote in the place of a hunk is recorded, and what the program wrote stays offered", () => {
  withLoop({ a: lines() }, (loop) => {
    loop.program({ a: lines([2, "two"]) });
    const { fs, history } = loop.recording;
    const [offer] = offersOf(loop);
    const [part] = offer?.parts ?? [];
    if (offer === undefined || part?.kind !== "hunk") throw new Error("no hunk");
    const typed = Buffer.from(lines([2, "mine"]).split("\n").slice(0, 6).join("\n") + "\n");
    applyToHost(fs, history, loop.host, { chosen: [{ offer, taken: [{ ...part, typed }] }] });
    expect(loop.outside()).toEqual({ a: lines([2, "mine"]) });
    expect(loop.everWas("a")).toContain(lines([2, "mine"]));
    const [rest] = offersOf(loop)[0]?.parts ?? [];
    const signed = rest?.kind === "hunk" ? rest.hunk.lines : [];
    expect(signed.filter(({ sign }) => sign !== " ").map(({ text }) => text)).toEqual([
      "mine",
      "two",
    ]);
  });
});

test("additions, deletions, links, modes, other types and what is no text are one question each", () => {
  withLoop(
    { gone: "gone", bin: "\0a", kind: "file", mode: "same", both: lines(), "d/only": "x" },
    (loop) => {
      for (const name of ["mode", "both"]) chmodSync(loop.at(name), 0o644);
      loop.import();
      loop.program({
        gone: undefined,
        bin: "\0b",
        kind: undefined,
        new: "new",
        both: lines([1, "x"]),
      });
      loop.change((recorder) => {
        recorder.mkdir("/in/kind");
        recorder.write("/in/kind/x", "x");
        recorder.mkdir("/in/empty");
        recorder.remove("/in/d/only");
        recorder.remove("/in/d");
        const { fs } = loop.recording;
        for (const path of ["/in/mode", "/in/both"])
          fs.perform({ kind: "set-mode", ino: lookup(fs.tree, path)?.ino ?? fail(), mode: 0o755 });
      });
      expect(told(loop)).toEqual([
        ["bin", "content"],
        ["both", "mode hunk"],
        ["d/only", "deletion"],
        ["empty", "addition"],
        ["gone", "deletion"],
        ["kind", "type"],
        ["mode", "mode"],
        ["new", "addition"],
      ]);
      const first = new Set(["mode", "type"]);
      loop.choose((_, { kind }) => first.has(kind));
      expect(statSync(loop.at("mode")).mode & 0o777).toBe(0o755);
      expect(statSync(loop.at("both")).mode & 0o777).toBe(0o755);
      expect(loop.outside()).toEqual({
        gone: "gone",
        bin: "\0a",
        "kind/x": "x",
        mode: "same",
        both: lines(),
        "d/only": "x",
      });
      expect(told(loop)).toEqual([
        ["bin", "content"],
        ["both", "hunk"],
        ["d/only", "deletion"],
        ["empty", "addition"],
        ["gone", "deletion"],
        ["new", "addition"],
      ]);
      loop.choose((path) => path !== "empty");
      expect(existsSync(loop.at("empty"))).toBe(false);
      expect(loop.outside()).toEqual(loop.inside());
      expect(existsSync(loop.at("d"))).toBe(false);
      loop.choose(() => true);
      expect(lstatSync(loop.at("empty")).isDirectory()).toBe(true);
      expect(told(loop)).toEqual([]);
    },
  );
});

test("a link that leads elsewhere is one question", () => {
  withLoop({ one: "1", two: "2" }, (loop) => {
    symlinkSync("one", loop.at("link"));
    loop.import();
    loop.change((recorder) => {
      recorder.remove("/in/link");
      recorder.symlink("/in/link", "two");
    });
    expect(told(loop)).toEqual([["link", "link"]]);
    loop.choose(() => true);
    expect(readlinkSync(loop.at("link"))).toBe("two");
  });
});

test("a hunk is taken without the new mode of its file, and the mode later", () => {
  withLoop({ both: lines() }, (loop) => {
    chmodSync(loop.at("both"), 0o640);
    loop.import();
    loop.program({ both: lines([1, "x"]) });
    loop.change(() => {
      const { fs } = loop.recording;
      fs.perform({
        kind: "set-mode",
        ino: lookup(fs.tree, "/in/both")?.ino ?? fail(),
        mode: 0o755,
      });
    });
    loop.choose((_, { kind }) => kind === "hunk");
    expect(loop.outside()).toEqual({ both: lines([1, "x"]) });
    expect(statSync(loop.at("both")).mode & 0o777).toBe(0o640);
    expect(told(loop)).toEqual([["both", "mode"]]);
    loop.choose(() => true);
    expect(statSync(loop.at("both")).mode & 0o777).toBe(0o755);
  });
});

test("a rename is one question, of a directory too, and what was edited in it is asked by hunks", () => {
  withLoop({ "d/same": "same", "d/edited": lines(), "f.txt": lines(), "d/stays": "x" }, (loop) => {
    loop.change((recorder) => {
      recorder.rename("/in/d", "/in/e");
      recorder.rename("/in/f.txt", "/in/g.txt");
    });
    loop.program({ "e/edited": lines([1, "x"], [25, "y"]), "g.txt": lines([1, "x"], [25, "y"]) });
    expect(told(loop)).toEqual([
      ["e", "rename"],
      ["e/edited", "hunk hunk", "in e"],
      ["g.txt", "rename hunk hunk"],
    ]);
    loop.choose((_, { kind }) => kind === "hunk");
    expect(loop.outside()).toEqual({
      "d/same": "same",
      "d/edited": lines(),
      "f.txt": lines(),
      "d/stays": "x",
    });
    loop.choose((_, part) => part.kind !== "hunk" || part.hunk.beforeStart < 9);
    expect(loop.outside()).toEqual({
      "e/same": "same",
      "e/edited": lines([1, "x"]),
      "g.txt": lines([1, "x"]),
      "e/stays": "x",
    });
    expect(existsSync(loop.at("d"))).toBe(false);
    expect(told(loop)).toEqual([
      ["e/edited", "hunk"],
      ["g.txt", "hunk"],
    ]);
  });
});

test("a directory is renamed without what was edited in it", () => {
  withLoop({ "d/same": "same", "d/edited": lines() }, (loop) => {
    loop.change((recorder) => recorder.rename("/in/d", "/in/e"));
    loop.program({ "e/edited": lines([1, "x"]) });
    loop.choose((_, { kind }) => kind === "rename");
    expect(loop.outside()).toEqual({ "e/same": "same", "e/edited": lines() });
    expect(told(loop)).toEqual([["e/edited", "hunk"]]);
  });
});

test("a conflict is not offered, and holds up nothing", () => {
  withLoop({ a: lines(), b: lines() }, (loop) => {
    loop.program({ a: lines([1, "x"]), b: lines([1, "x"]) });
    loop.user({ a: lines([9, "mine"]) });
    expect(told(loop)).toEqual([["b", "hunk"]]);
    const { journal, history } = loop.recording;
    const { summary } = offersToApply(history, journal.head(), loop.host);
    expect(summary.conflicts).toMatchObject([{ path: "a" }]);
    loop.choose(() => true);
    expect(loop.outside()).toEqual({ a: lines([9, "mine"]), b: lines([1, "x"]) });
  });
});

test("what the program changed after it was offered is left, and so is what the user changed", () => {
  withLoop({ a: lines(), b: lines(), c: lines() }, (loop) => {
    loop.program({ a: lines([1, "x"]), b: lines([1, "x"]), c: lines([1, "x"]) });
    const chosen = offersOf(loop).map((offer) => ({ offer, taken: offer.parts }));
    loop.program({ a: lines([1, "x"], [2, "y"]) });
    loop.user({ b: lines([1, "mine"]) });
    const { fs, history } = loop.recording;
    const { left, conflicts } = applyToHost(fs, history, loop.host, { chosen });
    expect(left).toEqual([{ path: "a", reason: "was changed since it was offered" }]);
    expect(conflicts).toMatchObject([{ path: "b" }]);
    expect(loop.outside()).toEqual({ a: lines(), b: lines([1, "mine"]), c: lines([1, "x"]) });
  });
});

test("a file with two names of which a part is taken under one becomes a file of its own there", () => {
  withLoop({ a: lines() }, (loop) => {
    linkSync(loop.at("a"), loop.at("b"));
    loop.import();
    loop.program({ a: lines([1, "x"], [25, "y"]) });
    loop.choose((path, part) => path === "a" && part.kind === "hunk" && part.hunk.beforeStart < 9);
    expect(loop.outside()).toEqual({ a: lines([1, "x"]), b: lines() });
    loop.choose(() => true);
    expect(loop.outside()).toEqual(loop.inside());
    expect(statSync(loop.at("a")).ino).toBe(statSync(loop.at("b")).ino);
  });
});

test("of two names of one file one gets other times, the other a file of its own", () => {
  for (const [timed, rewritten] of [
    ["a", "b"],
    ["b", "a"],
  ] as const) {
    withLoop({ a: "one" }, (loop) => {
      linkSync(loop.at("a"), loop.at("b"));
      loop.import();
      loop.change((recorder) => {
        recorder.remove(`/in/${rewritten}`);
        recorder.write(`/in/${rewritten}`, "its own");
        const ino = lookup(recorder.files.tree, `/in/${timed}`)?.ino ?? fail();
        recorder.files.perform({ kind: "set-times", ino, mtime: 1_000_000_000n });
      });
      expect(loop.apply().left).toEqual([]);
      expect(loop.outside()).toEqual({ [timed]: "one", [rewritten]: "its own" });
      expect(statSync(loop.at(timed), { bigint: true }).mtimeNs).toBe(1_000_000_000n);
      expect(loop.apply().changes).toEqual([]);
    });
  }
});

test("holes and bytes of any kind are as they were in what is taken in part", () => {
  withLoop({ a: "x" }, (loop) => {
    const before = Buffer.concat([Buffer.from("a\r\n\xe4\n", "latin1"), Buffer.alloc(0)]);
    loop.change((recorder) => {
      recorder.truncate("/in/a", 0);
      recorder.write("/in/a", before);
    });
    loop.apply();
    const after = Buffer.from(`A\r\n\xe4\n${"same\n".repeat(9)}\xff`, "latin1");
    loop.change((recorder) => recorder.write("/in/a", after));
    const { fs, history } = loop.recording;
    const [offer] = offersOf(loop);
    if (offer === undefined) throw new Error("no offer");
    applyToHost(fs, history, loop.host, { chosen: [{ offer, taken: offer.parts }] });
    expect(readFileSync(loop.at("a"))).toEqual(after);
  });
});

test("an apply of a part can be undone on the host alone, and changes nothing in the filesystem", () => {
  withLoop({ a: lines() }, (loop) => {
    const run = loop.program({ a: lines([2, "two"], [25, "late"]) });
    loop.choose((_, part) => part.kind === "hunk" && part.hunk.beforeStart < 9);
    const { fs, history } = loop.recording;
    expect(fs.tree.orphans.size).toBe(0);
    expect(() => undo(fs, history)).toThrow("changed nothing here");
    undo(fs, history, { run });
    expect(loop.inside()).toEqual({ a: lines() });
    loop.apply();
    expect(loop.outside()).toEqual({ a: lines() });
  });
});

function fail(): never {
  throw new Error("it is not there");
}
