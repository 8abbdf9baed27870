import { type PathLike, close, constants, link, lstat, open, readFileSync } from "node:fs";

// Makes the kernel look again at paths of a mount: argument 1 is its path, and standard input has the paths, each behind
// a letter and before a zero byte. Nothing is changed, wherever a path leads: programs in the mount may move directories
// meanwhile, and put links in their place.

const [, , mount = ""] = process.argv;
const input = readFileSync(0);
for (let at = 0; at < input.length;) {
  const end = input.indexOf(0, at);
  if (end < 0) break;
  look(
    input.toString("latin1", at, at + 1),
    Buffer.concat([Buffer.from(mount), input.subarray(at + 1, end)]),
  );
  at = end + 1;
}

function look(kind: string, path: PathLike): void {
  // No directory gets a second name. That is refused after the kernel has looked the new name up, for which it
  // goes by nothing that it remembers.
  if (kind === "n") link(mount, path, done);
  else if (kind === "d") lstat(path, done);
  // The kernel drops its bytes of a file that is opened when the server says so. Writing asks no rule about reading.
  else open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, opened);
}

function done(): void {
  // It fails always, or there is nothing to look at.
}

function opened(_: unknown, descriptor: number | undefined): void {
  if (descriptor !== undefined) close(descriptor);
}
