import { execFileSync, spawn } from "node:child_process";
import {
  ftruncateSync,
  mkdtempSync,
  openSync,
  read,
  readFileSync,
  readSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Result } from "./command.ts";

const script = new URL("commands-process.mjs", import.meta.url).pathname;

/** A process that runs commands one after another, as most of the time of a short one goes into its start. */
export interface CommandsProcess {
  readonly pid: number;
  /** Runs a command to its end. */
  run(folder: string, args: readonly string[], env: NodeJS.ProcessEnv): Result;
  /** The same while this process goes on; call it again, or `run`, once it has answered. */
  runMeanwhile(folder: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Result>;
}

/** Starts it. It ends when this process does, and removes what it used. */
export function startCommandsProcess(env: NodeJS.ProcessEnv): CommandsProcess {
  const place = mkdtempSync(join(tmpdir(), "rewindfs-commands-"));
  const [requests, answers] = [join(place, "requests"), join(place, "answers")];
  execFileSync("mkfifo", [requests, answers]);
  const outputs = ["stdout", "stderr"].map((name) => join(place, name));
  // To append: the next write goes to the beginning of a file that was emptied.
  const [stdout = 1, stderr = 2] = outputs.map((file) => openSync(file, "a+"));
  const child = spawn(process.execPath, [script, requests, answers], {
    stdio: ["ignore", stdout, stderr],
    env,
  });
  child.unref();
  const to = openSync(requests, "w");
  const from = openSync(answers, "r");
  const bytes = Buffer.alloc(16);

  const ask = (folder: string, args: readonly string[], given: NodeJS.ProcessEnv) => {
    for (const output of [stdout, stderr]) ftruncateSync(output);
    writeSync(to, `${JSON.stringify({ folder, args, env: given })}\n`);
  };
  const answer = (length: number): Result => {
    const [out = "", talk = ""] = outputs.map((file) => readFileSync(file, "utf8"));
    if (length === 0) throw new Error(`the process of the commands ended:\n${talk}`);
    return { stdout: out, stderr: talk, exit: Number(bytes.toString("utf8", 0, length)) };
  };

  return {
    pid: child.pid ?? 0,
    run(...given) {
      ask(...given);
      return answer(readSync(from, bytes));
    },
    async runMeanwhile(...given) {
      ask(...given);
      const { bytesRead } = await readLater(from, bytes, 0, bytes.length, null);
      return answer(bytesRead);
    },
  };
}

const readLater = promisify(read);
