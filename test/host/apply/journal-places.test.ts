import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { filesOf, openWriter, resolvePath, verify } from "../../../journal/index.ts";
import { applyToHost, importDirectory } from "../../../src/host/index.ts";
import { withLoop } from "../../support/loop.ts";
import { rewindfs } from "../../support/screen/command.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

const names = [
  "x.db",
  "X.db",
  "x.db-journal",
  "x.db-wal",
  "x.DB-shm",
  "x.db-tail",
  "x.db-lock",
  "x.db-lock-journal",
  "x.db-lock-repair",
];

test("what a program puts in the places of a journal on the host stays behind, however conflicts are settled", () => {
  withLoop({ "a.txt": "a" }, (loop) => {
    openWriter(loop.at("x.db")).close();
    const bytes = readFileSync(loop.at("x.db"));
    const texts = Object.fromEntries(names.map((name) => [name, "a hot journal"]));
    loop.program({ ...texts, "y.db-journal": "of none" });
    for (const conflicts of ["leave", "theirs"] as const) {
      const summary = loop.apply({ conflicts });
      const reason = "its place is that of the rewindfs journal x.db";
      expect(summary.conflicts.map((one) => [one.path, one.reason])).toEqual(
        names.toSorted().map((name) => [name, reason]),
      );
      expect(readdirSync(loop.host).sort()).toEqual(["a.txt", "x.db", "y.db-journal"]);
      expect(readFileSync(loop.at("x.db"))).toEqual(bytes);
    }
  });
});

test("the journal in use keeps its places, and its locks", () => {
  withTemporary((directory) => {
    const file = join(directory, "x.db");
    const { fs, history, journal, recorder } = openRecording(file);
    importDirectory(fs, directory, "/in", { leaveOut: filesOf(resolvePath(file)) });
    recorder.run("guest", [], () => {
      for (const name of names) recorder.write(`/in/${name}`, "evil");
    });
    const { conflicts } = applyToHost(fs, history, directory, { conflicts: "theirs" });
    applyToHost(fs, history, directory, { conflicts: "ours" });
    expect(conflicts.map(({ path }) => path)).toEqual(names.toSorted());
    expect(existsSync(`${file}-journal`)).toBe(false);
    const other = rewindfs(directory, ["-j", file, "mark", "another"]);
    expect(other).toMatchObject({ exit: 1, stderr: expect.stringContaining("is writing it") });
    journal.close();
    expect(verify(file)).toMatchObject({ ok: true });
  });
});
