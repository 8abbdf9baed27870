import { afterEach, describe, expect, it } from "vitest";

import { type FindingsProgress, wholeBudget } from "../../src/findings/index.ts";
import type { Recorder } from "../support/journal.ts";
import {
  brief,
  closeJournals,
  elf,
  found,
  githubToken,
  nothing,
  opened,
  privateKey,
} from "./found.ts";

afterEach(closeJournals);

describe("a finding is made of", () => {
  it.each<[string, (step: Recorder) => void, (step: Recorder) => void, string]>([
    [
      "what a shell loads",
      nothing,
      (step) => step.write("/p/.envrc", "x"),
      "medium tool-file /p/.envrc",
    ],
    [
      "what acts on the user's account",
      nothing,
      (step) => step.write("/p/.bashrc", "x"),
      "high tool-file /p/.bashrc",
    ],
    [
      "a link that leads out",
      nothing,
      (step) => step.symlink("/p/docs", "../../.ssh"),
      "high link-out /p/docs",
    ],
    [
      "a path that climbs out",
      nothing,
      (step) => step.refuse("open-at", "../../etc/shadow"),
      "high escape ../../etc/shadow",
    ],
    [
      "a token",
      nothing,
      (step) => step.write("/p/a.js", `const token = "${githubToken}";`),
      "high secret /p/a.js",
    ],
    [
      "a token in UTF-16, in several writes",
      nothing,
      (step) => {
        const bytes = Buffer.from(`\ufefftoken = ${githubToken}\n`, "utf16le");
        step.write("/p/a.txt", bytes.subarray(0, 41));
        step.write("/p/a.txt", bytes.subarray(41), 41);
      },
      "high secret /p/a.txt",
    ],
    [
      "a token in UTF-16 with the other order of bytes",
      nothing,
      (step) =>
        step.write("/p/a.txt", Buffer.from(`\ufeff\u00fc ${githubToken}`, "utf16le").swap16()),
      "high secret /p/a.txt",
    ],
    ["a private key", nothing, (step) => step.write("/p/a", privateKey), "high secret /p/a"],
    [
      "a native program",
      nothing,
      (step) => step.write("/p/tool", elf),
      "medium executable /p/tool",
    ],
    ["a script", nothing, (step) => step.write("/p/tool", "#!/bin/sh\n"), "low executable /p/tool"],
    [
      "a lock file",
      (step) => step.write("/p/Cargo.lock", "a"),
      (step) => step.write("/p/Cargo.lock", "b"),
      "medium lock-file /p/Cargo.lock",
    ],
    [
      "bytes in the place of text",
      (step) => step.write("/p/a.txt", "words of a person"),
      (step) => step.write("/p/a.txt", new Uint8Array(20)),
      "medium binary-for-text /p/a.txt",
    ],
    [
      "a name of two alphabets",
      nothing,
      (step) => step.write("/p/\u0440aypal.js", ""),
      "medium look-alike /p/\u0440aypal.js",
    ],
    [
      "a name that looks like another beside it",
      (step) => step.write("/p/modern.js", ""),
      (step) => step.write("/p/modem.js", ""),
      "medium look-alike /p/modem.js",
    ],
    [
      "a name with a sign that is not seen",
      nothing,
      (step) => step.write("/p/a\u202egpj.js", ""),
      "medium look-alike /p/a\u202egpj.js",
    ],
    [
      "what git writes at each command, unlike its configuration",
      (step) => (
        step.mkdir("/p/.git"),
        step.mkdir("/p/.git/objects"),
        step.write("/p/.git/index", "a")
      ),
      (step) => {
        step.write("/p/.git/index.lock", "b");
        step.rename("/p/.git/index.lock", "/p/.git/index");
      },
      "low tool-file /p/.git/index",
    ],
    [
      "where git looks for objects elsewhere",
      (step) => ["", "/objects", "/objects/info"].forEach((path) => step.mkdir(`/p/.git${path}`)),
      (step) => step.write("/p/.git/objects/info/alternates", "/elsewhere"),
      "high tool-file /p/.git/objects/info/alternates",
    ],
    [
      "a program that came and went",
      nothing,
      (step) => {
        step.write("/p/x", "#!/bin/sh\n");
        step.remove("/p/x");
      },
      "medium short-lived /p/x",
    ],
    [
      "a file of tools that came and went under another name",
      nothing,
      (step) => {
        step.write("/p/x", "y");
        step.rename("/p/x", "/p/Makefile");
        step.remove("/p/Makefile");
      },
      "medium short-lived /p/Makefile",
    ],
    [
      "most files gone",
      (step) => {
        for (let at = 0; at < 30; at += 1) step.write(`/p/${at}.txt`, "x");
      },
      (step) => {
        for (let at = 0; at < 25; at += 1) step.remove(`/p/${at}.txt`);
      },
      "high mass-deletion /p",
    ],
    [
      "most files emptied",
      (step) => {
        for (let at = 0; at < 30; at += 1) step.write(`/p/${at}.txt`, "x");
      },
      (step) => {
        for (let at = 0; at < 25; at += 1) step.truncate(`/p/${at}.txt`, 0);
      },
      "high mass-deletion /p",
    ],
  ])("%s", async (_, make, act, expected) => {
    expect(brief(await found(make, act))).toEqual([expected]);
  });
});

