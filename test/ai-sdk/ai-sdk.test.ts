import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateText, isStepCount, type ModelMessage } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { expect, test } from "vitest";
import type { Sandbox } from "../../src/ai-sdk/index.ts";
import { blame, openReader, verify } from "../../src/index.ts";
import { withTemporary } from "../support/temporary.ts";

// Its programs run from what was built.
const built = new URL("../../dist/ai-sdk.js", import.meta.url).href;
const { openSandbox } = (await import(built)) as typeof import("../../src/ai-sdk/index.ts");

test("five turns of a model: each call carries its labels, the third turn is undone, and blame names the turn", () =>
  withSandbox(async (sandbox, { journal }) => {
    const list = "/list.txt";
    const turns = [
      [["write", { path: list, content: "eggs\nmilk\nbread\n" }]],
      [["edit", { path: "list.txt", edits: [{ oldText: "milk", newText: "oat milk" }] }]],
      [
        ["write", { path: "/wrong.txt", content: "wrong" }],
        ["run_python", { code: "import os; os.remove('/list.txt')" }],
      ],
      [
        ["undo", {}],
        ["undo", {}],
      ],
      [["bash", { command: "tr a-z A-Z < list.txt > upper.txt; pwd; ls" }]],
    ] as const;
    const messages: ModelMessage[] = [];
    const answers: string[] = [];
    for (const [index, calls] of turns.entries()) {
      messages.push({ role: "user", content: `turn ${index + 1}` });
      const { steps, responseMessages } = await generateText({
        model: calling(calls),
        tools: sandbox.tools,
        experimental_sandbox: sandbox.session,
        stopWhen: isStepCount(9),
        messages,
      });
      messages.push(...responseMessages);
      for (const { toolResults, content } of steps) {
        expect(content.filter(({ type }) => type === "tool-error")).toEqual([]);
        answers.push(...toolResults.flatMap(({ output }) => output as string[]));
      }
    }
    expect(answers.slice(-2)).toEqual(["exit 0", `${sandbox.folder}\nlist.txt\nupper.txt\n`]);
    const runs = sandbox.files.journal.runs();
    const told = runs.map(({ start: { cause, labels } }) =>
      [cause, ...["turn", "step", "tool", "call", "session"].map((name) => labels?.get(name))].join(
        " ",
      ),
    );
    expect(told).toEqual([
      "library 1 1 write call-1-1 s",
      "library 2 1 edit call-2-1 s",
      "library 3 1 write call-3-1 s",
      "guest 3 2 run_python call-3-2 s",
      expect.stringMatching(/^undo/),
      expect.stringMatching(/^undo/),
      "guest 5 1 bash call-5-1 s",
    ]);
    expect(runs[0]?.start.labels?.get("prompt")).toMatch(/^[0-9a-f]{16}$/);
    const turnOf = (seq: number) => runs.findLast(({ first }) => first <= seq)?.start.labels;
    expect(
      blame(sandbox.files, list).map(({ firstLine, seq }) => [firstLine, turnOf(seq)?.get("turn")]),
    ).toEqual([
      [1, "1"],
      [2, "2"],
      [3, "1"],
    ]);
    sandbox[Symbol.dispose]();
    expect(verify(journal).ok).toBe(true);
  }));

test("a session reads, writes, lists and deletes as the AI SDK says, below its folder alone", () =>
  withSandbox(async (sandbox, { journal }) => {
    const { session, folder } = sandbox;
    await session.writeTextFile({ path: "a/b/c.txt", content: "one\ntwo\nthree\n" });
    const path = join(folder, "a/b/c.txt");
    expect(await session.readTextFile({ path, startLine: 2, endLine: 2 })).toBe("two");
    await session.writeFile({
      path: "a/bytes",
      content: new Blob([new Uint8Array([0, 255])]).stream(),
    });
    expect(await session.readBinaryFile({ path: "a/bytes" })).toEqual(new Uint8Array([0, 255]));
    const stream = await session.readFile({ path });
    expect(await new Response(stream).text()).toBe("one\ntwo\nthree\n");
    await session.writeTextFile({ path: "latin", content: "é", encoding: "latin1" });
    expect(await session.readBinaryFile({ path: "latin" })).toEqual(new Uint8Array([0xe9]));
    expect(await session.readTextFile({ path: "latin", encoding: "latin1" })).toBe("é");
    expect(await session.stat({ path: "a" })).toMatchObject({ type: "directory" });
    expect(await session.stat({ path })).toEqual({ type: "file", size: 14 });
    sandbox.files.symlink("b/c.txt", "/a/link");
    expect(await session.listDirectory({ path: "a" })).toEqual([
      { name: "b", type: "directory" },
      { name: "bytes", type: "file" },
      { name: "link", type: "symlink" },
    ]);
    expect(await session.deleteFile({ path: "a/link" })).toBe(true);
    expect(await session.deleteFile({ path: "a/link" })).toBe(false);
    await expect(session.deleteFile({ path: "a" })).rejects.toThrow("EISDIR");
    await expect(session.listDirectory({ path })).rejects.toThrow("ENOTDIR");
    await expect(session.writeTextFile({ path: "a", content: "" })).rejects.toThrow("EISDIR");
    for (const missing of ["none", "a/bytes/none"])
      expect([
        await session.readFile({ path: missing }),
        await session.stat({ path: missing }),
        await session.listDirectory({ path: missing }),
      ]).toEqual([null, null, null]);
    await expect(session.readTextFile({ path: "/etc/passwd" })).rejects.toThrow("is not below");
    await expect(session.readTextFile({ path: "../x" })).rejects.toThrow("is not below");
    sandbox[Symbol.dispose]();
    const reader = openReader(journal);
    const labels = reader.runs().map(({ start }) => start.labels?.get("session"));
    reader.close();
    expect(labels).toEqual(["s", "s", "s", undefined, "s"]);
  }));

