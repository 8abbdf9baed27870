import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresFolder } from "./postgres.ts";
import { type Fleet, startFleet } from "./running.ts";

const bin = postgresFolder();

describe.skipIf(bin === undefined)("who runs a depot", () => {
  let fleet: Fleet;
  let folder: string;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    folder = join(fleet.folder, "home");
    mkdirSync(folder);
  });

  afterAll(() => fleet.stop());

  test("is told of a place that is taken, and the depot ends", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const { exit, stderr } = await fleet.cli(
      folder,
      ["depot", "--key", join(fleet.folder, "depot.pem"), "--listen", `127.0.0.1:${port}`],
      { REWINDFS_DATABASE: fleet.postgres.url },
    );
    other.close();
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr:
        `rewindfs: cannot serve there: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n` +
        "Hint: another program has that place, perhaps a depot; --listen HOST:PORT names another\n",
    });
  });

  test("is told of a database that is not there, and of one that does not answer", async () => {
    const nowhere = fleet.postgres.url.replace(/postgres$/, "nowhere").replace("@", ":secret@");
    const away = "postgres://127.0.0.1:9/depot";
    for (const what of [["grant", "a"], ["holds"], ["retain"], ["revoke", "a"]]) {
      const none = await fleet.cli(folder, ["depot", ...what], { REWINDFS_DATABASE: nowhere });
      expect(none.stderr).toBe(
        `rewindfs: the database at ${nowhere.replace(":secret", "")} refuses: database "nowhere" does not exist\n` +
          "Hint: `createdb NAME` makes it; the depot makes its tables in it\n",
      );
      const silent = await fleet.cli(folder, ["depot", ...what], { REWINDFS_DATABASE: away });
      expect(silent.stderr).toContain(
        `the database at ${away} does not answer: connect ECONNREFUSED`,
      );
      expect(silent.stderr).toContain("\nHint: is it running");
      expect([none.exit, silent.exit]).toEqual([2, 2]);
    }
  });
});
