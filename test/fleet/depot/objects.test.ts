import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { openDatabase } from "../../../src/fleet/depot/index.ts";
import { putObject } from "../../../src/fleet/depot/objects/garbage.ts";
import {
  type Objects,
  databaseObjects,
  objectsIn,
  wholeOf,
} from "../../../src/fleet/depot/objects/objects.ts";
import { s3Objects, s3OptionsIn } from "../../../src/fleet/depot/objects/s3.ts";
import { type Database, newDatabase } from "../database.ts";
import { postgresFolder } from "../postgres.ts";
import { type S3, startS3 } from "../s3.ts";

const bin = postgresFolder();
/** Reads an object to its end. */
const all = { start: 0, length: 1_000_000 };

describe.skipIf(bin === undefined)("objects are kept alike", () => {
  let database: Database;
  let pool: pg.Pool;
  let s3: S3 | undefined;

  beforeAll(async () => {
    database = await newDatabase(bin ?? "");
    pool = await openDatabase(database.url);
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3?.stop();
    await pool.end();
    await database.drop();
  });

  const inS3 = (): Objects | undefined =>
    s3 === undefined ? undefined : s3Objects(s3OptionsIn(s3.store, s3.env));

  test.for(["the database", "S3"])("in %s", async (where) => {
    const objects = where === "S3" ? inS3() : databaseObjects(pool);
    if (objects === undefined) return;
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251));
    const name = "7/0a/1-b.c";
    expect(await objects.get(name, all)).toBeUndefined();
    await objects.put(name, bytes);
    await objects.put(name, bytes);
    expect(await objects.get(name, all)).toEqual(bytes);
    expect(await objects.get(name, { start: 0, length: 10 })).toEqual(bytes.subarray(0, 10));
    expect(await objects.get(name, { start: 990, length: 100 })).toEqual(bytes.subarray(990));
    expect(await objects.get(name, { start: 5, length: 0 })).toEqual(Buffer.alloc(0));
    expect(await objects.get(name, { start: 1_000, length: 1 })).toEqual(Buffer.alloc(0));
    await objects.put("7/0a/2", Buffer.from("b"));
    expect(await objects.get("7/0a/2", all)).toEqual(Buffer.from("b"));
    expect(await objects.list("")).toEqual([name, "7/0a/2"]);
    expect(await objects.list(name)).toEqual(["7/0a/2"]);
    await objects.remove(name);
    await objects.remove(name);
    expect(await objects.get(name, all)).toBeUndefined();
    await objects.remove("7/0a/2");
    expect(await objects.list("")).toEqual([]);
  });

  test.for(["the database", "S3"])(
    "and what was exchanged is not believed, in %s",
    async (where) => {
      const objects = where === "S3" ? inS3() : databaseObjects(pool);
      if (objects === undefined) return;
      const bytes = Buffer.from("what was received");
      const name = { tenant: 7, journal: "0a".repeat(16) };
      const object = await putObject(pool, objects, name, 1, bytes);
      expect(await wholeOf(objects, { object, bytes: bytes.length })).toEqual(bytes);
      await objects.put(object, Buffer.from("what is now there"));
      await expect(wholeOf(objects, { object, bytes: bytes.length })).rejects.toThrow(
        /gives other bytes than were put there/,
      );
      await objects.remove(object);
    },
  );

  test("a depot that goes over to a store finds what it had", async () => {
    const store = inS3();
    if (store === undefined) return;
    const database = databaseObjects(pool);
    await database.put("1/a", Buffer.from("old"));
    const objects = objectsIn(database, store);
    await objects.put(`${objects.prefix}1/b`, Buffer.from("new"));
    expect(objects.prefix).toBe("s3:");
    expect(String(await objects.get("1/a", all))).toBe("old");
    expect(String(await objects.get("s3:1/b", all))).toBe("new");
    expect(await objects.list("")).toEqual(["1/a"]);
    expect(await objects.list("1/a")).toEqual(["s3:1/b"]);
    expect(await objects.list("s3:1/b")).toEqual([]);
    await expect(objectsIn(database, undefined).get("s3:1/b", all)).rejects.toThrow(/give --store/);
  });

  test("a store that is none is told so, and so are keys that do not fit", async () => {
    if (s3 === undefined) return;
    for (const store of ["s3://", "s3://A", "https://x", "s3://packs/a b"])
      expect(() => s3OptionsIn(store, s3?.env ?? {})).toThrow(/is no s3:/);
    expect(() => s3OptionsIn("s3://packs", {})).toThrow(/AWS_ACCESS_KEY_ID is not set/);
    const wrong = s3Objects(s3OptionsIn("s3://none", s3.env));
    await expect(wrong.put("a", Buffer.from("a"))).rejects.toThrow(/404 NoSuchBucket/);
    const env = { ...s3.env, AWS_SECRET_ACCESS_KEY: "wrong" };
    const stranger = s3Objects(s3OptionsIn("s3://packs", env));
    await expect(stranger.put("a", Buffer.from("a"))).rejects.toThrow(/403 Signature/);
  });
});
