import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { HostDirectory } from "../../../src/host/disk/directory.ts";
import { type Look, Looks } from "../../../src/host/look/looks.ts";
import { withTemporary } from "../../support/temporary.ts";

/** Asks for looks at all names of a directory, which is not held open then. */
function ask(looks: Looks, path: string): { readonly host: HostDirectory; readonly look: Look } {
  const host = HostDirectory.open(path);
  const self = host.statSelf();
  const look = looks.ask(host.real, self, host.list().names);
  host.rest(self);
  return { host, look };
}

test("so many names that other threads look, too, show what the system says of each of them", () => {
  withTemporary((folder) => {
    const directories = Array.from({ length: 30 }, (_, index) => join(folder, `d${index}`));
    for (const [index, directory] of directories.entries()) {
      mkdirSync(join(directory, "below"), { recursive: true });
      symlinkSync("nowhere", join(directory, "link"));
      for (let file = 0; file < 300; file += 1)
        writeFileSync(join(directory, `file${file}`), "x".repeat(index));
    }
    using looks = new Looks();
    for (const { host, look } of directories.map((path) => ask(looks, path))) {
      using directory = host;
      const seen = looks.take(look, directory);
      expect(seen.names).toHaveLength(302);
      for (const [index, name] of seen.names.entries()) {
        const stat = lstatSync(join(directory.real, name), { bigint: true });
        const found = seen.at(index);
        expect({
          mode: found?.mode,
          size: found?.size,
          links: found?.nlink,
          inode: [found?.dev, found?.ino],
          times: [found?.mtimeNs, found?.atimeNs, found?.ctimeNs],
          type: [found?.isFile(), found?.isDirectory(), found?.isSymbolicLink()],
        }).toEqual({
          mode: Number(stat.mode),
          size: Number(stat.size),
          links: Number(stat.nlink),
          inode: [stat.dev, stat.ino],
          times: [stat.mtimeNs, stat.atimeNs, stat.ctimeNs],
          type: [stat.isFile(), stat.isDirectory(), stat.isSymbolicLink()],
        });
      }
    }
  });
});

test("a name that is gone by then shows nothing, and its neighbours what they are", () => {
  withTemporary((folder) => {
    for (const name of ["a", "b", "c"]) writeFileSync(join(folder, name), name);
    using looks = new Looks();
    const { host, look } = ask(looks, folder);
    rmSync(join(folder, "b"));
    using directory = host;
    const seen = looks.take(look, directory);
    expect(seen.names.map((_, index) => seen.at(index)?.size)).toEqual([1, undefined, 1]);
  });
});

test("another directory in the place of the one that was asked about is not looked at", () => {
  withTemporary((folder) => {
    const [asked, other] = [join(folder, "asked"), join(folder, "other")];
    for (const path of [asked, other]) {
      mkdirSync(path);
      writeFileSync(join(path, "name"), path);
    }
    using looks = new Looks();
    const { host, look } = ask(looks, asked);
    renameSync(asked, join(folder, "moved"));
    renameSync(other, asked);
    using directory = host;
    const seen = looks.take(look, directory);
    expect(() => seen.at(0)).toThrow(/ESTALE/);
  });
});
