import { createServer } from "node:net";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { openReader, promisedFrom, verify } from "../../journal/index.ts";
import { profiles } from "../../src/fs/index.ts";
import { openHistory, verifyStates } from "../../src/history/index.ts";
import { listed } from "../run/keeper/listed.ts";
import { Workplace } from "../run/support.ts";
import { some } from "../support/some.ts";
import { recordBefore } from "./breach-journal.ts";
import { breach, buildBreach, folder, isIsolated } from "./breach.ts";

beforeAll(buildBreach);

/** Returns the report of a call in vain, as JSON. */
function vainAt(limit: unknown): string {
  return JSON.stringify({ operation: "open-at", path: "/a", error: "quota", limit });
}

const within = [{ path: "/", directory: "/in", access: "read-write" }] as const;

describe.skipIf(!isIsolated)("whoever takes over a guest's process", () => {
  test("finds no file of the machine, and can write none", async () => {
    using workplace = new Workplace();
    const { printed } = await breach(workplace, [
      "files",
      workplace.folder,
      import.meta.filename,
      "/work",
      "/root/.ssh",
    ]);
    const done = printed.split("\n").filter((line) => line.includes(": done"));
    expect(done, printed).toEqual([]);
    expect(existsSync(`${workplace.folder}/written`)).toBe(false);
    expect(existsSync("/tmp/written")).toBe(false);
  });

  test("finds no environment, no shell, and no user", async () => {
    using workplace = new Workplace();
    const { printed } = await breach(workplace, ["environment"]);
    expect(printed).toContain("environment: \n");
    expect(printed).toMatch(/shell: done "spawnSync \/bin\/sh E\w+"/);
    expect(printed).not.toContain("uid: 0\n");
  });

  test("reaches no server of the machine", async () => {
    using workplace = new Workplace();
    const servers = [createServer(), createServer()];
    const [first, second] = servers;
    const path = workplace.path("socket");
    await new Promise<void>((resolve) => first?.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => second?.listen(path, resolve));
    const address = first?.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { printed } = await breach(workplace, ["network", port, path]);
    for (const server of servers) server.close();
    expect(printed.match(/^connect: /gm)).toHaveLength(2);
    expect(printed).not.toContain("connected");
  });

  test("reaches no other process", async () => {
    using workplace = new Workplace();
    const { printed } = await breach(workplace, [
      "signals",
      String(process.pid),
      String(process.ppid),
    ]);
    expect(printed.match(/^signal: (?:ESRCH|EPERM)$/gm)).toHaveLength(2);
  });

  test("cannot cut or overwrite the log, and only reads it through the descriptor for that", async () => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const { printed, outcome } = await breach(workplace, ["log"]);
    expect(printed).toMatch(
      /^read: EBADF\ncut: EPERM\nchange: EBADF\nshorten: EPERM\nread copies: EBADF\n/,
    );
    // Bytes written over the beginning end up at the end, where they are no record.
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(outcome.kind === "failed" && outcome.reason).toContain("broke the rules");
    const journal = openReader(workplace.journal);
    expect(openHistory(journal).state("@").readFile("/mine")).toHaveLength(0);
    journal.close();
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  });

  test("ends itself and nothing else when it takes all memory", async () => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const limits = { ...profiles.strict, memory: 64 * 1024 * 1024 };
    const { outcome } = await breach(workplace, ["memory"], { limits });
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  });
});

