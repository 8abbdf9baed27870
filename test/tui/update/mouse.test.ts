import { expect, test } from "vitest";

import { reportsIn } from "../../../tui/keys/reports.ts";
import { openSample } from "../sample.ts";
import { Desk } from "./desk.ts";

const sample = openSample();

test("reports of the mouse are taken out of what is typed, in pieces too", () => {
  const take = reportsIn();
  expect(take("a\x1b[<0;1;2Mb\x1b[<0;1;2m")).toMatchObject({
    rest: "ab",
    pointers: [{ did: "press", column: 0, row: 1 }],
  });
  expect(take("\x1b[<65;10")).toMatchObject({ rest: "", pointers: [] });
  expect(take(";20Mc")).toMatchObject({
    rest: "c",
    pointers: [{ did: "wheel-down", column: 9, row: 19 }],
  });
  expect(take("\x1b[<2;1;1M\x1b[A\x1b").rest).toBe("\x1b[A\x1b");
});

test("a terminal that tells its background gets colours for it, in pieces too, and no keys", () => {
  const take = reportsIn();
  expect(take("j\x1b]11;rgb:ffff/ffff/ff")).toMatchObject({ rest: "j", background: undefined });
  expect(take("ff\x1b")).toMatchObject({ rest: "", background: undefined });
  expect(take("\\k")).toMatchObject({ rest: "k", background: "light" });
  expect(take("\x1b]11;rgb:1c/1c/1c\x07")).toMatchObject({ rest: "", background: "dark" });
  expect(take("\x1b]x").rest).toBe("\x1b]x");
});

test("a click on a row of the timeline goes there, and the focus with it", () => {
  const desk = new Desk(sample.recording, 21).keys("0");
  const first = desk.state.timelineFirst;
  press(desk, 10, 3 + 2);
  expect(desk.state).toMatchObject({ focus: "timeline", cursor: first + 1, visited: [21] });
});

test("a click opens a tab, selects a row of the tree, and a second one opens the directory", () => {
  const desk = new Desk(sample.recording, 45);
  press(desk, 46 + 13, 3);
  expect(desk.state).toMatchObject({ focus: "main", main: { tab: "content" } });
  const tree = 3 + 15 + 1;
  press(desk, 5, tree + 1);
  expect(desk.state).toMatchObject({ focus: "tree", path: "/app" });
  expect(desk.state.tree.open.has("/app")).toBe(false);
  press(desk, 5, tree + 1);
  expect(desk.state.tree.open.has("/app")).toBe(true);
});

test("a click on the strip goes to its moment, and dragging goes along", () => {
  const desk = new Desk(sample.recording, 21);
  press(desk, 1, 2);
  expect(desk.state.cursor).toBeLessThan(3);
  desk.send({ kind: "mouse", did: "drag", column: 98, row: 1 });
  expect(desk.state.cursor).toBe(45);
});

test("the wheel moves the list that it is over, and not the focus", () => {
  const desk = new Desk(sample.recording, 21);
  desk.send({ kind: "mouse", did: "wheel-down", column: 80, row: 10 });
  expect(desk.state).toMatchObject({ cursor: 21, focus: "timeline" });
  desk.send({ kind: "mouse", did: "wheel-down", column: 10, row: 10 });
  expect(desk.state.cursor).toBe(24);
  desk.send({ kind: "mouse", did: "wheel-up", column: 10, row: 10 });
  expect(desk.state.cursor).toBe(21);
});

test("in a list a click selects, a second one goes there, and outside of everything nothing happens", () => {
  const desk = new Desk(sample.recording, 21).keys("o", "map");
  press(desk, 10, 1 + 1 + 2 + 1);
  expect(desk.state.overlay).toMatchObject({ listing: { place: { row: 1 } } });
  press(desk, 10, 1 + 1 + 2 + 1);
  expect(desk.state.overlay).toBeUndefined();
  const before = desk.state;
  press(desk, 500, 500);
  press(desk, 10, 29);
  expect(desk.state).toEqual({ ...before, toast: undefined });
});

function press(desk: Desk, column: number, row: number): void {
  desk.send({ kind: "mouse", did: "press", column, row });
}
