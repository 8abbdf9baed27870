import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";

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
        hold() {},
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
