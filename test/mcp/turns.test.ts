import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { expect, test } from "vitest";
import { rewindfs, shown } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { call, withServer, withServerHere } from "./client.ts";

const list = "/list.txt";
const again = { path: "/wrong.txt", edits: [{ oldText: "wrong", newText: "wrong again" }] };
/** The second call of the mistake: for the first client a program that runs, for the others one that starts faster. */
const mistakes = {
  first: ["run_python", { code: "open('/wrong.txt', 'a').write(' again')" }],
  others: ["edit_file", again],
} as const;

/** The calls of five turns, of which the third is a mistake in two calls. */
const turnsWith = (mistake: (typeof mistakes)[keyof typeof mistakes]) =>
  [
    [["write_file", { path: list, content: "eggs\nmilk\n" }]],
    [["edit_file", { path: list, edits: [{ oldText: "milk", newText: "oat milk" }] }]],
    [["write_file", { path: "/wrong.txt", content: "wrong" }], mistake],
    [["create_directory", { path: "/src" }]],
    [["write_file", { path: "/src/b.txt", content: "five\n" }]],
  ] as const;

/** Says in `_meta` what a client says of the turn of this index, and of the call of it. */
type Saying = (turn: number, call: string) => Readonly<Record<string, unknown>>;

const sayings: readonly (readonly [client: string, says: Saying, session: RegExp])[] = [
  ["that names its turns", (turn) => ({ session: "s", turn: turn + 1 }), /^s$/],
  [
    "like Codex",
    (turn) => ({
      threadId: "thread",
      "x-codex-turn-metadata": { session_id: "other", turn_id: `019a-${turn}` },
    }),
    /^thread$/,
  ],
  [
    "like VS Code",
    (turn) => ({ "vscode.conversationId": "chat", "vscode.requestId": `request-${turn}` }),
    /^chat$/,
  ],
  ["like Claude Code", (_, id) => ({ "claudecode/toolUseId": `toolu_${id}` }), /^[\da-f-]{36}$/],
];

test.each(sayings)(
  "five turns of a client %s: the third is undone, and history and blame name turn and call",
  (name, says, session) => {
    const isFirst = name === "that names its turns";
    const mistake = isFirst ? mistakes.first : mistakes.others;
    return (isFirst ? withServer : withServerHere)({}, async (client) => {
      for (const [turn, calls] of turnsWith(mistake).entries()) {
        if (says(turn, "")["claudecode/toolUseId"] !== undefined)
          expect(await call(client, "begin_turn", { prompt: `turn ${turn + 1}` })).toEqual([
            `turn ${turn + 1} begins`,
          ]);
        for (const [index, [tool, given]] of calls.entries())
          await calling(client, tool, given, says(turn, `${turn + 1}_${index + 1}`));
      }
      const undone = await calling(client, "undo", { turn: 3 }, says(5, "6_1"));
      expect(undone).toEqual([
        expect.stringMatching(/^run 4 is taken back, 1 path:\nmodified \/wrong\.txt$/),
        expect.stringMatching(/^run 3 is taken back, 1 path:\nremoved \/wrong\.txt$/),
      ]);
      const [events = ""] = await call(client, "history", { path: "/**" });
      expect(events.split("\n").filter((line) => !/ turn=\d.* call=\S+$/.test(line))).toEqual([]);
      const [runs = ""] = await call(client, "runs", {});
      const told = runs
        .split("\n")
        .map((line) => ["turn", "tool", "session"].map((label) => labelIn(line, label)));
      expect(told.map(([turn, tool]) => `${turn} ${tool}`)).toEqual([
        ...(name === "like Claude Code" ? Array(2).fill("5 undo") : Array(2).fill("6 undo")),
        "5 write_file",
        "4 create_directory",
        `3 ${mistake[0]}`,
        "3 write_file",
        "2 edit_file",
        "1 write_file",
      ]);
      for (const [, , is] of told) expect(is).toMatch(session);
      const [lines = ""] = await call(client, "blame", { path: list });
      expect(lines.split("\n").map((line) => labelIn(line, "turn"))).toEqual(["1", "2"]);
      await expect(call(client, "undo", { turn: 3 })).rejects.toThrow("undone already");
      await expect(call(client, "undo", { turn: 9 })).rejects.toThrow("no run has the label");
    });
  },
);

test("turns are numbered in a journal, also where a server is started again, and undone from the terminal", () =>
  withTemporary(async (folder) => {
    const codex = (turn: string) => ({ "x-codex-turn-metadata": { turn_id: turn } });
    await withServer({ folder, args: ["--label", "who=me"] }, async (client) => {
      await calling(client, "write_file", { path: "/1", content: "x" }, codex("a"));
    });
    await withServer({ folder }, async (client) => {
      await calling(client, "write_file", { path: "/2", content: "x" }, codex("b"));
      await calling(client, "write_file", { path: "/3", content: "x" }, codex("a"));
      expect(await call(client, "begin_turn", {})).toEqual(["turn 3 begins"]);
      await call(client, "write_file", { path: "/4", content: "x" });
      const given = { path: "/5", content: "x" };
      await calling(client, "write_file", given, { turn: String(Number.MAX_SAFE_INTEGER) });
    });
    await withServer({ folder }, async (client) => {
      expect(await call(client, "begin_turn", {})).toEqual(["turn 4 begins"]);
    });
    const see = (...args: string[]) => shown(rewindfs(folder, ["-j", "agent.db", ...args]));
    expect(see("undo", "--label", "turn=1")).toContain("run 3 was taken back");
    expect(see("ls")).toMatch(/ 2\n.* 4\n.* 5\n---/);
    expect(see("log", "/2")).toMatch(/turn=2/);
    expect(see("runs")).toMatch(/who=me/);
  }));

/** Calls a tool as a client does that says more of the call. */
async function calling(
  client: Client,
  name: string,
  given: Readonly<Record<string, unknown>>,
  _meta: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const { content, isError } = await client.callTool({ name, arguments: { ...given }, _meta });
  expect(isError).not.toBe(true);
  return (content as { text: string }[]).map(({ text }) => text);
}

function labelIn(line: string, name: string): string {
  return new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? "-";
}
