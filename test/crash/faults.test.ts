import { expect, test } from "vitest";

import { mounted } from "../journal/support.ts";
import { Workplace, guests, run } from "../run/support.ts";
import { start } from "../support/screen/command.ts";
import { patience, scale } from "../support/scale.ts";
import { disk } from "../support/temporary.ts";
import { tried } from "../support/tried.ts";
import { some } from "../support/some.ts";
import { acknowledged, expectKept, expectWhole, numbersIn } from "./survivors.ts";
import { testWhereTraced, traced } from "./traced.ts";

const tracedTest = testWhereTraced();

/** The disk's error, the guest's error by wasi-libc, and the person's message; SQLite says less than it knows. */
const faults = [
  [
    "ENOSPC",
    /No space left on device|I\/O error/,
    /the disk is full, or a quota is used up|disk I\/O/,
  ],
  [
    "EDQUOT",
    /No space left on device|I\/O error/,
    /the disk is full, or a quota is used up|disk I\/O/,
  ],
  ["EIO", /I\/O error/, /disk I\/O error|EIO/],
  ["EROFS", /I\/O error/, /read-only|disk I\/O/],
] as const;

tracedTest.each(some(faults, 4))(
  "a disk that says %s from some call on refuses the guest's writes, and what was said before is kept",
  { timeout: patience(60_000) },
  (error, told, reason) => {
    for (const from of scale === 1 ? [90] : [5, 20, 30, 40, 50, 60, 70, 80, 100, 150, 200]) {
      using place = new Workplace(disk);
      const [, main] = start;
      // A call that strace makes fail is unknown to the filter of an isolated process, and ends it.
      const run = ["run", "--isolation", "none", guests.files, "acknowledge", "400"];
      const program = [main, "-j", place.journal, ...run];
      const { stdout, stderr, exit } = traced(
        program,
        [place.journal],
        `error=${error}`,
        `${from}+`,
      );
      const label = `${error} from call ${from} on:\n${stdout.slice(-200)}\n${stderr}`;
      expect(stderr, label).not.toContain("should not have happened");
      // If not even the journal could be opened, there was no guest to tell.
      if (stdout === "") {
        expect({ exit, stderr }, label).toMatchObject({
          exit: 125,
          stderr: /Hint: /.exec(stderr)?.input,
        });
      } else {
        expect(stdout, label).toMatch(told);
        expect(stderr, label).toMatch(reason);
        expect([1, 125], label).toContain(exit);
      }
      const said = acknowledged(stdout);
      expectWhole(place.journal);
      expect(numbersIn(place.journal).length, label).toBe(said);
      expectKept(place, "process", said);
      tried("disks that fail", 1);
    }
  },
);

// From the thirteenth sync on, copies of its end are synced in its place.
tracedTest.each(some(["5", "5+", "20+"]))(
  "a log that a disk does not bring to itself takes one event more, and the run ends for that, not for a breach: %s",
  { timeout: patience(60_000) },
  (when) => {
    using place = new Workplace(disk);
    const run = ["run", "--isolation", "none", "--durability", "power", guests.files];
    const program = [start[1], "-j", place.journal, ...run, "acknowledge", "60"];
    const log = `${place.journal}-tail`;
    const { stdout, stderr, exit } = traced(
      program,
      [log, `${log}-sync`],
      "error=EIO",
      when,
      "fdatasync",
    );
    expect(stdout).toMatch(/I\/O error/);
    expect({ exit, stderr }).toMatchObject({
      exit: 125,
      stderr: /host failure: Cannot write .*EIO/.exec(stderr)?.input,
    });
    const said = acknowledged(stdout);
    expect(said).toBeGreaterThan(0);
    expect(numbersIn(place.journal).length).toBeOneOf([said, said + 1]);
    expectKept(place, "power", said);
  },
);

// A guest that writes much holds its events for some milliseconds: the keeper knows none that the disk refuses.
const asksOnFullDisk = `
import os, time
a = os.open("a", os.O_CREAT | os.O_WRONLY)
for n in range(6100): os.write(a, b"x")
time.sleep(1)
def again(call, *args):
  for n in range(1000):
    try: return call(*args)
    except OSError: pass
for n in range(100):
  again(os.mkdir, f"d{n}")
  os.close(again(os.open, f"d{n}/x", os.O_CREAT | os.O_WRONLY))
print("made")
`;

tracedTest(
  "a guest on a disk that is full now and then is asked about by what its keeper knows, and taken for no attacker",
  { timeout: patience(60_000) },
  () => {
    using place = new Workplace();
    const rules = ["--ask", "/d*/x", "--ask-default", "allow"];
    const run = ["run", "--isolation", "none", "--durability", "batch", ...rules];
    const program = [start[1], "-j", place.journal, ...run, "python", "-c", asksOnFullDisk];
    const log = `${place.journal}-tail`;
    const { stdout, stderr } = traced(program, [log], "error=ENOSPC", "6150+3", "write");
    expect(stderr).toContain("the answer was allow");
    expect(stderr).not.toContain("broke the rules");
    expect(stdout, stderr).toBe("made\n");
    expectWhole(place.journal);
  },
);

test("a full disk is told to the guest and to the person, and when there is room again the next run goes on", async ({
  skip,
}) => {
  const disk = mounted("1m");
  if (disk === undefined) return skip("mounting is not permitted here");
  using place = new Workplace();
  const journal = `${disk.directory}/journal.db`;
  const full = await run(place, guests.files, ["sequential", "16"], { journal }).then(
    ({ stdout, notes }) => ({ stdout, told: notes.join("\n") }),
    (error: unknown) => ({ stdout: "", told: String(error) }),
  );
  expect(full.told).toContain("the disk is full, or a quota is used up");
  disk.remount("size=64m");
  expectWhole(journal);
  const next = await run(place, guests.files, ["sequential", "16"], { journal });
  expect(next.stdout).toBe("written: 16 MiB\n");
  expectWhole(journal);
});
