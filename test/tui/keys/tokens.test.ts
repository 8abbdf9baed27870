import type { Key } from "ink";
import { expect, test } from "vitest";

import { tokens } from "../../../tui/keys/tokens.ts";

const none: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

test("a held key that arrives as one text is as many keys", () => {
  expect(tokens("jjj", none)).toEqual(["j", "j", "j"]);
});

test("keys have names", () => {
  expect(tokens("", { ...none, leftArrow: true })).toEqual(["left"]);
  expect(tokens("", { ...none, pageDown: true })).toEqual(["pagedown"]);
  expect(tokens("", { ...none, escape: true, meta: true })).toEqual(["escape"]);
  expect(tokens("", { ...none, tab: true, shift: true })).toEqual(["shift+tab"]);
  expect(tokens("d", { ...none, ctrl: true })).toEqual(["ctrl+d"]);
  expect(tokens(" ", none)).toEqual(["space"]);
});

test("a key that follows Esc closely is not taken for one with Alt", () => {
  expect(tokens("x", { ...none, meta: true })).toEqual(["escape", "x"]);
});

test("both keys for erasing are one, and both line ends are Enter", () => {
  expect(tokens("", { ...none, backspace: true })).toEqual(["backspace"]);
  expect(tokens("", { ...none, delete: true })).toEqual(["backspace"]);
  expect(tokens("\n", none)).toEqual(["enter"]);
  expect(tokens("", { ...none, return: true })).toEqual(["enter"]);
});

test("control characters that come among others are keys", () => {
  expect(tokens("f\x15a\x7f\t\r", none)).toEqual(["f", "ctrl+u", "a", "backspace", "tab", "enter"]);
});

test("characters outside the first plane stay whole, and releases are no keys", () => {
  expect(tokens("😀", none)).toEqual(["😀"]);
  expect(tokens("j", { ...none, eventType: "release" })).toEqual([]);
});
