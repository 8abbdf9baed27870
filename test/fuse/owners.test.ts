import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { withTemporary } from "../support/temporary.ts";
import { exec, script, testWithKernel } from "./support.ts";

const test = testWithKernel();

test("all files are the user's: given to oneself they stay so, to others they cannot be given", () =>
  withTemporary((folder) => {
    writeFileSync(join(folder, "mine"), "x");
    const text = `
      me=$(id -u) mine=$(id -g)
      chown "$me:$mine" mine; chgrp "$mine" mine; chown -h "$me" mine
      cp -p mine copy; cp -a mine again; install -o "$me" -g "$mine" mine installed
      stat -c '%u:%g' mine copy again installed | sort -u | sed "s/^$me:$mine$/me/"
      for given in 12345 ":12345" "12345:$mine"; do
        chown "$given" mine 2>&1 | sed 's/.*: //'
      done
      chgrp -h 12345 mine 2>&1 | sed 's/.*: //'
      chown 12345 nothing 2>&1 | sed 's/.*: //'`;
    const told = exec(folder, ["--", "/bin/sh", "-euc", text]);
    expect(told.stdout).toBe(
      `me\n${"Operation not permitted\n".repeat(4)}No such file or directory\n`,
    );
  }));

test("an archive with files of others is unpacked, by root too", () =>
  withTemporary((folder) => {
    script(
      folder,
      "echo x >a; tar -cf all.tar --owner=12345 --group=12345 a; rm a; tar -xf all.tar; cat a",
    );
  }));
