import fc from "fast-check";
import { expect, test } from "vitest";

import { follow } from "../../../tui/draw/window.ts";

const situation = fc
  .record({
    count: fc.integer({ min: 1, max: 1_000_000 }),
    height: fc.integer({ min: 1, max: 80 }),
    first: fc.integer({ min: 0, max: 1_000_000 }),
    margin: fc.integer({ min: 0, max: 5 }),
    place: fc.nat(),
  })
  .map(({ place, ...rest }) => ({ ...rest, cursor: place % rest.count }));

test("the window always holds the cursor, begins at a row that exists and shows nothing past the end that it need not", () => {
  fc.assert(
    fc.property(situation, ({ first, height, cursor, count, margin }) => {
      const window = follow({ first, height }, cursor, count, margin);
      expect(window.first).toBeGreaterThanOrEqual(0);
      expect(cursor).toBeGreaterThanOrEqual(window.first);
      expect(cursor).toBeLessThan(window.first + height);
      expect(window.first).toBeLessThanOrEqual(Math.max(0, count - height));
    }),
    { numRuns: 5_000 },
  );
});

test("a cursor that stays off the edges does not move the window", () => {
  fc.assert(
    fc.property(situation, ({ first, height, cursor, count }) => {
      const once = follow({ first, height }, cursor, count);
      expect(follow(once, cursor, count)).toEqual(once);
    }),
    { numRuns: 2_000 },
  );
});
