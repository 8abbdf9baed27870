import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

import { type File, type Inode, type Directory, isSpecial, type Special } from "../../fs/index.ts";
import { type Budget, type ReadTape, isReadable, readPieces } from "../../history/index.ts";
import type { ChangedEntry } from "../versions/plan.ts";
import { HostError, type Skip, neverRead } from "../disk/error.ts";
import { gitModeOf, isSameForGit } from "../versions/modes.ts";

export interface GitCommit {
  readonly branch: string;
  /** The commit before it; the branch's last one by default. */
  readonly parent?: string;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly message: string;
  readonly entries: readonly ChangedEntry[];
}

/** Sends commits to `git fast-import`, no faster than it reads. */
export class GitImport {
  readonly #git: ChildProcessByStdio<Writable, null, Readable>;
  readonly #readTape: ReadTape;
  readonly #budget: Budget;
  readonly #onSkip: (skip: Skip) => void;
  readonly #ended: Promise<HostError | undefined>;
  #complaint = "";

  constructor(
    git: ChildProcessByStdio<Writable, null, Readable>,
    readTape: ReadTape,
    budget: Budget,
    onSkip: (skip: Skip) => void = () => {},
  ) {
    this.#onSkip = onSkip;
    this.#git = git;
    this.#readTape = readTape;
    this.#budget = budget;
    git.stderr.setEncoding("utf8");
    git.stderr.on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, 2_000);
    });
    // The exit code reports a git that has ended.
    git.stdin.on("error", () => {});
    this.#ended = new Promise((settle) => {
      git.on("error", (error) => settle(this.#failure(error.message)));
      git.on("close", (code) =>
        settle(code === 0 ? undefined : this.#failure(this.#complaint.trim())),
      );
    });
  }

  async commit({ branch, parent, time, message, entries }: GitCommit): Promise<void> {
    const seconds = time / 1_000_000_000n;
    await this.#say(`commit ${branch}\n`);
    await this.#say(`committer rewindfs <rewindfs@localhost> ${seconds} +0000\n`);
    await this.#data(Buffer.from(message));
    if (parent !== undefined) await this.#say(`from ${parent}\n`);
    await this.#entries(entries, "");
    await this.#say("\n");
  }

  /** Ends the stream and waits until git has taken it. Throws HostError. */
  async finish(): Promise<void> {
    await this.#say("done\n");
    this.#git.stdin.end();
    const failure = await this.#ended;
    if (failure !== undefined) throw failure;
  }

  stop(): void {
    this.#git.stdin.destroy();
    this.#git.kill();
  }

  async #entries(entries: readonly ChangedEntry[], above: string): Promise<void> {
    for (const { name, before, after, change, entries: below } of entries) {
      const path = `${above}${name}`;
      if (change === "times" || isSameForGit(change, before, after)) continue;
      if (after === undefined || (before !== undefined && change === "type-changed")) {
        await this.#say(`D ${quoted(path)}\n`);
      }
      if (after?.type === "directory") await this.#entries(below, `${path}/`);
      else if (after !== undefined && !isSpecial(after)) await this.#modify(path, after);
    }
  }

  async #modify(path: string, inode: Exclude<Inode, Directory | Special>): Promise<void> {
    if (inode.type === "file" && !isReadable(inode.content, this.#readTape)) {
      this.#onSkip({ path: `/${path}`, reason: neverRead });
      return this.#say(`D ${quoted(path)}\n`);
    }
    if (inode.type === "symlink") {
      await this.#say(`M 120000 inline ${quoted(path)}\n`);
      return this.#data(Buffer.from(inode.target));
    }
    const { size, mapped } = inode.content;
    this.#budget.bytes(mapped);
    this.#budget.zeros(size - mapped);
    await this.#say(`M ${gitModeOf(inode)} inline ${quoted(path)}\n`);
    await this.#file(inode);
  }

  async #file(file: File): Promise<void> {
    await this.#say(`data ${file.content.size}\n`);
    for (const piece of readPieces(file, this.#readTape)) await this.#say(piece);
    await this.#say("\n");
  }

  async #data(bytes: Uint8Array): Promise<void> {
    await this.#say(`data ${bytes.length}\n`);
    await this.#say(bytes);
    await this.#say("\n");
  }

  async #say(words: string | Uint8Array): Promise<void> {
    if (this.#git.stdin.write(words)) return;
    const failure = await Promise.race([once(this.#git.stdin, "drain"), this.#ended]);
    if (failure instanceof HostError) throw failure;
  }

  #failure(reason: string): HostError {
    return new HostError("command", "git", `git fast-import failed: ${reason}`);
  }
}

/** Quotes a path for fast-import. */
function quoted(path: string): string {
  const escaped = path.replaceAll(/["\\\n]/g, (character) =>
    character === "\n" ? "\\n" : `\\${character}`,
  );
  return `"${escaped}"`;
}
