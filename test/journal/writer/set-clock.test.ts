import { copyFileSync, utimesSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { BreachError, openWriter, type Seq, verify } from "../../../journal/index.ts";
import { begin, type Begun, expectTaken, fileOf, write } from "./begun.ts";
import { Forger } from "./forger.ts";
import { scratch } from "../support.ts";

const file = scratch();

/** The machine's clocks, which stand still until they are set. */
class Clocks {
  #wall = Date.now();
  #ticks = process.hrtime.bigint();

  constructor() {
    vi.spyOn(Date, "now").mockImplementation(() => this.#wall);
    vi.spyOn(process.hrtime, "bigint").mockImplementation(() => this.#ticks);
  }

  pass(seconds: number): void {
    this.#ticks += BigInt(Math.round(seconds * 1e9));
    this.set(seconds);
  }

  /** Sets the wall clock forward or back. */
  set(seconds: number): void {
    this.#wall += seconds * 1_000;
  }

  get wall(): number {
    return this.#wall;
  }
}

afterEach(() => void vi.restoreAllMocks());

test.each([-3_600, -2, 2, 3_600])(
  "a guest whose machine's clock is set by %i seconds goes on",
  (seconds) => {
    const clocks = new Clocks();
    using begun = begin(file(`set-${seconds}.db`));
    const { guest, keeper } = begun;
    // Each looks at the wall clock once a second, in its own turn: here the keeper after the guest.
    clocks.pass(0.5);
    write(guest, fileOf(10));
    clocks.pass(0.8);
    keeper.take();
    clocks.set(seconds);
    for (const turn of [0.8, 0.1, 0.5, 0.8, 10, 100]) {
      clocks.pass(turn);
      write(guest, fileOf(10));
      write(guest, fileOf(20));
      keeper.take();
    }
    // The keeper comes to look long after.
    for (const turn of [1, 20, 300]) {
      clocks.pass(turn);
      write(guest, fileOf(30));
    }
    keeper.take();
    expectTaken(begun, 17);
  },
);

test("a guest's process that says later times than there are gains a second, however many events it records", () => {
  const clocks = new Clocks();
  using begun = begin(file("later.db"));
  const { keeper } = begun;
  const forger = new Forger(begun);
  const second = 1_000_000_000n;
  const record = (time: bigint): void => {
    const { seq, tape } = forger.next;
    forger.append(forger.record({ ...forger.write(fileOf(1)), time }, fileOf(1)));
    forger.next = { seq: (seq + 1) as Seq, tape: tape + 1 };
  };
  const now = BigInt(clocks.wall) * 1_000_000n;
  record(now + second);
  keeper.take();
  record(now + second + 1n);
  expect(() => keeper.take()).toThrow(new BreachError("an event with an impossible time"));
  expect(keeper.commit()).toBe(1);
});

test.each([-600, -2, 0, 600])(
  "a log is taken over after a crash though the clock was set by %i seconds after the run before",
  (seconds) => {
    const clocks = new Clocks();
    const path = file(`crash-${seconds}.db`);
    const before = openWriter(path);
    before.append({ kind: "mark", name: "before", at: 0 as Seq });
    before.close();
    clocks.set(seconds);
    clocks.pass(2);
    using begun = begin(path);
    for (const turn of [1, 5, 30]) {
      clocks.pass(turn);
      write(begun.guest, fileOf(10));
    }
    expect(eventsAfterCrash(begun, clocks.wall)).toBe(5);
  },
);

/** Returns how many events a writer finds in a copy of the journal, whose log was written at this time. */
function eventsAfterCrash({ path }: Begun, writtenMilliseconds: number): number {
  const killed = `${path}.killed`;
  for (const end of ["", "-wal", "-tail"]) copyFileSync(path + end, killed + end);
  utimesSync(`${killed}-tail`, writtenMilliseconds / 1_000, writtenMilliseconds / 1_000);
  const survivor = openWriter(killed);
  const head = survivor.head();
  survivor.close();
  expect(verify(killed)).toMatchObject({ ok: true, events: head });
  return head;
}
