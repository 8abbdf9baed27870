import { readFileSync } from "node:fs";
import { expect } from "vitest";

import { rewindfs } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { exec, script, testWithKernel } from "./support.ts";

const test = testWithKernel();
const root = new URL("../..", import.meta.url).pathname;

test("the kernel's calls do on a journal what they do on any disk", () =>
  withTemporary((folder) => {
    const program = readFileSync(new URL("calls.mjs", import.meta.url), "utf8");
    const { stdout, stderr } = exec(folder, [
      "--no-dir",
      "--show",
      root,
      "--",
      process.execPath,
      "--input-type=module",
      "--eval",
      program,
    ]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      "unlink keeps an open file": { nlink: 0, size: 4, mode: 0o640, text: "ke" },
      "a hole takes no blocks": { size: (1 << 20) + 3, blocks: 1 },
      "append goes to the end": "abc",
      "a removed working directory is still one": { nlink: 0, names: [] },
      "links count": { file: 2, directory: 3 },
      "symlinks say what they were told": { target: "/nowhere/é", size: 11 },
      "times are kept to the nanosecond": "1500000000",
      "modes are kept": "1640",
      "a directory of thousands is listed whole": 2_000,
      "megabytes come back as they were": true,
      "rename replaces": "new",
      "rename refuses a directory into itself": "EINVAL",
      "a full directory is not removed": "ENOTEMPTY",
      "a name of 256 bytes is too long": "ENAMETOOLONG",
      "a name that is no UTF-8 is refused": "EILSEQ",
      "sync waits": "ok",
      "the room is told": 4096,
    });
    expect(rewindfs(folder, ["verify"]).exit).toBe(0);
  }));

test("room is taken and punched, holes are found, and times are within what can be kept", () =>
  withTemporary((folder) => {
    script(folder, "printf '%010000d' 7 >f; fallocate -p -o 4096 -l 4096 f; fallocate -l 20000 f");
    const at = (path: string, ...range: string[]) =>
      rewindfs(folder, ["cat", path]).stdout.slice(...range.map(Number));
    expect(at("/f", "4095", "4097")).toBe("0\0");
    expect(at("/f", "8191", "8193")).toBe("\x000");
    expect(at("/f", "9999", "10001")).toBe("7\0");
    expect(at("/f")).toHaveLength(20_000);
    // A time before the epoch is the epoch.
    expect(script(folder, "touch -d @-5 f; stat -c %Y f")).toBe("0\n");
    // cp looks for holes, and leaves them out.
    expect(script(folder, "cp --sparse=auto f g; cmp f g; stat -c %s g")).toBe("20000\n");
  }));

test("what is not served is refused as Linux would, and programs do without", () =>
  withTemporary((folder) => {
    const said = script(
      folder,
      "mkfifo pipe 2>&1 || true; chown 1:1 . 2>&1 || true; ln a b 2>&1 || true; flock . true; echo locked",
    );
    expect(said).toContain("Operation not supported");
    expect(said).toContain("locked");
    const fails = rewindfs(folder, ["log", "--op", "fail", "--json"]).stdout;
    expect(fails).toContain('"attempted":"create-node-at"');
  }));
