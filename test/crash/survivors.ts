import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect } from "vitest";

import { type Durability, openReader, openWriter, verify } from "../../journal/index.ts";
import { openHistory, verifyStates } from "../../src/history/index.ts";
import type { Workplace } from "../run/support.ts";

/** A guest that prints each finished write, to be killed. */
export const runChild = new URL("run-child.ts", import.meta.url).pathname;

/** Returns the last number on a complete line of its own; 0 if there is none. */
export function acknowledged(stdout: string): number {
  const lines = stdout.slice(0, stdout.lastIndexOf("\n") + 1).split("\n");
  return Number(lines.findLast((line) => /^\d+$/.test(line)) ?? 0);
}

/** Checks a journal after any crash: it opens, verify accepts it, and its events are possible. */
export function expectWhole(file: string): void {
  if (!existsSync(file)) return;
  openWriter(file).close();
  expect(verify(file)).toMatchObject({ ok: true });
  const journal = openReader(file);
  try {
    expect(verifyStates(journal)).toBeUndefined();
  } finally {
    journal.close();
  }
}

/**
 * Checks a journal's durability after the guest had printed so many numbers, and that it takes the next run. `batch`
 * promises an exact prefix, and no more.
 */
export function expectKept(workplace: Workplace, durability: Durability, said: number): void {
  expectWhole(workplace.journal);
  const kept = numbersIn(workplace.journal);
  expect(kept).toEqual(kept.map((_, index) => index + 1));
  if (durability !== "batch") expect(kept.length).toBeGreaterThanOrEqual(said);

  // Not in this process: V8 aborts one that has run guests by the hundred.
  const next = spawnSync(process.execPath, [runChild, workplace.journal, durability, "3"], {
    encoding: "utf8",
  });
  expect(next).toMatchObject({ status: 0, stdout: "1\n2\n3\n" });
  expect(numbersIn(workplace.journal)).toEqual([1, 2, 3]);
  expect(verify(workplace.journal)).toMatchObject({ ok: true });
}

/** Returns the numbers in the guest's file in the last state. */
export function numbersIn(file: string): number[] {
  if (!existsSync(file)) return [];
  const journal = openReader(file);
  try {
    const state = openHistory(journal).state("@");
    if (!state.exists("/numbers")) return [];
    const text = new TextDecoder().decode(state.readFile("/numbers"));
    expect(text === "" || text.endsWith("\n")).toBe(true);
    return text.split("\n").slice(0, -1).map(Number);
  } finally {
    journal.close();
  }
}
