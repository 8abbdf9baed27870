import { type JournalWriter, openWriter } from "../../journal/index.ts";
import { type Findings, type FindingsOptions, findingsIn } from "../../src/findings/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import { openHistory } from "../../src/history/index.ts";
import { type Recorder, recorderOn } from "../support/journal.ts";

/** Holds the journals of the test. */
export const opened: JournalWriter[] = [];
/** Closes the journals of the test, after each. */
export function closeJournals(): void {
  for (const journal of opened.splice(0)) journal.close();
}

/** Returns the findings after a program did `act`, on a filesystem that was made before. */
export async function found(
  make: (step: Recorder) => void,
  act: (step: Recorder) => void,
  options: FindingsOptions = {},
): Promise<Findings> {
  const journal = openWriter(":memory:");
  opened.push(journal);
  const files = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const step = recorderOn(journal, files);
  files.begin({ cause: "import", guest: "", args: ["/h", "/p"], environment: [], digest: "" });
  step.mkdir("/p");
  make(step);
  files.end({ exit: 0 });
  step.run("guest", [], () => act(step));
  return findingsIn(openHistory(journal), options);
}

export const nothing = () => {};
/** Returns a line for each finding. */
export const brief = ({ findings }: Findings) =>
  findings.map(({ level, rule, path }) => `${level} ${rule} ${path}`);

// Put together here, so that nobody takes this file for a leak.
export const githubToken = `ghp_${"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}`;
export const privateKey = [
  "-----BEGIN RSA PRIVATE KEY-----",
  `MIIEpAIBAAKCAQEA${"abcd1234".repeat(20)}`,
  "-----END RSA PRIVATE KEY-----",
].join("\n");
export const elf = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]);
