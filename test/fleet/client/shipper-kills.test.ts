import { randomBytes } from "node:crypto";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { openReader, verify } from "../../../journal/index.ts";
import { pull } from "../../../src/fleet/client/index.ts";
import { openFileSystem } from "../../../src/index.ts";
import { callsToKillAt, changes, testWhereTraced, traced } from "../../crash/traced.ts";
import { start } from "../../support/screen/command.ts";
import { Random, seedOf } from "../../support/random.ts";
import { patience } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { tried } from "../../support/tried.ts";
import { postgresFolder } from "../postgres.ts";
import { type DepotProcess, type Fleet, clientOf, eventsIn, startFleet } from "../running.ts";

const tracedTest = testWhereTraced();
const bin = postgresFolder();
/** Calls that change a file, wake a thread, or send. */
const calls = `${changes},sendto,sendmsg`;

describe.skipIf(bin === undefined)("a shipper", () => {
  let fleet: Fleet;
  let depot: DepotProcess;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depot();
  });
  afterAll(() => fleet.stop());

  tracedTest(
    "that is killed before any call that sends or writes leaves the journal whole, and another one goes on from there",
    { timeout: patience(180_000) },
    async () => {
      await withTemporary(async (folder) => {
        const recorded = join(folder, "a.db");
        // Three packs.
        const files = openFileSystem(recorded);
        for (const mebibytes of [4, 4, 1])
          files.run("job", () =>
            files.writeFile(`/${mebibytes}`, randomBytes(mebibytes * 1024 * 1024)),
          );
        files.close();
        const reader = openReader(recorded);
        const { id } = reader;
        reader.close();
        const random = new Random(seedOf());
        let kills = 0;
        for (const when of callsToKillAt([20 + random.below(40), 60 + random.below(70)])) {
          // Another tenant has nothing of it yet.
          const token = await fleet.token(`killed ${when}`, "append", "read");
          const file = join(folder, `${when}.db`);
          copyFileSync(recorded, file);
          writeFileSync(join(folder, "token"), token);
          const args = ["--depot", depot.url, "--depot-key", fleet.key];
          const [, main] = start;
          const program = [
            main,
            "-j",
            file,
            "ship",
            ...args,
            "--token-file",
            join(folder, "token"),
          ];
          const told = traced(program, [], "signal=KILL", String(when), calls);
          expect(verify(file)).toMatchObject({ ok: true });
          const client = clientOf(depot.url, token, 20_000);
          const { head } = await client.head(id);
          expect(head).toBeLessThanOrEqual(eventsIn(file));
          if (told.killed) {
            const again = await fleet.cli(folder, program.slice(1));
            expect({ when, again }).toMatchObject({ again: { exit: 0 } });
          } else expect(told).toMatchObject({ exit: 0 });
          expect(await client.head(id)).toMatchObject({ head: eventsIn(file) });
          const copy = join(folder, `copy-${when}.db`);
          await pull(client, id, copy);
          expect(verify(copy)).toMatchObject({ ok: true, head: verify(file).head });
          expect(verify(file)).toMatchObject({ signatures: [{ seq: eventsIn(file) }] });
          if (!told.killed) break;
          kills += 1;
          tried("kills of a shipper, at a call", 1);
        }
        expect(kills).toBeGreaterThan(0);
      });
    },
  );
});
