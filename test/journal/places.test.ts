import * as fc from "fast-check";
import { expect, test } from "vitest";
import { connectWriter } from "../../journal/connection.ts";
import { openPlaces } from "../../journal/places.ts";

test("places are numbered in the order of first use, however few are remembered", () => {
  const place = fc.record({ ino: fc.nat(6), path: fc.constantFrom("/a", "/b", "/c/d") });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(place, fc.constant("forget"))),
      fc.integer({ min: 1, max: 5 }),
      (uses, most) => {
        const db = connectWriter(":memory:", 0n);
        const places = openPlaces(db, most);
        const expected = new Map<string, number>();
        for (const use of uses) {
          if (typeof use === "string") {
            places.forget();
            continue;
          }
          const key = `${use.ino} ${use.path}`;
          const id = expected.get(key) ?? expected.size + 1;
          expected.set(key, id);
          expect(places.idOf(use)).toBe(id);
        }
        expect(db.prepare("SELECT count(*) FROM place").pluck().get()).toBe(expected.size);
        db.close();
      },
    ),
  );
});
