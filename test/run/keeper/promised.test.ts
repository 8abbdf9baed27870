import { appendFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { expect, test } from "vitest";

import { openReader, verify } from "../../../journal/index.ts";
import { openHistory, verifyStates } from "../../../src/history/index.ts";
import { listed } from "./listed.ts";
import { type Workplace, run } from "../support.ts";

test("a program reads and changes files of a listed folder as if they were there; of others nothing is read", async () => {
  using workplace = listed({
    read: "r".repeat(100),
    changed: "one\n",
    cut: "all of it",
    other: "never",
    "d/large": "0123456789".repeat(250_000),
  });
  const ran = await python(
    workplace,
    `
import os
print(open("/in/read").read() == "r" * 100, os.stat("/in/other").st_size)
with open("/in/changed", "a") as file: file.write("two\\n")
open("/in/cut", "w").close()
with open("/in/d/large", "rb", buffering=0) as file:
  file.seek(1500000); print(file.read(5))
os.rename("/in/d", "/in/moved")
print(open("/in/moved/large").read() == "0123456789" * 250000)
`,
  );
  expect(ran.stdout).toBe("True 5\nb'01234'\nTrue\n");
  expect(ran.notes).toEqual([]);
  const reader = openReader(workplace.journal);
  const fetched = [...reader.query({ kinds: new Set(["fetch"]) })];
  expect(fetched.map((event) => "path" in event && event.path)).toEqual([
    "/in/read",
    "/in/changed",
    "/in/cut",
    ...Array.from({ length: 3 }, () => "/in/d/large"),
  ]);
  rmSync(workplace.path("host"), { recursive: true });
  const before = openHistory(reader).state("run:2^");
  expect(Buffer.from(before.readFile("/in/cut")).toString()).toBe("all of it");
  expect(verify(reader)).toMatchObject({ ok: true });
  expect(verifyStates(reader)).toBeUndefined();
  reader.close();
});

test("a file that is not what it was is an I/O error to the program, and a note at the end; so is one whose folder was not given", async () => {
  using workplace = listed({
    grown: "1",
    gone: "1",
    linked: "1",
    "d/through": "1",
    fine: "fine",
    "d/fine": "fine",
  });
  const at = (path: string) => workplace.path(`host/${path}`);
  appendFileSync(at("grown"), "2");
  rmSync(at("gone"));
  renameSync(at("linked"), at("elsewhere"));
  symlinkSync("elsewhere", at("linked"));
  renameSync(at("d"), workplace.path("d"));
  symlinkSync(workplace.path("d"), at("d"));
  const script = `
for path in ["grown", "gone", "linked", "d/through", "fine"]:
  try: print(path, open("/in/" + path).read())
  except OSError as error: print(path, error.errno)
try: open("/in/grown", "w")
except OSError as error: print("write", error.errno)
`;
  const ran = await python(workplace, script);
  const EIO = 29;
  expect(ran.stdout).toBe(
    `grown ${EIO}\ngone ${EIO}\nlinked ${EIO}\nd/through ${EIO}\nfine fine\nwrite ${EIO}\n`,
  );
  expect(ran.notes).toHaveLength(4);
  expect(ran.notes[0]).toContain(`${at("grown")} could not be read: the file there is not what`);
  const without = await python(workplace, "open('/in/d/fine').read()", []);
  expect(without.outcome).toMatchObject({ kind: "exited", exit: 1 });
  expect(without.notes.join()).toContain(`--dir ${workplace.path("host")}::/in`);
  const reader = openReader(workplace.journal);
  expect(verifyStates(reader)).toBeUndefined();
  reader.close();
});

test("a run reads what an earlier one fetched, also where the tape around it is not for it", async () => {
  using workplace = listed({ grown: "one\n", read: "two\n" });
  await python(
    workplace,
    `
open("/in/gone", "w").write("unseen" * 100)
open("/in/grown", "a").write("more\\n"); open("/in/read").read()
import os; os.remove("/in/gone")`,
  );
  rmSync(workplace.path("host"), { recursive: true });
  const again = await python(
    workplace,
    `
print(open("/in/grown").read() + open("/in/read").read())
open("/in/grown", "a").write("end"); print(open("/in/grown").read())`,
  );
  expect(again.stdout).toBe("one\nmore\ntwo\n\none\nmore\nend\n");
});

test("a guest that sees a part of a listed folder gets what is in it, and nothing beside it", async () => {
  using workplace = listed({ "d/in": "inside", secret: "outside" });
  const ran = await python(
    workplace,
    `
import os
print(os.listdir("/"), open("/in").read())
try: open("/../secret")
except OSError as error: print(type(error).__name__)
`,
    undefined,
    { preopens: [{ path: "/", directory: "/in/d", access: "read-write" }] },
  );
  expect(ran.stdout).toContain("inside");
  const reader = openReader(workplace.journal);
  const fetched = [...reader.query({ kinds: new Set(["fetch"]) })];
  expect(fetched.map((event) => "path" in event && event.path)).toEqual(["/in/d/in"]);
  reader.close();
});

function python(
  workplace: Workplace,
  script: string,
  folders = [{ host: workplace.path("host"), guest: "/in" }],
  options: Parameters<typeof run>[3] = {},
) {
  return run(workplace, "python", ["-c", script], { folders, ...options });
}
