import { afterEach, describe, expect, it } from "vitest";

import { rootIno } from "../../journal/index.ts";
import { findingsIn } from "../../src/findings/index.ts";
import { openHistory } from "../../src/history/index.ts";
import type { Recorder } from "../support/journal.ts";
import { brief, closeJournals, elf, found, githubToken, nothing, opened } from "./found.ts";

afterEach(closeJournals);

const [half, rest] = [githubToken.slice(0, 20), githubToken.slice(20)];

describe("a secret is found", () => {
  it.each<[string, (step: Recorder) => void, (step: Recorder) => void]>([
    [
      "that was written from its end to its start",
      nothing,
      (step) => (step.write("/p/f", `${rest}\n`, 20), step.write("/p/f", half)),
    ],
    [
      "with very many other files between its halves",
      nothing,
      (step) => {
        step.write("/p/f", half);
        for (let at = 0; at < 70; at += 1) step.write(`/p/${at}`, "x");
        step.write("/p/f", `${rest}\n`, 20);
      },
    ],
    [
      "that was put between what stood there",
      (step) => step.write("/p/f", `${half} ${rest.slice(1)}\n`),
      (step) => step.write("/p/f", rest.slice(0, 1), 20),
    ],
    [
      "that was made by a cut",
      nothing,
      (step) => (step.write("/p/f", `${githubToken}AAAA`), step.truncate("/p/f", 40)),
    ],
    [
      "that a cut made, far behind in a file, in a run that wrote nothing",
      (step) => step.write("/p/f", `${githubToken}AAAA`, 5_000_000),
      (step) => step.truncate("/p/f", 5_000_040),
    ],
    [
      "whose end was written after its start was there",
      (step) => step.write("/p/f", half),
      (step) => step.write("/p/f", `${rest}\n`, 20),
    ],
  ])("%s", async (_, make, act) => {
    expect(brief(await found(make, act))).toEqual(["high secret /p/f"]);
  });
});

const unpacked = [
  ["/p/package.json", "{}"],
  ["/p/Makefile", "all:"],
  ["/p/run.sh", "#!/bin/sh\n"],
  ["/p/text", "text"],
] as const;

describe("what was there only for a moment is found:", () => {
  it.each<[string, (step: Recorder) => void, (step: Recorder) => void, string]>([
    [
      "a program that was written byte by byte",
      nothing,
      (step) => {
        for (const [at, byte] of elf.entries()) step.write("/p/x", new Uint8Array([byte]), at);
        step.remove("/p/x");
      },
      "/p/x",
    ],
    [
      "a program with two names",
      nothing,
      (step) => {
        step.write("/p/x", elf);
        link(step, "/p/x", "/p/y");
        step.remove("/p/x");
        step.remove("/p/y");
      },
      "/p/y",
    ],
    [
      "a program that a text was moved over",
      nothing,
      (step) => {
        step.write("/p/x", elf);
        step.write("/p/y", "text");
        step.rename("/p/y", "/p/x");
      },
      "/p/x",
    ],
    [
      "a program in the place of a text",
      (step) => step.write("/p/x", "a text of a person"),
      (step) => (step.write("/p/x", elf), step.write("/p/x", "a text of a person")),
      "/p/x",
    ],
    [
      "a program that was emptied",
      nothing,
      (step) => (step.write("/p/x", elf), step.truncate("/p/x", 0)),
      "/p/x",
    ],
    [
      "a name that a shell looks for, of an older file",
      (step) => step.write("/p/x", "x"),
      (step) => (step.rename("/p/x", "/p/.envrc"), step.rename("/p/.envrc", "/p/x")),
      "/p/.envrc",
    ],
    [
      "a second name that a shell looks for",
      (step) => step.write("/p/x", "x"),
      (step) => (link(step, "/p/x", "/p/.envrc"), step.remove("/p/.envrc")),
      "/p/.envrc",
    ],
    [
      "a file that a shell looks for, in the place of another one until that was put back",
      (step) => step.write("/p/.envrc", "x"),
      (step) => {
        step.rename("/p/.envrc", "/p/x");
        step.write("/p/.envrc", "of the program");
        step.remove("/p/.envrc");
        step.rename("/p/x", "/p/.envrc");
      },
      "/p/.envrc",
    ],
  ])("%s", async (_, make, act, path) => {
    expect(brief(await found(make, act))).toEqual([`medium short-lived ${path}`]);
  });

  it("a program that a text took the place of, and another text of that", async () => {
    const result = await found(nothing, (step) => {
      step.write("/p/x", elf);
      for (const text of ["one", "two"]) {
        step.remove("/p/x");
        step.write("/p/x", text);
      }
    });
    expect(brief(result)).toEqual(["medium short-lived /p/x"]);
  });

  it("but not what was unpacked twice, or moved aside to be written anew", async () => {
    const result = await found(nothing, (step) => {
      for (const version of ["1", "2"]) {
        for (const [path, content] of unpacked) {
          if (version === "2") step.remove(path);
          step.write(path, `${content}${version}`);
        }
      }
      step.rename("/p/Makefile", "/p/Makefile~");
      step.write("/p/Makefile", "3");
    });
    expect(brief(result).filter((text) => text.includes("short-lived"))).toEqual([]);
  });

  it("but not a program that was saved by a rename, nor one of a build's that was linked again", async () => {
    const result = await found(
      (step) => step.write("/p/x", elf),
      (step) => {
        for (const name of ["/p/1", "/p/2"]) {
          step.write(name, elf);
          step.rename(name, "/p/x");
        }
        step.write("/p/package.json.1", "{}");
        step.rename("/p/package.json.1", "/p/package.json");
      },
    );
    expect(brief(result).filter((text) => text.includes("short-lived"))).toEqual([]);
  });
});

