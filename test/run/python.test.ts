import { describe, expect, test } from "vitest";

import { type Kind, openReader } from "../../journal/index.ts";
import { findingsIn } from "../../src/findings/index.ts";
import { verdictOf } from "../../src/fs/index.ts";
import { openHistory } from "../../src/history/index.ts";
import { Workplace, run } from "./support.ts";

const python = (workplace: Workplace, script: string, options: Parameters<typeof run>[3] = {}) =>
  run(workplace, "python", ["-c", script], options);

describe("the installed Python", () => {
  test("prints, writes and reads files, and leaves with its exit code", async () => {
    using workplace = new Workplace();
    const ran = await python(
      workplace,
      `
import os, sys
os.makedirs("/work/deep")
with open("/work/deep/note.txt", "w") as file: file.write("grüße\\n" * 3)
os.rename("/work/deep/note.txt", "/work/note.txt")
print(os.listdir("/work"), os.path.getsize("/work/note.txt"))
print(open("/work/note.txt").read(), end="")
print("complaint", file=sys.stderr)
sys.exit(7)
`,
    );
    expect(ran.stdout).toBe(
      "['deep', 'note.txt'] 24\ngrüße\ngrüße\ngrüße\n".replace(
        "['deep', 'note.txt']",
        listed(ran.stdout),
      ),
    );
    expect(ran.stderr).toBe("complaint\n");
    expect(ran.outcome).toEqual({ kind: "exited", exit: 7 });
  });

  test("finds in a second run what the first one left", async () => {
    using workplace = new Workplace();
    await python(workplace, "open('/kept', 'w').write('from the first run')");
    const second = await python(workplace, "print(open('/kept').read())");
    expect(second).toMatchObject({ run: 2, stdout: "from the first run\n" });
  });

  test("has the given environment only, no network, its stdin by line, and a deep stack", async () => {
    using workplace = new Workplace();
    const ran = await python(
      workplace,
      `
import os, socket, sys
print(dict(os.environ))
try:
  socket.socket().connect(("127.0.0.1", 80))
except OSError:
  print("refused")
for line in iter(input, "end"): print(line.upper())
sys.setrecursionlimit(10**6)
def f(n): return 0 if n == 0 else 1 + f(n - 1)
print(f(20_000))
`,
      {
        environment: new Map([["GIVEN", "yes"]]),
        stdin: new TextEncoder().encode("one\ntwo\nend\n"),
      },
    );
    expect(ran.stdout).toBe("{'GIVEN': 'yes'}\nrefused\nONE\nTWO\n20000\n");
  });

  test("keeps a database, whose syncs of its folder are no refusals and whose journal is no finding", async () => {
    using workplace = new Workplace();
    const ran = await python(
      workplace,
      `
import os, sqlite3
os.mkdir("/work")
base = sqlite3.connect("/work/data.db")
base.execute("create table t (a)")
for turn in range(3):
  base.execute("insert into t values (?)", (turn,))
  base.commit()
print(base.execute("select count(*) from t").fetchone())
base.close()
`,
    );
    expect(ran.stdout).toBe("(3,)\n");
    const journal = openReader(workplace.journal);
    const paths = [...journal.query({ kinds: new Set<Kind>(["create"]) })].flatMap((event) =>
      "path" in event ? [event.path] : [],
    );
    expect(paths).toContain("/work/data.db-journal");
    const failed = [...journal.query({ kinds: new Set<Kind>(["fail"]) })];
    expect(
      failed.filter((event) => event.kind === "fail" && verdictOf(event) === "refused"),
    ).toEqual([]);
    const { findings } = await findingsIn(openHistory(journal));
    expect(findings.filter(({ level }) => level !== "low")).toEqual([]);
    journal.close();
  });

  test("raises MemoryError at the memory limit", async () => {
    using workplace = new Workplace();
    const { profiles } = await import("../../src/fs/index.ts");
    const ran = await python(
      workplace,
      "try: b'x' * (1 << 28)\nexcept MemoryError: print('refused')",
      {
        limits: { ...profiles.default, memory: 128 * 1024 * 1024 },
      },
    );
    expect(ran.stdout).toBe("refused\n");
  });

  test("is ended in a loop, and what it had written is kept", async () => {
    using workplace = new Workplace();
    const abort = new AbortController();
    const script =
      "open('/before', 'w').write('x')\nprint('written', flush=True)\nwhile True: pass";
    const ran = await python(workplace, script, {
      signal: abort.signal,
      stdout: () => abort.abort("SIGTERM"),
    });
    expect(ran.outcome).toEqual({ kind: "stopped", exit: 143, reason: "interrupted" });
    const journal = openReader(workplace.journal);
    try {
      expect(journal.run(ran.run)?.end).toMatchObject({ exit: 143, reason: "interrupted" });
      expect([...journal.paths()]).toContain("/before");
    } finally {
      journal.close();
    }
  });
});

/** Sorts a listing: a directory's entries come in no fixed order. */
function listed(stdout: string): string {
  return stdout.startsWith("['note.txt'") ? "['note.txt', 'deep']" : "['deep', 'note.txt']";
}
