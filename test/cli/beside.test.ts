import { execFileSync } from "node:child_process";
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { rewindfs } from "../support/screen/command.ts";

const home = mkdtempSync(join(tmpdir(), "rewindfs-cli-beside-"));
const folder = join(home, "cloned");
const victim = join(home, "victim");
const guest = new URL("../guests/preview1/files.wasm", import.meta.url).pathname;

afterAll(() => {
  rmSync(home, { recursive: true });
});

mkdirSync(folder);
mkdirSync(join(folder, "src"));
writeFileSync(join(folder, "src", "a"), "a");
rewindfs(folder, ["import", "src", "/src"]);
writeFileSync(victim, "precious");

describe("a folder that somebody handed over, with a link in the place of a redo log", () => {
  symlinkSync(victim, join(folder, "rewind.db-tail"));
  const before = readdirSync(folder);

  it.each([
    ["log"],
    ["import", "src", "/again"],
    ["gc", "--before", "@"],
    ["run", guest, "truncate"],
  ])("%s refuses it, names it, and leaves its target alone", (...args) => {
    const { stderr, exit } = rewindfs(folder, args);
    expect(stderr).toContain(`${join(folder, "rewind.db-tail")} is a symlink.`);
    expect(stderr).toContain("Hint: it was left untouched;");
    expect(exit).toBe(args[0] === "run" ? 125 : 2);
    expect(readFileSync(victim, "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("a journal of another user", () => {
  it.skipIf(process.geteuid?.() !== 0)(
    "is read, and what its redo log holds is told in a line",
    () => {
      const other = join(home, "other");
      mkdirSync(other);
      rewindfs(other, ["import", join(folder, "src"), "/src"]);
      writeFileSync(join(other, "rewind.db-tail"), "some bytes");
      for (const name of ["rewind.db", "rewind.db-tail"]) chownSync(join(other, name), 1234, 1234);
      const { stdout, stderr, exit } = rewindfs(other, ["cat", "/src/a"]);
      expect({ stdout, exit }).toEqual({ stdout: "a", exit: 0 });
      expect(stderr).toBe(
        `rewindfs: events may be missing that are in ${join(other, "rewind.db-tail")} (10 bytes), because the journal belongs to another user\n` +
          "Hint: the next command of one who may write the journal and its directory takes over what is missing\n",
      );
      expect(readdirSync(other)).toEqual(["rewind.db", "rewind.db-tail"]);
    },
  );
});

describe("what a run imports", () => {
  const own = join(home, "own");
  mkdirSync(own);

  it("lacks the key that signs it, and says so", () => {
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", join(own, "key.pem")]);
    for (const end of ["-tail-stray", "-lock-repair"]) writeFileSync(join(own, `run.db${end}`), "");
    const options = ["--sign", "key.pem", "--dir", ".::/src"];
    const { stderr, exit } = rewindfs(own, ["-j", "run.db", "run", ...options, guest, "truncate"]);
    expect(exit).toBe(0);
    expect(stderr).toContain(`left out ${join(own, "key.pem")}: it is the key that signs`);
    expect(rewindfs(own, ["-j", "run.db", "ls", "/src"]).stdout).toBe("");
    expect(statSync(join(own, "run.db")).mode & 0o777).toBe(0o600);
  });
});
