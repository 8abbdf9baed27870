import { join } from "node:path";
import { expect } from "vitest";

import { verify } from "../../../journal/index.ts";
import type { Question } from "../../../src/rules/index.ts";
import { type ExecOptions, exec } from "../../../src/run/index.ts";
import { testWithKernel } from "../../fuse/support.ts";
import { eventsOf } from "../../rules/recorded.ts";
import { withTemporary } from "../../support/temporary.ts";

const isRoot = process.getuid?.() === 0;
const test = isRoot ? testWithKernel() : testWithKernel().skip;

function run(folder: string, script: string, options: ExecOptions = {}) {
  const journal = join(folder, "exec.db");
  return exec(journal, ["/bin/sh", "-c", script], { folder, ...options });
}

test("a program runs on a journal's filesystem, and each event is told in its order", () =>
  withTemporary(async (folder) => {
    const journal = join(folder, "exec.db");
    const told: number[] = [];
    const { outcome } = await run(folder, "echo 1 >a; mkdir d; exit 3", {
      onEvent: ({ seq }) => void told.push(seq),
    });
    expect(outcome).toMatchObject({ kind: "exited", exit: 3 });
    const events = eventsOf(journal);
    expect(told).toEqual(events.map(({ seq }) => seq));
    expect(events.at(0)?.kind).toBe("run-start");
    expect(events.at(-1)?.kind).toBe("run-end");
    const from = events.length - 2;
    told.length = 0;
    await run(folder, "true", { onEvent: ({ seq }) => void told.push(seq), since: from });
    expect(told).toEqual(eventsOf(journal).flatMap(({ seq }) => (seq > from ? [seq] : [])));
    expect(verify(journal)).toMatchObject({ ok: true });
  }));

test("a change is asked about before it is made, after what rules say", () =>
  withTemporary(async (folder) => {
    const asked: Question[] = [];
    await run(folder, "mkdir yes no secret; rmdir yes", {
      rules: [{ action: "deny", paths: ["secret"] }],
      async beforeChange(question) {
        asked.push(question);
        return question.path === "/no" ? "deny" : "allow";
      },
    });
    expect(asked.map(({ call, path }) => `${call} ${path}`)).toEqual([
      "mkdir /yes",
      "mkdir /no",
      "rmdir /yes",
    ]);
    const decided = eventsOf(join(folder, "exec.db")).flatMap((event) =>
      event.kind === "decision" ? [`${event.path} ${event.action} ${event.answered}`] : [],
    );
    expect(decided).toContain("/no ask -> deny caller");
    expect(decided).toContain("/secret deny undefined");
  }));

test("what is thrown about an event ends the program, and is thrown", () =>
  withTemporary(async (folder) => {
    const failing = run(folder, "mkdir a; sleep 600", {
      onEvent({ kind }) {
        if (kind === "mkdir") throw new Error("enough");
      },
    });
    await expect(failing).rejects.toThrow("enough");
    expect(eventsOf(join(folder, "exec.db")).at(-1)).toMatchObject({ kind: "run-end", exit: 130 });
  }));
