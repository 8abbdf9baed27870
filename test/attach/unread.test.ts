import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";

import { Attachment } from "../../src/attach/index.ts";
import { socketOf } from "../../src/attach/place.ts";
import type { Question } from "../../src/rules/index.ts";
import { withTemporary } from "../support/temporary.ts";

const question: Question = {
  rule: "ask **",
  operation: "write",
  path: "/f",
  words: ["write"],
  call: "write",
  size: 60_000,
  before: new Uint8Array(60_000),
  after: new Uint8Array(60_000),
};

test("a debugger that reads nothing is told of so many calls, and of those that still wait when it reads again", () =>
  withTemporary(async (folder) => {
    const journal = join(folder, "rewind.db");
    writeFileSync(journal, "");
    using attachment = new Attachment("program", {
      hold: async () => {},
      putBack: async () => ({ kind: "nothing" }),
    });
    attachment.listen(journal);
    const socket = connect(socketOf(journal));
    socket.write('{"kind":"attach"}\n');
    await new Promise((resolve) => socket.once("readable", resolve));
    // A program that interrupts its calls again and again, and then waits in one.
    const before = process.memoryUsage();
    for (let count = 0; count < 2_000; count += 1) {
      const abort = new AbortController();
      const answer = attachment.ask(question, abort.signal);
      abort.abort();
      expect(await answer).toBeUndefined();
    }
    const after = process.memoryUsage();
    // All of them would be 320 MB.
    expect(after.external + after.heapUsed - before.external - before.heapUsed).toBeLessThan(1.5e8);
    const last = attachment.ask({ ...question, path: "/last" }, new AbortController().signal);
    let said = "";
    let ids: number[] = [];
    for await (const chunk of socket.setEncoding("utf8")) {
      said += String(chunk);
      const lines = said.split("\n");
      said = lines.pop() ?? "";
      ids = ids.concat(
        lines.flatMap((line) => /^\{"kind":"held","id":(\d+)/.exec(line)?.[1] ?? []).map(Number),
      );
      if (lines.some((line) => line.includes('"/last"'))) break;
    }
    expect(ids).toEqual(ids.toSorted((one, other) => one - other));
    expect(ids.length).toBeLessThan(200);
    expect(ids.at(-1)).toBe(2_001);
    socket.destroy();
    expect(await last).toBeUndefined();
  }));
