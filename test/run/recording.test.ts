import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";

import { type Event, openReader, openWriter } from "../../journal/index.ts";
import { profiles } from "../../src/fs/index.ts";
import { Workplace, guests, run } from "./support.ts";

function eventsOf(workplace: Workplace): Event[] {
  const journal = openReader(workplace.journal);
  try {
    return [...journal.query({})];
  } finally {
    journal.close();
  }
}

describe("a guest's run in the journal", () => {
  test("begins with what was run and ends with how it ended", async () => {
    using workplace = new Workplace();
    const ran = await run(workplace, guests.files, ["exit", "3"], {
      environment: new Map([["SECRET", "value"]]),
    });
    const events = eventsOf(workplace);
    expect(events.at(0)).toMatchObject({
      kind: "run-start",
      cause: "guest",
      guest: guests.files,
      args: ["exit", "3"],
      environment: ["SECRET"],
      digest: ran.digest,
    });
    expect(events.at(-1)).toMatchObject({ kind: "run-end", exit: 3, run: ran.run });
  });

  test("tells a trap, a timeout and an interruption by their reason", async () => {
    using workplace = new Workplace();
    await run(workplace, guests.files, ["crash"]);
    await run(workplace, guests.files, ["spin"], { timeoutSeconds: 0.1 });
    await run(workplace, guests.files, ["spin"], { signal: AbortSignal.abort("SIGINT") });
    const ends = eventsOf(workplace).filter((event) => event.kind === "run-end");
    expect(ends).toMatchObject([
      { run: 1, exit: 134, reason: "memory access out of bounds" },
      { run: 2, exit: 124, reason: "timeout" },
      { run: 3, exit: 130, reason: "interrupted" },
    ]);
  });

  test("holds all that was acknowledged when its thread was ended", async () => {
    using workplace = new Workplace();
    const abort = new AbortController();
    let printed = "";
    await run(workplace, guests.files, ["acknowledge"], {
      signal: abort.signal,
      stdout: (bytes) => {
        printed += new TextDecoder().decode(bytes);
        if (printed.length > 5_000) abort.abort("SIGINT");
      },
    });
    const journal = openReader(workplace.journal);
    try {
      const content = new Uint8Array(journal.tapeLength(journal.head()));
      journal.readTape(0 as never, content.length, content);
      expect(new TextDecoder().decode(content).startsWith(printed)).toBe(true);
    } finally {
      journal.close();
    }
  });

  test("is visible to others while the guest waits", async () => {
    using workplace = new Workplace();
    const abort = new AbortController();
    let seen: Event[] = [];
    const look = (): void => {
      seen = eventsOf(workplace);
      if (seen.length > 0) abort.abort("SIGTERM");
      else setTimeout(look, 5);
    };
    const stdin = new Readable({ read: look });
    await run(workplace, guests.direct(), ["wait-for-input"], { signal: abort.signal, stdin });
    expect(seen.map((event) => event.kind)).toEqual(["run-start"]);
  });

  test("does not begin when another writes the journal", async () => {
    using workplace = new Workplace();
    const writer = openWriter(workplace.journal);
    try {
      await expect(run(workplace, guests.files, ["hello"])).rejects.toMatchObject({
        name: "JournalError",
        code: "locked",
      });
    } finally {
      writer.close();
    }
  });

  test("does not begin with a preopen that is not there", async () => {
    using workplace = new Workplace();
    const preopens = [{ path: "/data", directory: "/data", access: "read-only" }] as const;
    await expect(run(workplace, guests.files, ["hello"], { preopens })).rejects.toMatchObject({
      name: "RunError",
      code: "failed",
      hint: expect.stringContaining("directory"),
    });
    expect(readdirSync(workplace.folder)).toEqual([]);
  });

  test("shows what a limit refused", async () => {
    using workplace = new Workplace();
    const limits = { ...profiles.default, "file-bytes": 1_000 };
    const ran = await run(workplace, guests.files, ["far"], { limits });
    expect(ran.stdout).toMatch(/^pwrite far: /);
    expect(eventsOf(workplace).find((event) => event.kind === "fail")).toMatchObject({
      limit: "file-bytes",
    });
  });
});
