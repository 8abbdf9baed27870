import { describe, expect, test } from "vitest";

import { Here } from "./support.ts";

describe("a component of WASI 0.3", () => {
  test("writes files and prints through streams, and all of it is in the journal", async () => {
    using here = new Here();
    const { answers, outcome, events } = await here.speak([
      "o 1 0 a crw",
      "w 1 1 0",
      "p 1 3 x",
      "p 1 2 y",
      "e 1",
      "s 1",
    ]);
    expect(answers).toEqual(["ok", "ok", "completed 3", "completed 2", "ok", "regular-file 1 5"]);
    expect(outcome).toEqual({ kind: "exited", exit: 0 });
    expect(events).toMatchObject([
      { kind: "create", name: "a" },
      { kind: "write", offset: 0, length: 3 },
      { kind: "write", offset: 3, length: 2 },
    ]);
  });

  test("finds what an earlier run has left", async () => {
    using here = new Here();
    await here.speak(["o 1 0 a cw", "w 1 1 0", "p 1 3 x", "e 1"]);
    const { answers } = await here.speak(["o 1 0 a r", "i 1 1 1", "g 1 10", "c 1", "D 0"]);
    expect(answers).toEqual(["ok", "ok", "completed 2 xx", "ok", "regular-file a ok"]);
  });

  test("waits for a time", async () => {
    using here = new Here();
    expect((await here.speak(["t 2000000", "t 0"])).answers).toEqual(["ok", "ok"]);
  });
});

describe("a stream into a file", () => {
  test("that nobody ends and whose future nobody reads leaves what was written", async () => {
    using here = new Here();
    const { outcome, events } = await here.speak(["o 1 0 a cw", "w 1 1 2", "p 1 3 x"]);
    expect(outcome).toEqual({ kind: "exited", exit: 0 });
    expect(events).toMatchObject([{ kind: "create" }, { kind: "write", offset: 2, length: 3 }]);
  });

  test("that is dropped, and never asked how it ended, leaves what was written", async () => {
    using here = new Here();
    const { answers } = await here.speak(["o 1 0 a cw", "a 1 1", "p 1 3 x", "x 1", "s 1"]);
    expect(answers.at(-1)).toBe("regular-file 1 3");
  });

  test("that fails ends with the code, and leaves what was written before", async () => {
    using here = new Here();
    const limits = { "file-bytes": 10 };
    const { answers } = await here.speak(
      ["o 1 0 a cw", "w 1 1 0", "p 1 8 x", "p 1 8 y", "e 1", "s 1"],
      { limits },
    );
    expect(answers.slice(2)).toEqual([
      "completed 8",
      "dropped 0",
      "file-too-large",
      "regular-file 1 8",
    ]);
  });

  test("takes as much as fits, where more comes at once than goes into one event", async () => {
    using here = new Here();
    const limits = { "call-bytes": 4, "file-bytes": 10 };
    const { answers, events } = await here.speak(["o 1 0 a cw", "w 1 1 0", "p 1 100 x", "e 1"], {
      limits,
    });
    expect(answers.slice(2)).toEqual(["dropped 8", "file-too-large"]);
    expect(events.filter(({ kind }) => kind === "write")).toHaveLength(2);
  });

  test("tells how it ended even to who asks no more, once it has, and is asked again where it has not", async () => {
    using here = new Here();
    const { answers } = await here.speak(
      ["o 1 0 a cw", "w 1 1 0", "P 1", "p 1 8 x", "Q 1", "P 1", "p 1 1 y", "Q 1", "e 1"],
      { limits: { "file-bytes": 8 } },
    );
    expect(answers.slice(2)).toEqual([
      "blocked",
      "completed 8",
      "cancelled",
      "blocked",
      "dropped 0",
      "file-too-large",
      "nothing",
    ]);
  });

  test("takes what waits in it when the file is given it", async () => {
    using here = new Here();
    const { answers } = await here.speak([
      "o 1 0 a cw",
      "q 2",
      "p 2 6 m",
      "W 2 1 3",
      "v w 2",
      "e 2",
      "s 1",
    ]);
    expect(answers.slice(2)).toEqual(["blocked", "ok", "completed 6", "ok", "regular-file 1 9"]);
  });

  test("takes nothing of what was cancelled before", async () => {
    using here = new Here();
    const { answers } = await here.speak([
      "o 1 0 a cw",
      "q 2",
      "p 2 6 m",
      "C w 2",
      "W 2 1 0",
      "p 2 2 n",
      "e 2",
      "s 1",
    ]);
    expect(answers.slice(3)).toEqual([
      "cancelled 0",
      "ok",
      "completed 2",
      "ok",
      "regular-file 1 2",
    ]);
  });

  test("at the end loses nothing to another one", async () => {
    using here = new Here();
    const { answers } = await here.speak([
      "o 1 0 a crw",
      "a 1 1",
      "a 2 1",
      "p 1 2 x",
      "p 2 2 y",
      "p 1 2 z",
      "e 1",
      "e 2",
      "i 3 1 0",
      "g 3 10",
    ]);
    expect(answers.at(-1)).toBe("completed 6 xxyyzz");
  });

  test("that may not be is at its end, and its future says why", async () => {
    using here = new Here();
    const preopens = [
      { path: "/", access: "read-write" },
      { path: "/frozen", access: "read-only" },
    ] as const;
    const { answers, events } = await here.speak(
      [
        "o 2 0 a cw",
        "o 3 0 a r",
        "o 4 1 a r",
        ...["0", "3", "4"].flatMap((name) => [`w 5 ${name} 0`, "p 5 1 x", "e 5"]),
      ],
      { preopens },
    );
    expect(answers.slice(3).filter((_, at) => at % 3 > 0)).toEqual(
      ["bad-descriptor", "bad-descriptor", "not-permitted"].flatMap((code) => ["dropped 0", code]),
    );
    expect(events.filter(({ kind }) => kind === "fail")).not.toEqual([]);
  });
});

