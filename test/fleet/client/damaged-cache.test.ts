import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ship } from "../../../src/fleet/client/index.ts";
import { scale } from "../../support/scale.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, clientOf, record, startFleet } from "../running.ts";

const bin = postgresFolder() ?? "";

describe.skipIf(bin === "")("what is kept of a journal of a depot", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  let url: string;
  beforeAll(async () => {
    fleet = await startFleet(bin);
    ({ url } = await fleet.depotHere());
  }, 120_000);
  afterAll(() => fleet.stop());

  test("is fetched again where it is no database any more", async () => {
    const token = await fleet.token("one", "append", "read");
    const folder = join(fleet.folder, "reader");
    mkdirSync(folder);
    const file = join(fleet.folder, "a.db");
    record(file, { secret: "what was written" });
    const { journal } = await ship(file, clientOf(url, token));
    const cat = () =>
      fleet.cli(
        folder,
        ["-j", `${url.replace("http:", "depot:")}/${journal}`, "cat", "/etc/key.pem"],
        { REWINDFS_DEPOT_TOKEN: token },
      );
    const { stdout } = await cat();
    expect(stdout).toContain("what was written");
    const cache = join(folder, ".cache", "rewindfs", "depot");
    const damages = [
      () => Buffer.alloc(5_000, 7),
      (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 1)]),
    ];
    // A plain run tries one of them.
    const one = Math.floor(Math.random() * damages.length);
    for (const damage of damages.filter((_, at) => scale > 1 || at === one)) {
      for (const name of readdirSync(cache)) {
        const kept = join(cache, name);
        writeFileSync(kept, damage(readFileSync(kept)));
      }
      expect(await cat()).toEqual({ stdout, stderr: said, exit: 0 });
      expect(await cat()).toEqual({ stdout, stderr: "", exit: 0 });
    }
  });

  test("is fetched again where a page of it is damaged, once, and said", async () => {
    const token = await fleet.token("two", "append", "read");
    const folder = join(fleet.folder, "pages");
    mkdirSync(folder);
    const file = join(fleet.folder, "b.db");
    record(file, { secret: "what was written", files: 300 });
    const { journal } = await ship(file, clientOf(url, token));
    const name = `${url.replace("http:", "depot:")}/${journal}`;
    const env = { REWINDFS_DEPOT_TOKEN: token };
    const ask = (...args: string[]) => fleet.cli(folder, ["-j", name, ...args], env);
    const asked = [
      ["log", "--json"],
      ["ls", "/etc"],
      ["cat", "/etc/key.pem"],
    ];
    const answers = new Map<string, string>();
    for (const args of asked) answers.set(String(args), (await ask(...args)).stdout);
    const cache = join(folder, ".cache", "rewindfs", "depot");
    const [part = ""] = readdirSync(cache).filter((one) => one.endsWith("-parts.db"));
    const kept = join(cache, part);
    const whole = readFileSync(kept);
    const pages = whole.length / 4_096;
    // A plain run tries the first one, and others by chance.
    const stride = Math.ceil(pages / 12);
    const all = Array.from(
      { length: Math.floor((pages - 2) / stride) + 1 },
      (_, at) => 1 + at * stride,
    );
    const tried = all.filter((page) => scale > 1 || page === 1 || Math.random() < 0.2);
    let healed = 0;
    for (const page of tried) {
      writeFileSync(kept, Buffer.from(whole).fill(0, page * 4_096, (page + 1) * 4_096));
      for (const args of asked) {
        const { stdout, stderr, exit } = await ask(...args);
        expect([page, args, exit, stdout]).toEqual([page, args, 0, answers.get(String(args))]);
        expect(["", said]).toContain(stderr);
        if (stderr !== "") healed += 1;
      }
    }
    expect(healed).toBeGreaterThan(scale > 1 ? 2 : 0);
  });

  test("is fetched again as a whole where that was kept", async () => {
    const token = await fleet.token("three", "append", "read");
    const folder = join(fleet.folder, "whole");
    mkdirSync(folder);
    const file = join(fleet.folder, "c.db");
    record(file, { files: 50 });
    const { journal } = await ship(file, clientOf(url, token));
    const verify = () =>
      fleet.cli(folder, ["-j", `${url.replace("http:", "depot:")}/${journal}`, "verify"], {
        REWINDFS_DEPOT_TOKEN: token,
      });
    const whole = await verify();
    const cache = join(folder, ".cache", "rewindfs", "depot");
    for (const one of readdirSync(cache)) {
      const bytes = readFileSync(join(cache, one));
      const at = bytes.indexOf("secret of");
      if (at > 0) writeFileSync(join(cache, one), bytes.fill("x", at, at + 6));
    }
    // Its verdict stands there already.
    expect(await verify()).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/what was kept here .* was removed\.\nHint: ask again/),
    });
    expect(await verify()).toEqual({ ...whole, stderr: expect.stringContaining("Signed") });
  });
});

const said = "rewindfs: what was kept here of the journal is damaged, and is fetched anew\n";
