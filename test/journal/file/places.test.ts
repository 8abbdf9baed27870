import * as fc from "fast-check";
import { expect, test } from "vitest";
import { connectWriter } from "../../../journal/file/connection.ts";
import { openPlaces } from "../../../journal/file/places.ts";
import type { Place } from "../../../journal/format/row.ts";

const place = fc.record({ ino: fc.nat(6), path: fc.constantFrom("/a", "/b", "/c/d") });

test("places are numbered in the order of first use, and of the same place only the last number is used", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: place }, fc.constant("restart" as const))),
      fc.integer({ min: 1, max: 5 }),
      (uses, most) => {
        const db = connectWriter(":memory:", 0n);
        let places = openPlaces(db, most);
        const numbers = new Map<string, number>();
        let last = 0;
        for (const use of uses) {
          if (use === "restart") {
            places = openPlaces(db, most);
            continue;
          }
          const key = `${use.ino} ${use.path}`;
          const id = places.idOf(use);
          if (id !== numbers.get(key)) expect(id).toBe(++last);
          numbers.set(key, id);
          places.flush();
          expect(db.prepare("SELECT ino, path FROM place WHERE id = ?").get(id)).toEqual(use);
          expect(places.last()).toBe(last);
        }
        expect(db.prepare("SELECT count(*) FROM place").pluck().get()).toBe(last);
        db.close();
      },
    ),
  );
});

test("places that are known by heart keep their number: as many as it knows, in whatever turn they come", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(place, { selector: ({ ino, path }) => `${ino} ${path}`, minLength: 1 }),
      fc.array(fc.nat()),
      fc.boolean(),
      (known, turns, isRestarted) => {
        const db = connectWriter(":memory:", 0n);
        let places = openPlaces(db, known.length);
        const numbers = known.map((one) => places.idOf(one));
        places.flush();
        if (isRestarted) places = openPlaces(db, known.length);
        for (const turn of turns) {
          const at = turn % known.length;
          // Equal texts are new strings each time.
          const { ino, path } = known[at] as Place;
          expect(places.idOf({ ino, path: `${path.slice(0, 1)}${path.slice(1)}` })).toBe(
            numbers[at],
          );
        }
        expect(places.last()).toBe(known.length);
        db.close();
      },
    ),
  );
});

test("however many files take turns, each keeps the number of its place, and gets another where it is renamed", () => {
  const db = connectWriter(":memory:", 0n);
  const places = openPlaces(db, 4);
  const inos = Array.from({ length: 1_000 }, (_, index) => 2 + index * 7);
  const numbers = (prefix: string) => inos.map((ino) => places.idOf({ ino, path: prefix + ino }));
  const first = numbers("/");
  places.flush();
  expect(numbers("/")).toEqual(first);
  const renamed = numbers("/other");
  places.flush();
  expect(renamed).toEqual(first.map((number) => number + inos.length));
  expect(numbers("/other")).toEqual(renamed);
  // Only the last place is known of so many: the first one gets a new number, as it must not get its old one again.
  expect(numbers("/")).toEqual(first.map((number) => number + 2 * inos.length));
  db.close();
});

test("what a transaction that was rolled back had numbered is numbered again", () => {
  const db = connectWriter(":memory:", 0n);
  const places = openPlaces(db);
  const [one, other] = [
    { ino: 2, path: "/one" },
    { ino: 3, path: "/other" },
  ];
  places.idOf(one);
  places.flush();
  db.exec("BEGIN");
  places.idOf(other);
  db.exec("ROLLBACK");
  places.forget();
  expect([places.idOf(one), places.idOf(other)]).toEqual([1, 2]);
  places.flush();
  expect(db.prepare("SELECT count(*) FROM place").pluck().get()).toBe(2);
  db.close();
});
