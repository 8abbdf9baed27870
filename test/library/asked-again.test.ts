import { join } from "node:path";
import { expect, test } from "vitest";

import { type OpenFileSystem, openFileSystem, verify } from "../../src/index.ts";
import { withTemporary } from "../support/temporary.ts";

const changes: readonly (readonly [string, (files: OpenFileSystem) => void])[] = [
  ["writes", (files) => files.writeFile("/a", "inner")],
  ["removes", (files) => files.remove("/b")],
  ["renames", (files) => files.rename("/b", "/c")],
];

test.each(changes)(
  "who is asked and %s something gets an error, and the journal stays whole",
  (_, change) =>
    withTemporary((folder) => {
      const journal = join(folder, "rewind.db");
      let isArmed = false;
      const errors: unknown[] = [];
      using files: OpenFileSystem = openFileSystem(journal, {
        beforeChange() {
          if (!isArmed) return;
          isArmed = false;
          expect(new TextDecoder().decode(files.readFile("/b"))).toBe("b");
          try {
            change(files);
          } catch (error) {
            errors.push(error);
          }
        },
      });
      for (const path of ["/d", "/e"]) files.mkdir(path);
      files.writeFile("/b", "b");
      const acts = [
        () => files.writeFile("/a", "outer"),
        () => files.rename("/e", "/d/e"),
        () => files.remove("/b"),
      ];
      for (const act of acts) {
        isArmed = true;
        act();
      }
      expect(errors).toHaveLength(acts.length);
      for (const error of errors) expect(error).toBeInstanceOf(TypeError);
      expect(new TextDecoder().decode(files.readFile("/a"))).toBe("outer");
      files.close();
      expect(verify(journal)).toMatchObject({ ok: true });
    }),
);

test("a rule that has the name of beforeChange is asked about like any other", () => {
  using files = openFileSystem(":memory:", { rules: [{ action: "ask", name: "beforeChange" }] });
  expect(() => files.writeFile("/a", "x")).toThrow("access");
});
