import { expect, test } from "vitest";

import { openFilesystem } from "../support/filesystem.ts";
import { keep, namesIn, open, put, textAt } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

test.each<[string, (root: ReturnType<typeof openFilesystem>["root"]) => unknown]>([
  ["is looked at", (root) => root.statAt(keep, "tmp")],
  ["is opened", (root) => open(root, "tmp", { directory: true })],
  ["gets a file", (root) => put(root, "tmp/file", "text")],
  ["gets a directory", (root) => root.createDirectoryAt("./tmp/made")],
  ["gets a link", (root) => root.symlinkAt("elsewhere", "tmp/link")],
  ["is looked into in vain", (root) => codeOf(() => root.statAt(keep, "tmp/none"))],
])("/tmp is there as soon as it %s", (_, act) => {
  const { root } = openFilesystem();
  expect(namesIn(root)).not.toContain("tmp");
  act(root);
  expect(root.statAt(keep, "tmp").type).toBe("directory");
});

test("nobody gets /tmp who does not ask for it, nor may make it", () => {
  const { root } = openFilesystem();
  put(root, "temporary", "text");
  root.createDirectoryAt("d");
  codeOf(() => root.statAt(keep, "d/tmp"));
  expect(namesIn(root).toSorted()).toEqual(["d", "temporary"]);
  const { root: readOnly } = openFilesystem({ preopens: [{ path: "/", access: "read-only" }] });
  expect(codeOf(() => readOnly.statAt(keep, "tmp"))).toBe("no-entry");
});

test("/tmp can be made by the guest itself, and is then what it made", () => {
  const { root } = openFilesystem();
  put(root, "file", "text");
  root.renameAt("file", root, "tmp");
  expect(textAt(root, "tmp")).toBe("text");
});
