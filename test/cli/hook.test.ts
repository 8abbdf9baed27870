import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { toldBy } from "../../src/cli/hook/told.ts";
import { turnOf } from "../../src/cli/hook/turn.ts";
import { openReader } from "../../src/index.ts";
import { rewindfs, shown } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";

const program = new URL("../../dist/main.js", import.meta.url).pathname;

/** An agent in the terminal, as far as its hooks can tell: it tells them what Claude Code and Codex document. */
const agent = String.raw`
hook() { "$NODE" "$REWINDFS" -j ../agent.db hook --label agent=script "$@"; }
tell() {
  printf '{"session_id":"abc","transcript_path":"/t.jsonl","cwd":"%s","permission_mode":"default","hook_event_name":"%s"%s}' \
    "$PWD" "$1" "$2" | hook
}
set -e
tell UserPromptSubmit ',"prompt":"Add a list"'
printf 'eggs\nmilk\n' > list.txt
tell PostToolUse ',"tool_name":"Write","tool_input":{"file_path":"list.txt"},"tool_response":{"success":true},"tool_use_id":"toolu_01"'
tell UserPromptSubmit ',"prompt":"Clean up"'
rm README.md && echo oats >> list.txt && echo made > .git/made
(echo one > one; tell PostToolUse ',"tool_name":"Bash","tool_use_id":"toolu_02"') &
(echo two > two; tell PostToolUse ',"tool_name":"Bash","tool_use_id":"toolu_03"') &
wait
echo codex > codex.txt
hook '{"type":"agent-turn-complete","thread-id":"t9","turn-id":"12","input-messages":["x"],"last-assistant-message":"y"}'
`;

test("an agent's hooks record its turns on a live folder, and a turn is given back in the folder", () =>
  withTemporary((folder) => {
    const project = join(folder, "project");
    mkdirSync(join(project, ".git"), { recursive: true });
    writeFileSync(join(project, "README.md"), "read me\n");
    const env = { ...process.env, NODE: process.execPath, REWINDFS: program };
    const options = { cwd: project, env, encoding: "utf8" } as const;
    expect(execFileSync("/bin/sh", ["-c", agent], options)).toBe("");

    const journal = join(folder, "agent.db");
    const reader = openReader(journal);
    const told = reader.runs().flatMap(({ start: { labels }, first, last }) => {
      const words = ["session", "turn", "tool", "call"].map((name) => labels?.get(name) ?? "-");
      expect(labels?.get("agent")).toBe("script");
      const paths = [...reader.query({ first, last })].flatMap((event) =>
        event.kind === "create" || event.kind === "unlink" ? [event.path] : [],
      );
      return paths.length === 0 ? [] : [`${words.join(" ")}: ${paths.join(" ")}`];
    });
    reader.close();
    expect(told[0]).toBe("abc - - -: /README.md");
    expect(told[1]).toBe("abc 1 Write toolu_01: /list.txt");
    // Hooks at the same time wait for each other: which comes first is theirs, and nothing is lost.
    expect(told.slice(2, -1).join()).toMatch(/abc 2 Bash toolu_0[23]: /);
    expect(
      told
        .slice(2, -1)
        .join()
        .match(/\/\w+(\.md)?/g)
        ?.toSorted(),
    ).toEqual(["/README.md", "/one", "/two"]);
    expect(told.at(-1)).toBe("t9 3 - -: /codex.txt");

    const see = (...args: string[]) => shown(rewindfs(project, ["-j", journal, ...args]));
    expect(see("undo", "--label", "turn=2")).toContain("put back");
    expect(see("apply", ".")).toContain("added     README.md");
    expect(readFileSync(join(project, "README.md"), "utf8")).toBe("read me\n");
    expect(readFileSync(join(project, "list.txt"), "utf8")).toBe("eggs\nmilk\n");
    expect(
      ["one", "two", "codex.txt", ".git/made"].map((name) => existsSync(join(project, name))),
    ).toEqual([false, false, true, true]);
    expect(see("status")).toContain("nothing is left to apply");
    expect(see("undo", "--label", "turn=2")).toContain("undone already, or changed nothing");
    expect(see("blame", "/list.txt")).toMatch(/run 3\b/);
    // An agent takes 2 for a no.
    expect(rewindfs(project, ["hook", "--dir", "none::/", "{"]).exit).toBe(1);
    expect(rewindfs(project, ["hook", "--no-such-option"]).exit).toBe(1);
  }));

