import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lutimesSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";

import { Attachment, putBack } from "../../src/attach/index.ts";
import { withTemporary } from "../support/temporary.ts";
import { debug } from "./held.ts";

const { XDG_STATE_HOME: usual } = process.env;
afterEach(() => {
  process.env["XDG_STATE_HOME"] = usual;
});

test.each([20, 120, 240])(
  "a debugger attaches where the folder of sockets has a name of %i letters more",
  (length) =>
    withTemporary(async (folder) => {
      const state = join(folder, "s".repeat(length));
      mkdirSync(state);
      process.env["XDG_STATE_HOME"] = state;
      const journal = join(folder, "rewind.db");
      writeFileSync(journal, "");
      const attachment = new Attachment("program", {
        hold: async () => {},
        putBack: async () => ({ kind: "nothing" }),
      });
      attachment.listen(journal);
      const one = debug(journal, () => undefined);
      expect(await one.begun).toBe("attached");
      expect(await putBack(journal, { kind: "undo-paths", paths: [] })).toEqual({
        kind: "nothing",
      });
      one.attached.close();
      await one.gone;
      attachment[Symbol.dispose]();
      expect(readdirSync(join(state, "rewindfs/live"))).toEqual([]);
    }),
);

test("what killed programs left is removed by the next one, and nothing that somebody listens at or is new", () =>
  withTemporary(async (folder) => {
    process.env["XDG_STATE_HOME"] = folder;
    const live = join(folder, "rewindfs", "live");
    mkdirSync(live, { recursive: true, mode: 0o700 });
    const listened = join(live, "listened");
    const server: Server = createServer().listen(listened);
    await once(server, "listening");
    for (const name of ["killed", "too", "new"]) await leaveSocket(join(live, name));
    for (const name of ["killed", "too", "listened"]) lutimesSync(join(live, name), 1, 1);
    const journal = join(folder, "rewind.db");
    writeFileSync(journal, "");
    using attachment = new Attachment("program", {
      hold: async () => {},
      putBack: async () => ({ kind: "nothing" }),
    });
    attachment.listen(journal);
    for (const name of ["killed", "too"])
      await vi.waitFor(() => expect(existsSync(join(live, name))).toBe(false));
    expect(readdirSync(live)).toEqual(expect.arrayContaining(["listened", "new"]));
    server.close();
  }));

/** Leaves a socket as a program does that is killed while it listens. */
async function leaveSocket(path: string): Promise<void> {
  const code = `require("node:net").createServer().listen(process.argv[1], () => console.log("listens"))`;
  const child = spawn(process.execPath, ["-e", code, path], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}