describe("a stream from a file", () => {
  const made = ["o 1 0 a crw", "w 1 1 0", "p 1 4 x", "e 1"];

  test("gives what is there from the position on, and then its end", async () => {
    using here = new Here();
    const { answers } = await here.speak([...made, "i 2 1 1", "g 2 2", "g 2 9", "g 2 9", "c 2"]);
    expect(answers.slice(5)).toEqual(["completed 2 xx", "completed 1 x", "dropped 0 ", "ok"]);
  });

  test("reads nothing before it is asked to: what is written meanwhile is in it", async () => {
    using here = new Here();
    const { answers } = await here.speak([...made, "i 2 1 2", "a 3 1", "p 3 2 y", "g 2 9"]);
    expect(answers.at(-1)).toBe("completed 4 xxyy");
  });

  test("that is dropped early ends well", async () => {
    using here = new Here();
    const { answers } = await here.speak([...made, "i 2 1 0", "g 2 1", "c 2"]);
    expect(answers.slice(5)).toEqual(["completed 1 x", "ok"]);
  });

  test("that may not be is at its end, and its future says why", async () => {
    using here = new Here();
    const { answers } = await here.speak([
      ...made,
      "o 2 0 a w",
      "i 3 0 0",
      "g 3 1",
      "c 3",
      "i 3 2 0",
      "g 3 1",
      "c 3",
      "i 3 1 9223372036854775808",
      "g 3 1",
      "c 3",
    ]);
    const told = answers.slice(5).filter((_, at) => at % 3 > 0);
    expect(told).toEqual(
      ["is-directory", "bad-descriptor", "invalid"].flatMap((code) => ["dropped 0 ", code]),
    );
  });

  test("keeps its file readable when the name is gone, and its descriptor closed", async () => {
    using here = new Here();
    const { answers } = await here.speak([...made, "i 2 1 0", "u 0 a", "d 1", "g 2 9", "c 2"]);
    expect(answers.slice(5)).toEqual(["ok", "ok", "completed 4 xxxx", "ok"]);
  });
});

describe("a stream of the guest's own", () => {
  test("holds nothing: what is written waits for who reads it", async () => {
    using here = new Here();
    const { answers } = await here.speak([
      "q 1",
      "p 1 5 x",
      "g 1 3",
      "v w 1",
      "g 1 4",
      "p 1 9 y",
      "v r 1",
      "g 1 1",
      "C r 1",
    ]);
    expect(answers).toEqual([
      "ok",
      "blocked",
      "completed 3 xxx",
      "completed 3",
      "blocked",
      "completed 4",
      "completed 4",
      "blocked",
      "cancelled 0",
    ]);
  });

  test("tells its writer when nobody reads any more", async () => {
    using here = new Here();
    const { answers } = await here.speak(["q 1", "p 1 5 x", "c 1", "v w 1"]);
    expect(answers.at(-1)).toBe("dropped 0");
  });

  test("that is used twice at once, or after its end, traps", async () => {
    using here = new Here();
    for (const last of ["p 1 5 x", "x 1"])
      expect((await here.speak(["q 1", "p 1 5 x", last])).outcome).toMatchObject({
        kind: "trapped",
      });
    const { outcome } = await here.speak(["q 1", "c 1", "p 1 5 x", "p 1 5 x"]);
    expect(outcome).toMatchObject({ kind: "trapped" });
  });
});

describe("the entries of a directory", () => {
  test("are those of the moment of the call, without its own and its parent's", async () => {
    using here = new Here();
    const names = Array.from({ length: 8 }, (_, at) => `n${at}`);
    const { answers } = await here.speak([
      ...names.map((name) => `m 0 ${name}`),
      "y 0 n1 link",
      "D 0",
      "o 1 0 file cw",
      "D 1",
    ]);
    expect(answers[9]).toBe(
      ["symbolic-link link", ...names.map((name) => `directory ${name}`), "ok"].join(" "),
    );
    expect(answers.at(-1)).toBe("not-directory");
  });
});

test("streams count as descriptors, of which a guest has so many", async () => {
  using here = new Here();
  const limits = { descriptors: 4 };
  const { answers, outcome } = await here.speak(
    ["o 1 0 a crw", "i 1 1 0", "i 2 1 0", "i 3 1 0", "c 3", "c 1", "i 3 1 0", "c 3"],
    { limits },
  );
  expect(outcome).toEqual({ kind: "exited", exit: 0 });
  expect(answers).toEqual(["ok", "ok", "ok", "ok", "insufficient-memory", "ok", "ok", "ok"]);
});