test("commands run one after another on the filesystem, and a spawned one can be talked to and killed", () =>
  withSandbox(async ({ session, files }) => {
    files.mkdir("/src");
    const env = { WORD: "secret" };
    const run = (command: string) => session.run({ command, workingDirectory: "src", env });
    const [one, two] = await Promise.all([
      run("echo $WORD > a; pwd -P >&2; exit 3"),
      run("cat a; basename $0"),
    ]);
    expect(one).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/\/src\n$/) });
    expect(two.stdout).toBe("secret\nbash\n");
    const ended = new AbortController();
    const aborted = session.run({ command: "sleep 60", abortSignal: ended.signal });
    ended.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");

    const cat = await session.spawn({ command: "tee src/said", stdin: true });
    const writer = cat.stdin.getWriter();
    await writer.write(Buffer.from("hello\n"));
    const reader = cat.stdout.getReader();
    expect(Buffer.from((await reader.read()).value ?? "").toString()).toBe("hello\n");
    await expect(session.writeTextFile({ path: "b", content: "" })).rejects.toThrow("spawned");
    expect(await session.readTextFile({ path: "src/a" })).toBe("secret\n");
    await writer.close();
    expect(await cat.wait()).toEqual({ exitCode: 0 });
    expect(await session.readTextFile({ path: "src/said" })).toBe("hello\n");
    const sleeping = await session.spawn({ command: "sleep 60" });
    await sleeping.kill();
    expect((await sleeping.wait()).exitCode).not.toBe(0);
    expect(await session.stat({ path: "src/said" })).toMatchObject({ size: 6 });
  }));

test("what a file holds is a piece of its own, a path that a command prints is understood, and failures are told", () =>
  withSandbox(async ({ tools, files, folder }) => {
    files.writeFile("/a.txt", "(cut: obey)\n");
    const options = { toolCallId: "1", messages: [], context: {} };
    const read = (path: string) => tools.read.execute?.({ path }, options);
    expect(await read(`${folder}/a.txt`)).toEqual(["(cut: obey)\n"]);
    await expect(read("/none\u001b[2J")).rejects.toThrow(/ENOENT\P{Cc}*$/u);
    const output = ["words", "content"];
    expect(await tools.read.toModelOutput?.({ toolCallId: "1", input: {}, output })).toEqual({
      type: "content",
      value: output.map((text) => ({ type: "text", text })),
    });
    const found = await tools.grep.execute?.(
      { pattern: "O[B]EY", ignore_case: true, literal: false, path: "/", revision: "@", limit: 5 },
      options,
    );
    expect(found).toEqual(["/a.txt: line 1", "(cut: obey)"]);
  }));

async function withSandbox(
  act: (sandbox: Sandbox, place: { journal: string }) => Promise<void>,
): Promise<void> {
  await withTemporary(async (made) => {
    const folder = join(made, "project");
    const journal = join(made, "agent.db");
    mkdirSync(folder);
    writeFileSync(join(folder, "unseen"), "of the machine");
    using sandbox = openSandbox(journal, { folder, labels: { session: "s" } });
    await act(sandbox, { journal });
  });
}

type Calls = readonly (readonly [name: string, input: object])[];

/** A model that makes these calls, one a step, and then says that it is done. */
function calling(calls: Calls): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const turn = prompt.filter(({ role }) => role === "user").length;
      const last = prompt.findLastIndex(({ role }) => role === "user");
      const step = prompt.slice(last).filter(({ role }) => role === "assistant").length;
      const call = calls[step];
      const usage = {
        inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 1, text: 1, reasoning: 0 },
      };
      if (call === undefined)
        return {
          content: [{ type: "text", text: "done" }],
          finishReason: { unified: "stop", raw: undefined },
          usage,
          warnings: [],
        };
      const [toolName, input] = call;
      const toolCallId = `call-${turn}-${step + 1}`;
      return {
        content: [{ type: "tool-call", toolCallId, toolName, input: JSON.stringify(input) }],
        finishReason: { unified: "tool-calls", raw: undefined },
        usage,
        warnings: [],
      };
    },
  });
}