test("a hook that finds nothing changed leaves no run, and what no option brings in is no change", () =>
  withTemporary((folder) => {
    const project = join(folder, "project");
    mkdirSync(join(project, ".git"), { recursive: true });
    writeFileSync(join(project, ".gitignore"), "built\n");
    writeFileSync(join(project, "a.txt"), "a\n");
    const tell = (hook_event_name: string) => {
      const input = JSON.stringify({ hook_event_name, session_id: "s", prompt: "p" });
      expect(rewindfs(project, ["-j", "../agent.db", "hook", input]).exit).toBe(0);
    };
    const runs = (...args: string[]) =>
      rewindfs(project, ["-j", "../agent.db", "runs", ...args, "--json"])
        .stdout.trim()
        .split("\n").length;
    tell("UserPromptSubmit");
    expect(runs()).toBe(2);
    writeFileSync(join(project, "built"), "not of the repository\n");
    for (const event of ["PostToolUse", "PreToolUse", "Stop", "Stop"]) tell(event);
    expect(runs()).toBe(2);
    writeFileSync(join(project, "a.txt"), "b\n");
    for (const event of ["PostToolUse", "PostToolUse", "Stop", "Stop"]) tell(event);
    // The change, and the end of the turn in which it was made.
    expect(runs()).toBe(4);
    expect(runs("--label", "turn=1")).toBe(3);
    tell("PostToolUse");
    writeFileSync(join(project, "c.txt"), "c\n");
    tell("PostToolUse");
    expect(runs("--label", "turn=2")).toBe(1);
    const seen = rewindfs(project, ["-j", "../agent.db", "runs"]).stdout;
    expect(seen.trim().split("\n")).toHaveLength(4);
    expect(rewindfs(project, ["-j", "../agent.db", "undo", "--label", "turn=1"]).exit).toBe(0);
    expect(rewindfs(project, ["-j", "../agent.db", "apply", "."]).exit).toBe(0);
    expect(readFileSync(join(project, "a.txt"), "utf8")).toBe("a\n");
    tell("Stop");
    expect(readFileSync(join(project, "c.txt"), "utf8")).toBe("c\n");
  }));

test.each([
  ['{"hook_event_name":"BeforeAgent","session_id":"g","prompt":"p"}', "begin", "g"],
  ['{"hook_event_name":"AfterTool","session_id":"g","tool_name":"write_file"}', "step", "g"],
  ['{"hook_event_name":"PreToolUse","session_id":"c"}', "other", "c"],
  ['{"hook_event_name":"afterFileEdit","conversation_id":"k"}', "step", "k"],
  ["", "end", undefined],
  ["[1]", "end", undefined],
  ['{"session_id":7,"__proto__":{"prompt":"x"}}', "end", undefined],
])("%s is told", (text, at, session) => {
  expect(toldBy(text)).toMatchObject({ at, session });
});

test("an agent may take its time to tell, and tell much", () =>
  withTemporary((folder) => {
    const script = String.raw`
(sleep 1; printf '{"session_id":"late","hook_event_name":"UserPromptSubmit"}') | "$NODE" "$REWINDFS" hook &
(printf '{"session_id":"much","hook_event_name":"UserPromptSubmit","x":"'; head -c 9000000 /dev/zero | tr '\0' x
 sleep 1; printf '"}') | "$NODE" "$REWINDFS" hook
wait $!`;
    const env = {
      ...process.env,
      NODE: process.execPath,
      REWINDFS: program,
      REWINDFS_JOURNAL: "../a.db",
    };
    const project = join(folder, "project");
    mkdirSync(project);
    execFileSync("sh", ["-e", "-c", script], { cwd: project, env });
    const reader = openReader(join(folder, "a.db"));
    const sessions = reader.runs().map(({ start: { labels } }) => labels?.get("session"));
    reader.close();
    expect(sessions).toEqual(expect.arrayContaining(["late", "much"]));
  }));

test("no label that somebody chose keeps turns from being counted", () => {
  const chosen = ["2", String(Number.MAX_SAFE_INTEGER), "1e300", "0x7fffffff", "-1"];
  const runs = chosen.map((turn) => ({ start: { labels: new Map([["turn", turn]]) } }));
  expect(turnOf(runs, toldBy('{"hook_event_name":"UserPromptSubmit"}'))).toBe(3);
});

test("a turn goes on until its agent says that it is over, whatever others do meanwhile", () => {
  const runs: Parameters<typeof turnOf>[0][number][] = [];
  const numbers = [
    ["UserPromptSubmit", "a"],
    ["UserPromptSubmit", "b"],
    ["PostToolUse", "a"],
    ["Stop", "a"],
    ["PostToolUse", "a"],
    ["PostToolUse", "b"],
    ["Stop", "b"],
  ].map(([hook_event_name, session_id]) => {
    const told = toldBy(JSON.stringify({ hook_event_name, session_id, prompt: "\ud800" }));
    const turn = turnOf(runs, told);
    const labels = new Map([...told.labels, ["turn", String(turn)]]);
    runs.push({ start: { labels } });
    return turn;
  });
  expect(numbers).toEqual([1, 2, 1, 1, 3, 2, 2]);
});
