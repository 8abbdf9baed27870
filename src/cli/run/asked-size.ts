import { closeSync, openSync, readSync, statSync } from "node:fs";

import { HostError, measureFolder } from "../../host/index.ts";
import { counted, describeBytes, line, printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import type { ImportScope } from "./exclude-options.ts";

/**
 * Asks at the terminal before copying a folder that is larger than probably intended. Without a terminal it warns and
 * goes on, or stops if the user gave the limit. Throws HostError for a no.
 */
export function askAboutSize(
  { talk }: Context,
  hosts: readonly string[],
  { exclude, cap }: ImportScope,
): void {
  for (const host of hosts) {
    if (statSync(host, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    const { files, bytes, isMore } = measureFolder(host, exclude, cap);
    if (!isMore) continue;
    const size = line`${printable(host)} holds more than ${describeBytes(cap.bytes)}: ${counted(files, "file")} so far, ${describeBytes(bytes)}`;
    const answer = talk.isTerminal
      ? answerAtTerminal(() => talk.text(line`${size}. Copy all of it? [y/N] `))
      : undefined;
    if (answer === undefined && cap.from === "usual")
      talk.line(line`rewindfs: ${size}; it is copied`);
    else if (answer === undefined || !/^y(?:es)?$/i.test(answer)) {
      throw new HostError("limit", host, `${size}`, {
        hint: "--exclude leaves parts out; a higher --max-size takes everything",
      });
    }
  }
}

/** Reads a typed line; undefined if nobody can be asked. Input typed ahead is left for others. */
function answerAtTerminal(ask: () => void): string | undefined {
  let terminal: number;
  try {
    terminal = openSync("/dev/tty", "r");
  } catch {
    return undefined;
  }
  try {
    ask();
    const byte = Buffer.alloc(1);
    let text = "";
    while (readSync(terminal, byte) === 1 && byte[0] !== newline && text.length < longestAnswer)
      text += byte.toString("latin1");
    return text.trim();
  } finally {
    closeSync(terminal);
  }
}

const newline = 0x0a;
const longestAnswer = 80;
