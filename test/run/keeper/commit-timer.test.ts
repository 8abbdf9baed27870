import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";

import { CommitTimer } from "../../../src/run/keeper/commit-timer.ts";
import { begin, fileOf, write } from "../../journal/writer/begun.ts";
import { Workplace } from "../support.ts";

test("events that nobody told of are committed, also long after the last that somebody did", async () => {
  using workplace = new Workplace();
  using begun = begin(workplace.journal);
  const { guest, keeper } = begun;
  const timer = new CommitTimer(keeper, (error) => {
    throw error;
  });
  timer.begin();
  for (const quiet of [0, 5, 30, 300]) {
    await pause(quiet);
    // As a guest's process does that was stopped before it could tell.
    const { seq } = write(guest, fileOf(10));
    while (keeper.journal.head() < seq) await pause(5);
  }
  timer.stop();
  expect(keeper.journal.head()).toBe(5);
});
