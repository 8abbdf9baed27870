import { expect, test } from "vitest";
import type { Seq } from "../../../journal/index.ts";
import { openSample } from "../sample.ts";
import { Desk } from "./desk.ts";

const sample = openSample();

const openDesk = (cursor?: number) => new Desk(sample.recording, cursor);

test("breakpoints can be typed, listed and deleted", () => {
  const desk = openDesk(0).keys("B", "a", "op:unlink", "<enter>");
  expect(desk.state.overlay).toEqual({ kind: "breakpoints", row: 0 });
  desk.keys("<escape>", "c");
  expect(desk.state.cursor).toBe(43);
  desk.keys("B", "d");
  expect(desk.state.breakpoints).toEqual([]);
});

test("a breakpoint on bytes can be typed, for the file that is shown or another", () => {
  const desk = openDesk(45).keys(
    "B",
    "a",
    "bytes:40-50 path:/app/src/index.ts",
    "<enter>",
    "<escape>",
    "C",
  );
  expect(desk.state.cursor).toBe(21);
  const wrong = openDesk(45).keys("B", "a", "bytes:40-50 /no/such", "<enter>");
  expect(wrong.state.overlay).toMatchObject({
    kind: "prompt",
    error: expect.stringContaining("/no/such"),
  });
});

test("what is no moment is told with the forms that there are", () => {
  const desk = openDesk().keys(":", "zzz", "<enter>");
  expect(desk.state.overlay).toMatchObject({
    error:
      '"zzz" is not a moment: 412, #412, 14:03:07, -5s, 50%, +100, run:2 or a mark; L40 is a line',
  });
});

test("a place that is none keeps the prompt open and says why", () => {
  const desk = openDesk().keys(":", "900", "<enter>");
  expect(desk.state.overlay).toMatchObject({ kind: "prompt", error: "The last event is #45." });
  desk.keys("<escape>", ":", "yesterday", "<enter>");
  expect(desk.state.overlay).toMatchObject({ kind: "prompt" });
  expect(desk.state.cursor).toBe(21);
});

test("nothing that changes the journal happens on one key", () => {
  const desk = openDesk().keys("r", "z", "Z", "m");
  expect(desk.effects.every(({ kind }) => kind === "plan")).toBe(true);
});

test("a plan is carried out by y and by nothing else", () => {
  const plan = {
    kind: "restore",
    path: "/app",
    to: 21 as Seq,
    head: 45 as Seq,
    events: 4,
    notes: [],
    changes: [{ letter: "M", path: "/app/src/index.ts" }],
  } as const;
  const desk = openDesk().send({ kind: "planned", plan }).keys("j", "<enter>", "r");
  expect(desk.effects).toEqual([]);
  expect(desk.keys("y").effects).toEqual([{ kind: "carry-out", plan }]);
});

test.each(["n", "<escape>"])("%s cancels a question", (key) => {
  const plan = {
    kind: "undo",
    path: "/",
    to: 13 as Seq,
    head: 45 as Seq,
    events: 4,
    notes: [],
    changes: [],
  } as const;
  const desk = openDesk().send({ kind: "planned", plan }).keys(key);
  expect(desk.state.overlay).toBeUndefined();
  expect(desk.effects).toEqual([]);
});

test("d shows what a plan would change, the way it would go, and comes back to the question", () => {
  const plan = {
    kind: "restore",
    path: "/app",
    to: 21 as Seq,
    head: 45 as Seq,
    events: 4,
    notes: [],
    changes: [],
  } as const;
  const desk = openDesk().keys("2", "v", "h");
  const before = desk.state;
  desk.send({ kind: "planned", plan }).keys("d");
  expect(desk.state).toMatchObject({ cursor: 21, pin: 45, path: "/app", focus: "main" });
  desk.keys("l", "G", "r", "2", "k", "<escape>");
  expect(desk.state.overlay).toEqual({ kind: "plan", plan });
  desk.keys("n");
  expect(desk.state).toEqual(before);
  desk.send({ kind: "planned", plan }).keys("d", "y");
  expect(desk.effects.at(-1)).toEqual({ kind: "carry-out", plan });
  expect(desk.state).toEqual(before);
});

test("pasted text goes into a prompt as one line and runs no commands", () => {
  const desk = openDesk().send({ kind: "paste", text: "qqq" });
  expect(desk.effects).toEqual([]);
  desk.keys("f").send({ kind: "paste", text: "op:write\nop:mkdir" });
  expect(desk.state.overlay).toMatchObject({ text: "op:write op:mkdir" });
});

test("a prompt is edited like a line of a shell", () => {
  const desk = openDesk().keys(
    "f",
    "abc def",
    "<ctrl+w>",
    "x",
    "<home>",
    "y",
    "<right>",
    "<backspace>",
    "<end>",
    "z",
  );
  expect(desk.state.overlay).toMatchObject({ text: "ybc xz" });
  desk.keys("<ctrl+u>", "<backspace>");
  expect(desk.state.overlay).toBeUndefined();
});

test("the help finds keys and runs the one that is found", () => {
  const desk = openDesk().keys("?", "enlarge", "<enter>");
  expect(desk.state).toMatchObject({ zoom: "full" });
  expect(desk.state.overlay).toBeUndefined();
});
