import { PassThrough } from "node:stream";
import { expect, test } from "vitest";

import { type Seq, openReader, verify } from "../../journal/index.ts";
import { putBack, type PutBackResult } from "../../src/attach/index.ts";
import { diffTrees, openHistory } from "../../src/history/index.ts";
import type { RunOptions } from "../../src/run/index.ts";
import { eventsOf } from "../rules/recorded.ts";
import { Workplace, guests, run } from "../run/support.ts";
import { type Recorder, record } from "../support/journal.ts";
import { some } from "../support/some.ts";
import { type Debugger, debug, each } from "./held.ts";

type Guest = readonly [
  version: string,
  file: string,
  args: readonly string[],
  options: Partial<RunOptions>,
];

const script = Buffer.from("o 1 0 a cw\nw 1 1 0\np 1 3 x\np 1 2 y\ne 1\ns 1\n");
const all: readonly Guest[] = [
  ["0.1", guests.files, ["hard-links"], {}],
  ["0.2", guests.direct(), ["write-read"], {}],
  ["0.3", guests.third, [], { stdin: script }],
];

/** Runs a guest that is held before its second change; then a person puts everything back. */
async function heldAndPutBack(workplace: Workplace, [, guest, args, options]: Guest) {
  const { journal } = workplace;
  const results: (PutBackResult | undefined)[] = [];
  const told: number[] = [];
  let one: Debugger | undefined;
  const ran = await run(workplace, guest, args, {
    ...options,
    attachable: true,
    onEvent: ({ seq }) => void told.push(seq),
    rules: [{ action: "ask", name: "first", operations: ["create"] }],
    onStart(_, controller) {
      one = debug(journal, (question, attached) => {
        if (question.hold !== true) {
          attached.hold(each);
          return "always";
        }
        if (results.length > 0) return "allow";
        results.push(undefined);
        void putBack(journal, { kind: "restore", seq: 1, revision: "run:1^" }).then((result) => {
          results[0] = result;
          attached.hold([]);
        });
        return undefined;
      });
      void one.begun.then(() => controller.resume());
      return "hold";
    },
  });
  await one?.gone;
  return { ...ran, result: results[0], told, events: eventsOf(journal) };
}

test.each(some(all))(
  "a guest of WASI %s that is held goes on in the state that a person made",
  async (...guest) => {
    using workplace = new Workplace();
    const { result, told, events } = await heldAndPutBack(workplace, guest);
    expect(result).toMatchObject({ kind: "done", seen: true });
    if (result?.kind !== "done") throw new Error("nothing was put back");
    expect(told).toEqual(events.map(({ seq }) => seq));
    const own = events.slice(result.first - 1, result.last);
    expect(own[0]).toMatchObject({ kind: "process", pid: 0, number: 1 });
    expect(own.slice(1).every((event) => "by" in event && event.by === 1)).toBe(true);
    expect(own.some(({ kind }) => kind === "unlink")).toBe(true);
    // All else is the guest's, which went on, and knows of no other state than the journal.
    const others = events.filter((event) => !own.includes(event));
    expect(others.every((event) => !("by" in event))).toBe(true);
    expect(others.at(-1)).toMatchObject({ kind: "run-end" });
    expect(others.at(-1)).not.toHaveProperty("reason");
    const reader = openReader(workplace.journal);
    const history = openHistory(reader);
    const paths = diffTrees(history.at(1 as Seq), history.at(result.last as Seq));
    reader.close();
    expect(paths).toEqual([]);
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  },
);

/** Writes "one" to a file, and then "two" in its place. */
function writeTwice(step: Recorder, path: string): void {
  step.write(path, "one");
  step.truncate(path, 0);
  step.write(path, "two");
}

/** A program: it writes before anybody puts something back, and reads afterwards. */
const python = `import os, sys, time
h = open('/notes'); a = open('/notes', 'a'); x = open('/d/x')
keep = open('/keep', 'w+'); keep.write('kept'); keep.flush(); os.remove('/keep')
os.remove('/other'); os.rename('/d', '/e')
print('ready', flush=True)
WAIT
print(sorted(os.listdir('/')), os.listdir('/d'))
print(open('/notes').read(), h.read(), x.read())
keep.seek(0); print(keep.read()); a.write('!'); a.flush(); print(open('/notes').read(), open('/other').read())
`;

test.each(
  some([
    ["waits for input", "sys.stdin.readline()"],
    ["sleeps", "while open('/notes').read() != 'one': time.sleep(1)"],
    ["goes on looking", "while open('/notes').read() != 'one': pass"],
  ] as const),
)(
  "a program that %s sees what a person puts back, and bytes that it could not see before",
  async (_, waiting) => {
    using workplace = new Workplace();
    const { journal } = workplace;
    record(journal, (step) => {
      step.run("before", [], () => {
        writeTwice(step, "/notes");
        step.write("/other", "o");
        step.mkdir("/d");
        step.write("/d/x", "x");
      });
    });
    const first = eventsOf(journal).find((event) => event.kind === "write")?.seq ?? 0;
    const last = eventsOf(journal).length;
    const stdin = new PassThrough();
    const results: (PutBackResult | undefined)[] = [];
    let said = "";
    await run(workplace, "python", ["-c", python.replace("WAIT", waiting)], {
      attachable: true,
      stdin,
      stdout(bytes) {
        said += Buffer.from(bytes).toString();
        if (said !== "ready\n") return;
        void (async () => {
          const whole = { kind: "restore", seq: last, revision: "@" } as const;
          results.push(await putBack(journal, whole));
          const paths = ["/notes"];
          const order = { kind: "restore", seq: first, revision: "first", paths } as const;
          results.push(await putBack(journal, order));
          stdin.end("go\n");
        })();
      },
    });
    expect(results).toMatchObject([{ kind: "done" }, { kind: "done" }]);
    expect(said).toBe("ready\n['d', 'notes', 'other'] ['x']\none one x\nkept\none! o\n");
    expect(verify(journal)).toMatchObject({ ok: true });
  },
);

test("a guest that is put back something with a rule about reading it still does not read it", async () => {
  using workplace = new Workplace();
  const { journal } = workplace;
  record(journal, (step) => void step.run("before", [], () => writeTwice(step, "/secret")));
  const first = eventsOf(journal).find((event) => event.kind === "write")?.seq ?? 0;
  let said = "";
  let result: PutBackResult | undefined;
  const stdin = new PassThrough();
  const look = `import sys
print('ready', flush=True); sys.stdin.readline()
try: print(open('/secret').read())
except OSError as error: print(error.errno)
try: open('/secret', 'w')
except OSError as error: print(error.errno)`;
  await run(workplace, "python", ["-c", look], {
    attachable: true,
    rules: [{ action: "deny", paths: ["secret"] }],
    stdin,
    stdout(bytes) {
      said += Buffer.from(bytes).toString();
      if (said !== "ready\n") return;
      const order = { kind: "restore", seq: first, revision: "first" } as const;
      void putBack(journal, order).then((one) => {
        result = one;
        stdin.end("go\n");
      });
    },
  });
  expect(result).toMatchObject({ kind: "done" });
  expect(said).toBe("ready\n2\n2\n");
});