describe("nothing is found in", () => {
  it.each<[string, (step: Recorder) => void, (step: Recorder) => void]>([
    [
      "plain work on texts",
      (step) => step.write("/p/a.js", "let a;"),
      (step) => {
        step.write("/p/a.js", "const a = 1;");
        step.write("/p/b.md", "# b");
        step.mkdir("/p/lib");
        step.rename("/p/b.md", "/p/lib/b.md");
      },
    ],
    [
      "what was only imported",
      (step) => {
        step.write("/p/.envrc", githubToken);
        step.symlink("/p/x", "/etc");
      },
      nothing,
    ],
    [
      "a secret that stood in the file before",
      (step) => step.write("/p/conf", `token ${githubToken}`),
      (step) => step.write("/p/conf", `token  ${githubToken}\n`),
    ],
    [
      "one whose letters take two bytes each",
      (step) => step.write("/p/conf", "postgres://u:p\u00c4ssw\u00dfrt1@db.host:5432/x\n"),
      (step) => step.write("/p/conf", "# Ours\npostgres://u:p\u00c4ssw\u00dfrt1@db.host:5432/x\n"),
    ],
    [
      "the same, saved by a rename",
      (step) => step.write("/p/conf", `token ${githubToken}`),
      (step) => {
        step.write("/p/conf.new", `token = ${githubToken}`);
        step.rename("/p/conf.new", "/p/conf");
      },
    ],
    [
      "a package.json that was formatted",
      (step) => step.write("/p/package.json", '{"scripts":{"a":"b"},"keywords":["b","a"]}'),
      (step) =>
        step.write(
          "/p/package.json",
          '{\n  "keywords": ["a", "b"],\n  "scripts": { "a": "b" }\n}\n',
        ),
    ],
    [
      "what programs keep in /tmp for a moment",
      (step) => step.mkdir("/tmp"),
      (step) => {
        step.write("/tmp/Makefile", "x");
        step.write("/tmp/run", "#!/bin/sh\n");
        step.remove("/tmp/run");
      },
    ],
  ])("%s", async (_, make, act) => {
    expect(brief(await found(make, act))).toEqual([]);
  });
});

it("what a package's file says twice is not taken for what it said", async () => {
  const result = await found(
    (step) => step.write("/p/package.json", '{"scripts":{"a":"b"}}'),
    (step) => step.write("/p/package.json", '{"scripts":{"a":"x"},"scripts":{"a":"b"}}  '),
  );
  expect(brief(result)).toEqual(["medium tool-file /p/package.json"]);
});

it("a secret is found however it was cut into writes, also if it is gone since", async () => {
  const result = await found(nothing, (step) => {
    const text = `${"x\n".repeat(40_000)}${githubToken}\n`;
    for (let at = 0; at < text.length; at += 7) {
      step.write("/p/log", text.slice(at, at + 7), at);
      if (at % 7_000 === 0) step.write("/p/other", text.slice(at, at + 7), at);
    }
    step.remove("/p/log");
  });
  const secret = result.findings.find(({ rule }) => rule === "secret");
  expect(secret).toMatchObject({ path: "/p/log", level: "high" });
  expect(secret?.reason).toContain("it is gone, and still in the journal");
  expect(JSON.stringify(result.findings)).not.toContain(githubToken);
});

