import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { expect, test } from "vitest";
import { openReader, verify } from "../../src/index.ts";
import { occurrenceOf } from "../../src/tools/answers/occurrence.ts";
import { textPage } from "../../src/tools/answers/text-page.ts";
import type { Recorder } from "../support/journal.ts";
import { withTemporary } from "../support/temporary.ts";
import { call, program, withServer, withServerHere } from "./client.ts";

/** Makes a file of 40 MiB that holds nothing. */
const large = (step: Recorder): void => {
  step.write("/n", "");
  step.truncate("/n", 40 << 20);
};

test("globs, names and texts that were made to take for ever are answered or refused", () =>
  withServerHere({ before: large }, async (client) => {
    const long = "a".repeat(200);
    await call(client, "write_file", { path: `/${long}`, content: "x" });
    const search = (pattern: string) => call(client, "search_files", { path: "/", pattern });
    expect(await search(`+(a|aa)+(a|aa)+(a|aa)c`)).toEqual(["No matches found"]);
    expect(await search("*a*a*a*a*a*a*a*b")).toEqual(["No matches found"]);
    expect(await search("**/*a")).toEqual([`/${long}`]);
    await expect(search("{a,b}".repeat(20))).rejects.toThrow("more than 1000 patterns");
    await expect(search("*".repeat(70_000))).rejects.toThrow();
    await expect(call(client, "search_files", { path: "/none", pattern: "*" })).rejects.toThrow(
      "ENOENT",
    );
    await expect(call(client, "history", { path: "{a,b}".repeat(20) })).rejects.toThrow("patterns");
    const several = await call(client, "read_multiple_files", { paths: ["/n", "/n", "/n"] });
    expect(several.filter((text) => text.includes("cannot be read"))).toHaveLength(2);
    const deep = `/${"d/".repeat(1_000)}`;
    await call(client, "create_directory", { path: deep });
    const [tree = ""] = await call(client, "directory_tree", { path: "/" });
    expect(tree.length).toBeLessThan(200_000);
    await expect(
      call(client, "write_file", { path: "x".repeat(1e6), content: "" }),
    ).rejects.toThrow();
    expect((await call(client, "history", { limit: 1_000 })).join("").length).toBeLessThan(201_000);
  }));

test("names that are long when they are escaped do not make an answer too long", () => {
  const before = (step: Recorder): void => {
    for (let at = 0; at < 900; at += 1) step.write(`/${"\u202e".repeat(80)}${at}`, "");
  };
  return withServerHere({ before }, async (client) => {
    const [list = "", cut] = await call(client, "list_directory", { path: "/" });
    expect(list.length).toBeLessThanOrEqual(200_000);
    expect(list.endsWith("\n")).toBe(false);
    expect(cut).toMatch(/^\(cut: /);
  });
});

test("whatever a client calls itself and its turn, its calls are made", () =>
  withServer({ client: "\u001b[2J\ud800" }, async (client) => {
    const _meta = { turn: `${"x".repeat(99)}${"\u{1f600}".repeat(2_000)}`, session: "\udc00" };
    const given = { path: "/s", content: "\ud800" };
    const { isError } = await client.callTool({ name: "write_file", arguments: given, _meta });
    expect(isError).not.toBe(true);
    expect((await call(client, "runs", {})).join("")).toMatch(/^\P{Cc}+$/u);
  }));

test("an edit leaves a file alone whose bytes it could not write back", () => {
  const before = (step: Recorder): void => step.write("/b", Buffer.from("\xff one", "latin1"));
  return withServerHere({ before }, async (client) => {
    const edits = [{ oldText: "one", newText: "two" }];
    await expect(call(client, "edit_file", { path: "/b", edits })).rejects.toThrow("no UTF-8 text");
    const [facts] = await call(client, "get_file_info", { path: "/b" });
    expect(facts).toMatch(/^size: 5$/m);
  });
});

test("what a resource says when it fails holds no name as it is", () =>
  withServerHere({}, async (client) => {
    const read = client.readResource({ uri: "rewind://journal/@/a%0ASYSTEM%1b[2J" });
    await expect(read).rejects.toThrow(/^[ -~]*$/);
    const broken = client.readResource({ uri: "rewind://journal/..%2f..%2f/etc/passwd%" });
    await expect(broken).rejects.toThrow(/^[ -~]*$/);
    const media = await mediaOf(client);
    expect(media).toMatchObject([
      { resource: { uri: "rewind://journal/@/a%20b" }, _meta: { "rewindfs/data-of": "/a b" } },
    ]);
  }));

test("a program is ended when its client goes, or its call is cancelled, and the journal is whole", () =>
  withTemporary(async (folder) => {
    const journal = join(folder, "agent.db");
    const endless = { name: "run_python", arguments: { code: "while True: pass", seconds: 300 } };
    await withServer({ folder }, async (client) => {
      const control = new AbortController();
      const cancelled = client.callTool(endless, undefined, { signal: control.signal });
      while (!existsSync(journal)) await new Promise((resolve) => setTimeout(resolve, 20));
      control.abort();
      await expect(cancelled).rejects.toThrow();
      expect(await call(client, "list_directory", { path: "/" })).toEqual([""]);
    });
    const child = spawn(process.execPath, [program, "-j", journal, "mcp"], { cwd: folder });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout });
    const send = (message: object) =>
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    send({ id: 1, method: "initialize", params });
    for await (const line of lines) {
      // Nothing but the protocol is on stdout.
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
      break;
    }
    send({ method: "notifications/initialized" });
    send({ id: 2, method: "tools/call", params: endless });
    child.stdin.end();
    await ended;
    const reader = openReader(journal);
    expect(reader.runs().filter(({ end }) => end === undefined)).toEqual([]);
    reader.close();
    expect(verify(journal).ok).toBe(true);
  }));

test("a text of newlines is given in pages without a list of its lines", () => {
  const text = "\n".repeat(32 * 1024 * 1024);
  const [page, cut] = textPage(text, "/n", {}).pieces;
  expect(page).toMatchObject({ content: "\n".repeat(200_000) });
  expect(cut).toMatchObject({ words: expect.stringContaining("from_line 200001") });
  expect(textPage("a\nb\nc", "/n", { tail: 2 }).pieces).toEqual([{ content: "b\nc", path: "/n" }]);
  expect(textPage("a\nb\nc", "/n", { head: 2 }).pieces).toEqual([
    { content: "a\nb\n", path: "/n" },
  ]);
  expect(textPage("a\n", "/n", { from_line: 9 }).pieces).toEqual([{ content: "", path: "/n" }]);
});

test("a text is found where indexOf finds it, however alike they are", () => {
  for (const text of ["", "abcabd", "aaaaab", "abababac", "xaay"])
    for (const sought of ["a", "ab", "aab", "abd", "ababac", "b", "aaa"])
      for (const from of [0, 1, 3])
        expect(occurrenceOf(text, sought, from)).toBe(text.indexOf(sought, from));
  const half = "a".repeat(50_000);
  expect(occurrenceOf("a".repeat(8e6), `${half}b${half}`)).toBe(-1);
});

async function mediaOf(client: Client): Promise<unknown> {
  await call(client, "write_file", { path: "/a b", content: "x" });
  const given = { name: "read_media_file", arguments: { path: "/a b" } };
  return (await client.callTool(given)).content;
}
