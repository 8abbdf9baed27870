import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";

import { withTemporary } from "../support/temporary.ts";

const script = join(import.meta.dirname, "../../src/run/native/refresh-process.ts");

test.skipIf(process.platform !== "linux")(
  "nothing outside of a mount is opened where a program puts a link in a directory's place",
  () =>
    withTemporary(async (outside) => {
      const mount = join(outside, "mount");
      mkdirSync(mount);
      writeFileSync(join(mount, "file"), "");
      const pipe = join(outside, "pipe");
      spawnSync("mkfifo", [pipe]);
      symlinkSync(outside, join(mount, "link"));
      // It ends without a word once anybody has opened the pipe to write, and closed it.
      const reader = spawn("cat", [pipe]);
      const heard = reader.stdout.setEncoding("utf8").toArray();
      while (!/\(cat\) S/.test(readFileSync(`/proc/${reader.pid}/stat`, "utf8"))) await wait(5);
      const input = "f/link/pipe\0f/file\0f/gone\0n/link/pipe\0d/link\0";
      const { status } = spawnSync(process.execPath, [script, mount], { input });
      expect(status).toBe(0);
      const writer = spawn("/bin/sh", ["-c", 'echo nobody came >"$0"', pipe]);
      expect(await heard).toEqual(["nobody came\n"]);
      writer.kill("SIGKILL");
    }),
);