describe("a guest's process that breaks the rules", () => {
  test("is given of the tape what its guest may see, and zeros for the rest", async () => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const { printed } = await breach(workplace, ["tape", "0", "18"], { preopens: within });
    expect(printed).toBe("tape: ......PUBLIC......\n");
  });

  test("reads in the spool what its guest may see, and changes nothing there", async () => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const { printed } = await breach(workplace, ["spool", "0", "262144"], { preopens: within });
    const [seen, ...tried] = printed.trimEnd().split("\n");
    expect(seen).toBe("spool: ......PUBLIC......");
    expect(tried).toEqual([
      "write: EBADF",
      expect.stringMatching(/^cut: (?:EINVAL|EBADF|EPERM)$/),
      "beyond: damaged",
    ]);
  });

  test.each(
    some(
      [
        ["half of a segment", 1024, 262_144],
        ["more than there may be", 0, 1e9],
        ["nothing", 0, 0],
        ["no number", Number.NaN, Number.NaN],
      ] as const,
      4,
    ),
  )("is ended when it has the spool filled with %s", async (_, start, end) => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const { outcome } = await breach(workplace, ["spool", `${start}`, `${end}`], {
      preopens: within,
    });
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(outcome).toMatchObject({ reason: expect.stringContaining("broke the rules") });
  });

  test.each(
    some(
      [
        ["the end of its run", { kind: "run-end", exit: 0 }],
        ["a mark", { kind: "mark", name: "good", at: 1 }],
        [
          "a file with another's number",
          { kind: "create", ino: 5, parent: 3, path: "/in/x", name: "x" },
        ],
        [
          "a file with a number that is not the next",
          { kind: "create", ino: 99, parent: 3, path: "/in/x", name: "x" },
        ],
        [
          "a file outside of its directory",
          { kind: "create", ino: 7, parent: 4, path: "/out/x", name: "x" },
        ],
        [
          "a file at another path than it says",
          { kind: "create", ino: 7, parent: 4, path: "/in/x", name: "x" },
        ],
        [
          "a removal outside of its directory",
          { kind: "unlink", ino: 6, parent: 4, path: "/out/unseen", name: "unseen", kept: false },
        ],
        [
          "a link to what is outside",
          { kind: "link", ino: 6, parent: 3, path: "/in/x", name: "x" },
        ],
        [
          "a link on a directory",
          { kind: "link", ino: 3, parent: 3, path: "/in/self", name: "self" },
        ],
        [
          "a move out of its directory",
          {
            kind: "rename",
            ino: 5,
            parent: 3,
            path: "/in/seen",
            name: "seen",
            toParent: 4,
            to: "/out/seen",
            toName: "seen",
          },
        ],
        [
          "a write to what is outside",
          { kind: "write", ino: 6, path: "/out/unseen", offset: 0, length: 3 },
        ],
        [
          "old bytes as its own",
          {
            kind: "revert",
            ino: 5,
            path: "/in/seen",
            size: 6,
            extents: [{ offset: 0, length: 6, tape: 0 }],
          },
        ],
        [
          "a listing of its own",
          {
            kind: "listing",
            ino: 3,
            path: "/in",
            from: "/etc",
            first: 7,
            entries: 1,
            promised: 1,
            start: promisedFrom,
            length: 1,
          },
        ],
        [
          "promised bytes that nobody gave it",
          { kind: "fetch", path: "/in/seen", start: promisedFrom, length: 1 },
        ],
        [
          "a read, where those are not recorded",
          { kind: "read", ino: 5, path: "/in/seen", offset: 0, length: 1 },
        ],
        [
          "a refusal of many words",
          { kind: "fail", operation: "x".repeat(65), path: "/", error: "", count: 1 },
        ],
        [
          "a refusal of a long path",
          {
            kind: "fail",
            operation: "open-at",
            path: "x".repeat(10_000),
            error: "no-entry",
            count: 1,
          },
        ],
        [
          "a removal of its own root",
          { kind: "rmdir", ino: 3, parent: 1, path: "/in", name: "in", kept: false },
        ],
      ] as const,
      6,
    ),
  )("is ended when it records %s", async (_what, draft) => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const before = verify(workplace.journal);
    const { outcome, printed } = await breach(workplace, ["forge", JSON.stringify(draft)], {
      preopens: within,
    });
    expect(printed).toBe("");
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    const journal = openReader(workplace.journal);
    expect([...journal.query({ run: 2 as never })].map(({ kind }) => kind)).toEqual([
      "run-start",
      "run-end",
    ]);
    expect(journal.run(2 as never)?.end?.reason).toContain("the guest's process broke the rules");
    expect(openHistory(journal).state("@").readFile("/out/unseen")).toEqual(
      new Uint8Array(Buffer.from("HIDDEN")),
    );
    journal.close();
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
    expect(before).toMatchObject({ ok: true });
  });

  test.each(
    some(
      [
        ["records other bytes than it was given", ["others", promisedFrom + 1]],
        ["records them as another file's", ["elsewhere", promisedFrom + 1]],
        ["records them twice", ["twice", promisedFrom + 1]],
        ["asks for more before it recorded them", ["again", promisedFrom + 1, promisedFrom + 2]],
        ["asks for those of a file outside of its directory", ["", promisedFrom]],
        ["asks for bytes that nobody promised", ["", promisedFrom + 10]],
        ["asks for a place where nothing is promised", ["", 0]],
      ] as const,
      6,
    ),
  )("and may have promised bytes is ended when it %s", async (_what, args) => {
    using workplace = listed({ "d/a": "a", "d/b": "b", out: "o" });
    // The list has `d` and `out`, then what is in the first: the byte of `out` comes first.
    const { outcome, printed } = await breach(workplace, ["promised", ...args.map(String)], {
      preopens: [{ path: "/", directory: "/in/d", access: "read-write" }],
      folders: [{ host: workplace.path("host"), guest: "/in" }],
    });
    expect(printed).not.toContain("taken");
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    const reader = openReader(workplace.journal);
    const fetched = [...reader.query({ kinds: new Set(["fetch"]) })];
    expect(fetched.length).toBeLessThanOrEqual(args[0] === "twice" ? 1 : 0);
    expect(verifyStates(reader)).toBeUndefined();
    reader.close();
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  });

  test.each(
    some(
      [
        ["a frame of 4 GiB", ["frames", "4294967295"]],
        ["a frame that is longer than any may be", ["frames", "2000000"]],
        ["a frame without a kind", ["frames", "0"]],
        ["a frame of no kind", ["say", "99", "x"]],
        ["an end that is none", ["say", "5", "null"]],
        ["an end that is no JSON", ["say", "5", "{"]],
        ["an exit code that is none", ["say", "5", '{"outcome":{"kind":"exited","exit":-1}}']],
        ["a second beginning", ["say", "4", ""]],
        ["a question that nobody asks", ["say", "2", "~"]],
        ["a question without its numbers", ["say", "2", "\u0004"]],
        ["a translation", ["say", "7", "{}"]],
        ["a call in vain at no limit there is", ["say", "9", vainAt("y".repeat(63) + "\u{1f600}")]],
        ["a call in vain at a limit that is no text", ["say", "9", vainAt(["bytes"])]],
      ] as const,
      6,
    ),
  )("is ended when it sends %s", async (_what, args) => {
    using workplace = new Workplace();
    const { outcome } = await breach(workplace, args);
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(verify(workplace.journal)).toMatchObject({ ok: true, events: 2 });
  });

  test("is ended when it is never ready, and leaves no journal", async () => {
    using workplace = new Workplace();
    const silent = join(folder, "silent.js");
    writeFileSync(silent, "setInterval(() => {}, 1_000);");
    const asked = breach(workplace, [], {}, { program: silent, readySeconds: 0.1 });
    await expect(asked).rejects.toThrow("was not ready after 0.1 seconds");
    expect(existsSync(workplace.journal)).toBe(false);
  });

  test("is ended when it asks on and on and takes no answer", async () => {
    using workplace = new Workplace();
    const { outcome } = await breach(workplace, ["questions"]);
    expect(outcome.kind === "failed" && outcome.reason).toContain("answers it does not take");
    expect(verify(workplace.journal)).toMatchObject({ ok: true, events: 4 });
  });

  test.each(
    some([
      ["a commit", 1],
      ["a sync", 2],
      ["a new log", 3],
      ["tape", 4, 0, 1_048_576],
      ["input", 5, 0],
      ["what became of its output", 6],
      ["segments in the spool", 8, 0, 262_144],
    ] as const),
  )("is ended when it asks for %s again before it has an answer", async (_what, ...question) => {
    using workplace = new Workplace();
    recordBefore(workplace);
    const twice = ["together", "2", ...question.map(String)];
    const { outcome } = await breach(workplace, twice);
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(outcome).toMatchObject({
      reason: expect.stringContaining("broke the rules: questions"),
    });
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  });

  test.skipIf(process.platform !== "linux")("cannot fill the disk with its log", async () => {
    using workplace = new Workplace();
    const limits = { ...profiles.default, "call-bytes": 1024 * 1024 };
    const { outcome, printed } = await breach(workplace, ["fill"], { limits });
    expect(printed).toBe("more: EFBIG\n");
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(verify(workplace.journal)).toMatchObject({ ok: true, events: 2 });
  });

  test("that leaves its descriptors to another process keeps no run open", async () => {
    using workplace = new Workplace();
    const { outcome, printed } = await breach(workplace, ["leave"], { isolation: "none" });
    process.kill(Number(printed));
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(verify(workplace.journal)).toMatchObject({ ok: true, events: 2 });
  });

  test("is ended when it prints more than it may, whatever it was told", async () => {
    using workplace = new Workplace();
    const limits = { ...profiles.default, "output-bytes": 10_000_000 };
    const { outcome, printed } = await breach(workplace, ["print"], { limits });
    expect(outcome).toMatchObject({ kind: "failed", exit: 125 });
    expect(printed.length).toBeLessThanOrEqual(10_000_000);
  });
});
