import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";

import { HostError, exportTar, importDirectory } from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";
import { attempts } from "../../support/scale.ts";

test("what is exported as a tar file, unpacked and imported again is the same", async () => {
  await fc.assert(
    fc.asyncProperty(steps(60), (changes) =>
      withTemporary(async (host) => {
        const { fs, journal } = openRecording();
        changeAsRun(fs, changes);
        await exportTar(fs.tree, journal, join(host, "state.tar"));
        mkdirSync(join(host, "out"));
        execFileSync("tar", ["-xf", join(host, "state.tar"), "-C", join(host, "out")]);
        const again = openRecording();
        importDirectory(again.fs, join(host, "out"), "/");
        expect(dump(again.fs.tree, again.journal, "/").map(withoutDirectoryTime)).toEqual(
          dump(fs.tree, journal, "/").map(withoutDirectoryTime),
        );
      }),
    ),
    { numRuns: attempts(25) },
  );
});

test("large files and long names go through a stream", async () => {
  await withTemporary(async (host) => {
    const { fs, journal, recorder } = openRecording();
    const directory = `/${"d".repeat(200)}`;
    const name = "é".repeat(120);
    recorder.run("write", [], () => {
      recorder.mkdir(directory);
      recorder.write(`${directory}/${name}`, new Uint8Array(5_000_000).fill(7));
    });
    const counts = await exportTar(fs.tree, journal, join(host, "state.tar"));
    expect(counts).toMatchObject({ files: 1, directories: 1, bytes: 5_000_000 });
    execFileSync("tar", ["-xf", join(host, "state.tar"), "-C", host]);
    expect(readFileSync(join(host, directory, name)).length).toBe(5_000_000);
  });
});

test("a tar file that exists is not overwritten", async () => {
  await withTemporary(async (host) => {
    const { fs, journal } = openRecording();
    writeFileSync(join(host, "state.tar"), "mine");
    const refused = exportTar(fs.tree, journal, join(host, "state.tar"));
    await expect(refused).rejects.toMatchObject({ code: "exists" });
    await expect(refused).rejects.toBeInstanceOf(HostError);
    expect(readFileSync(join(host, "state.tar"), "utf8")).toBe("mine");
    const nowhere = exportTar(fs.tree, journal, join(host, "no", "state.tar"));
    await expect(nowhere).rejects.toMatchObject({ code: "missing" });
  });
});

test("an output that fails ends the export", async () => {
  await withTemporary(async (host) => {
    const { fs, journal, recorder } = openRecording();
    recorder.run("write", [], () => recorder.write("/f", new Uint8Array(3_000_000)));
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error("full")) });
    await expect(exportTar(fs.tree, journal, full)).rejects.toThrow("full");
    expect(readdirSync(host)).toEqual([]);
  });
});

/** Removes a directory's time: GNU tar makes links with ".." in them at the very end, and so changes it again. */
function withoutDirectoryTime(line: string): string {
  return line.replace(/ directory .*$/, " directory");
}
