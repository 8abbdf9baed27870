import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openReader } from "../../journal/index.ts";
import { adapt } from "../support/adapted.ts";
import { some } from "../support/some.ts";
import { Workplace, run } from "./support.ts";

const program = new URL("../guests/preview1/differences.wasm", import.meta.url).pathname;

/** Result of a case: the error number or 0 with a number; or why it ended; and the number of recorded writes. */
interface Came {
  readonly told?: string;
  readonly reason?: string;
  readonly writes?: number;
}

const unreachable = { reason: "wasm trap: wasm `unreachable` instruction executed" };

/** docs/preview1.md has the table for people: results of a plain program, and as a component by the adapter. */
const differences: readonly (readonly [string, Came, Came])[] = [
  ["writev", { told: "0 7", writes: 1 }, { told: "0 3", writes: 1 }],
  ["write", { told: "0 10000", writes: 1 }, { told: "0 10000", writes: 3 }],
  ["read", { told: "0 200000" }, { told: "0 65536" }],
  ["descriptors", { told: "0 16387" }, { told: "0 128" }],
  ["lowest", { told: "0 0" }, { told: "0 1" }],
  ["pread-stdin", { told: "70" }, { told: "28" }],
  ["sync-directory", { told: "0 0" }, { told: "8" }],
  ["times-of-directory", { told: "0 0" }, { told: "8" }],
  ["no-utf8", { told: "25" }, { reason: "a string that is not UTF-8" }],
  ["append-later", { told: "0 16", writes: 3 }, { told: "0 13", writes: 3 }],
  ["read-after-write", { told: "0 5", writes: 1 }, { told: "0 8", writes: 1 }],
  ["refused-twice", { told: "8" }, { told: "0 0" }],
  ["nothing-to-nobody", { told: "8" }, { told: "0 0" }],
  ["rights", { told: "0 66" }, { told: `0 ${2n ** 64n - 1n}` }],
  ["raise", { told: "58" }, unreachable],
  ["accept", { told: "57" }, unreachable],
  ["crash", { reason: "unreachable" }, unreachable],
];

async function came(guest: string, workplace: Workplace, which: string): Promise<Came> {
  const { stdout, outcome } = await run(workplace, guest, [which]);
  const journal = openReader(workplace.journal);
  try {
    const writes = [...journal.query({ kinds: new Set(["write"]) })].length;
    return {
      ...(stdout === "" ? {} : { told: stdout.trimEnd() }),
      ...(outcome.kind === "trapped" ? { reason: outcome.reason } : {}),
      ...(writes === 0 ? {} : { writes }),
    };
  } finally {
    journal.close();
  }
}

/** The program as a component, made once. */
const adaptedOnce = new Workplace();
const component = adaptedOnce.path("differences.wasm");

beforeAll(() => adapt(program, component));

afterAll(() => adaptedOnce[Symbol.dispose]());

describe("a program of preview 1", () => {
  test.each(some(differences))("sees as it is what is documented: %s", async (which, direct) => {
    using workplace = new Workplace();
    expect(await came(program, workplace, which)).toEqual(direct);
  });

  test.each(some(differences))(
    "sees the other thing as a component: %s",
    async (which, _, adapted) => {
      using workplace = new Workplace();
      expect(await came(component, workplace, which)).toEqual(adapted);
    },
  );
});
