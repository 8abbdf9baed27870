import { realpathSync } from "node:fs";
import type { Experimental_SandboxSession } from "ai";
import type { OpenFileSystem } from "../index.ts";
import { Session } from "../tools/index.ts";
import { sessionOn } from "./session.ts";
import { type AgentTools, toolsOn } from "./tool-set.ts";

/** Options of a sandbox: the place of its commands, and labels. */
export interface SandboxOptions {
  /**
   * The folder of the machine in whose place commands find the filesystem, and from which relative paths count. What it
   * holds itself is neither read nor changed. Default: the working directory.
   */
  readonly folder?: string;
  /** Labels of every run, such as the session. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Opens a sandbox on a journal's file, which is made if it does not exist. It keeps the journal open for writing until
 * it is disposed of. Throws JournalError.
 */
export function openSandbox(journal: string, options: SandboxOptions = {}): Sandbox {
  return new Sandbox(journal, options);
}

/** The filesystem of a journal as an agent of the AI SDK works on it: each change is an event. */
export class Sandbox implements Disposable {
  /**
   * Tools for a model. Each call that changes something is a run, with the labels `tool`, `call`, `turn` and `step`.
   */
  readonly tools: AgentTools;
  /** The session that the AI SDK takes as `experimental_sandbox`. */
  readonly session: Experimental_SandboxSession;
  readonly #journal: Session;

  /** The folder of the machine in whose place commands find the filesystem. */
  get folder(): string {
    return this.#journal.folder;
  }

  /** @internal */
  constructor(journal: string, { folder = ".", labels = {} }: SandboxOptions) {
    if (journal === ":memory:")
      throw new TypeError("a sandbox needs a journal in a file: its programs open that, too");
    this.#journal = new Session(journal, realpathSync(folder));
    this.tools = toolsOn(this.#journal, labels);
    this.session = sessionOn(this.#journal, labels);
    // The file is made now: a tool that looks at the past opens it by its path.
    this.files.exists("/");
  }

  /**
   * The filesystem, live and past. While a program runs it is the program's: wait for its call. Throws JournalError.
   */
  get files(): OpenFileSystem {
    return this.#journal.files;
  }

  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }
}