it.each(["journal", "wal", "shm"])(
  "what SQLite makes beside a database and removes is nothing special: -%s",
  async (end) => {
    const act = (step: Recorder) => {
      for (let turn = 0; turn < 2; turn += 1) {
        step.write(`/p/data.db-${end}`, "pages");
        step.write("/p/data.db", "database");
        step.remove(`/p/data.db-${end}`);
      }
    };
    expect(brief(await found(nothing, act))).toEqual([`low short-lived /p/data.db-${end}`]);
    const planted = (step: Recorder) => step.write("/p/data.db-journal", "pages");
    expect(brief(await found((step) => step.write("/p/data.db", "x"), planted))).toEqual([
      "medium tool-file /p/data.db-journal",
    ]);
  },
);

describe("what a move makes of files is found:", () => {
  it("an editor's file, in a directory that was moved", async () => {
    const result = await found(
      (step) => {
        step.mkdir("/p/x");
        step.write("/p/x/tasks.json", "{}");
      },
      (step) => step.rename("/p/x", "/p/.vscode"),
    );
    expect(brief(result)).toEqual(["medium tool-file /p/.vscode/tasks.json"]);
  });

  it("a link that leads out from where its directory is now", async () => {
    const result = await found(
      (step) => {
        step.mkdir("/p/x");
        step.mkdir("/p/x/y");
        step.symlink("/p/x/y/l", "../../z");
      },
      (step) => step.rename("/p/x/y", "/p/y"),
    );
    expect(brief(result)).toEqual(["high link-out /p/y/l"]);
  });

  it("a link in the place of a folder that tools look into", async () => {
    const result = await found(
      (step) => {
        step.mkdir("/p/x");
        step.mkdir("/p/x/workflows");
      },
      (step) => {
        step.symlink("/p/.github", "x");
        step.write("/p/x/workflows/a.yml", "on: push");
      },
    );
    expect(brief(result)).toEqual(["medium tool-file /p/.github"]);
  });

  it("but not of a package that was moved with all that is in it", async () => {
    const result = await found(
      (step) => {
        step.mkdir("/p/x");
        step.write("/p/x/package.json", "{}");
      },
      (step) => step.rename("/p/x", "/p/y"),
    );
    expect(brief(result)).toEqual([]);
  });
});

it("a path that was refused by a link of the program's own is an escape, also if the link is gone", async () => {
  const result = await found(nothing, (step) => {
    step.symlink("/p/l", "../../etc");
    step.refuse("open-at", "p/l/passwd");
    step.remove("/p/l");
  });
  expect(brief(result)).toEqual(["high escape p/l/passwd", "low short-lived /p/l"]);
});

it("a path that was refused by a link that an exchange put in its place is an escape", async () => {
  const result = await found(
    (step) => step.write("/p/m", "text"),
    (step) => {
      step.symlink("/p/l", "../../etc");
      step.exchange("/p/l", "/p/m");
      step.refuse("open-at", "p/m/passwd");
    },
  );
  expect(brief(result)).toContain("high escape p/m/passwd");
});

it("a database that may not sync its folder does not try to leave it", async () => {
  const result = await found(nothing, (step) => step.refuse("sync-data", "/"));
  expect(brief(result)).toEqual(["low refused /"]);
});

it("files that were overwritten with next to nothing are lost, too", async () => {
  const result = await found(
    (step) => {
      for (let at = 0; at < 30; at += 1) step.write(`/p/${at}.txt`, "a text of a person");
    },
    (step) => {
      for (let at = 0; at < 25; at += 1) {
        step.truncate(`/p/${at}.txt`, 0);
        step.write(`/p/${at}.txt`, "x");
      }
    },
  );
  expect(brief(result)).toEqual(["high mass-deletion /p"]);
});

it("very many findings of a kind hide none that is more urgent", async () => {
  const result = await found(nothing, (step) => {
    for (let at = 0; at < 250; at += 1) {
      step.refuse("open-at", `../${at}`);
      step.mkdir(`/p/${at}`);
      step.write(`/p/${at}/.hgrc`, "x");
    }
    step.refuse("open-at", "../.ssh/id_rsa");
    step.write("/p/z", "");
    step.rename("/p/z", "/p/.bashrc");
  });
  const [first] = brief(result);
  expect(first).toBe("high escape ../.ssh/id_rsa");
  expect(brief(result)).toContain("high tool-file /p/.bashrc");
});

it("the clock is looked at after each file that is read, however few there are", async () => {
  await found(nothing, (step) => {
    for (let at = 0; at < 20; at += 1) step.write(`/p/${at}.json`, "{}");
  });
  const [journal] = opened;
  let time = 0;
  const { unseen } = await findingsIn(openHistory(journal ?? raise()), {
    budget: { milliseconds: 10 },
    now: () => (time += 1),
  });
  expect(unseen).toContain("some of what run 2 changed");
});

function link({ files }: Recorder, path: string, newPath: string): void {
  const [old, place] = [path, newPath].map((at) => files.resolve(rootIno, at.slice(1), "keep"));
  if (old?.at !== "entry" || old.ino === undefined || place?.at !== "entry") return;
  files.perform({ kind: "link", ino: old.ino, parent: place.parent, name: place.name });
}

function raise(): never {
  throw new Error("there is no journal");
}