it("a finding names the event that shows it", async () => {
  const { findings } = await found(nothing, (step) => {
    step.write("/p/a", "x");
    step.write("/p/a", `${githubToken} `, 10);
    step.write("/p/a", "x");
  });
  const journal = opened[0];
  expect(findings.map(({ rule, seq }) => [rule, journal?.event(seq)])).toMatchObject([
    ["secret", { kind: "write", offset: 10 }],
  ]);
});

it("the most urgent comes first, and of very many alike so many as a person can read", async () => {
  const { findings, more } = await found(nothing, (step) => {
    for (let at = 0; at < 500; at += 1) {
      step.mkdir(`/p/${at}`);
      step.write(`/p/${at}/Makefile`, "x");
    }
    step.write("/p/.bashrc", "x");
  });
  expect(findings[0]).toMatchObject({ path: "/p/.bashrc", level: "high" });
  expect(findings.length).toBe(201);
  expect(more.get("tool-file")).toBe(300);
});

it("what is refused after very many other calls is found all the same", async () => {
  const { findings } = await found(
    nothing,
    (step) => {
      for (let at = 0; at < 2_000; at += 1) step.write("/p/a", "x");
      step.refuse("open-at", "../x");
    },
    { budget: { events: 100 } },
  );
  expect(findings).toMatchObject([{ rule: "escape", path: "../x" }]);
});

describe("what is not looked at is told of, where", () => {
  const busy = (step: Recorder) => {
    for (let at = 0; at < 2_000; at += 1) step.write("/p/a", "x", at);
  };

  it("the time is over", async () => {
    let time = 0;
    const { unseen } = await found(nothing, busy, { now: () => (time += 30_000) });
    expect(unseen).not.toEqual([]);
  });

  it("the time is over amid very many secrets", async () => {
    let time = 0;
    const tokens = Array.from(
      { length: 1_000 },
      (_, at) => githubToken.slice(0, -4) + String(at).padStart(4, "0"),
    );
    const { unseen } = await found(nothing, (step) => step.write("/p/t", tokens.join("\n")), {
      budget: { milliseconds: 100 },
      now: () => (time += 1),
    });
    expect(unseen).toEqual(["some of what run 2 wrote"]);
  });

  it("there are too many events", async () => {
    const { unseen } = await found(nothing, busy, { budget: { events: 1_000 } });
    expect(unseen).toEqual(["later steps of run 2"]);
  });

  it("nothing is left out where no bound was asked for, and progress goes from the first step to the last", async () => {
    const seen: FindingsProgress[] = [];
    const { unseen } = await found(nothing, busy, {
      budget: wholeBudget,
      onProgress: (at) => seen.push(at),
    });
    expect(unseen).toEqual([]);
    const steps = seen.filter(({ part }) => part === "steps");
    expect(steps.length).toBeGreaterThan(2);
    expect(steps).toEqual(steps.toSorted((one, other) => one.done - other.done));
    expect(steps.every(({ run, done, whole }) => run === 2 && done <= whole)).toBe(true);
  });

  it("too much was written", async () => {
    const { unseen } = await found(nothing, busy, { budget: { bytes: 1_000 } });
    expect(unseen).toEqual(["some of what run 2 wrote"]);
  });
});

it("only what was asked for is told, and what was refused", async () => {
  const result = await found(
    nothing,
    (step) => {
      step.write("/p/Makefile", "x");
      step.mkdir("/q");
      step.write("/q/Makefile", "x");
      step.refuse("open-at", "../x");
    },
    { below: "/q" },
  );
  expect(brief(result)).toEqual(["high escape ../x", "medium tool-file /q/Makefile"]);
});

it("what is read of keys is told where reads are recorded", async () => {
  const { findings } = await found(
    (step) => {
      step.mkdir("/p/.ssh");
      step.write("/p/.ssh/id_ed25519", "x");
    },
    ({ journal }) => {
      const [ino = 0] = [...journal.query({ paths: ["/p/.ssh/id_ed25519"] })].flatMap((event) =>
        "ino" in event ? [event.ino] : [],
      );
      journal.append({ kind: "read", ino, path: "/p/.ssh/id_ed25519", offset: 0, length: 1 });
    },
  );
  expect(findings).toMatchObject([
    { rule: "credential", level: "high", path: "/p/.ssh/id_ed25519" },
  ]);
});
