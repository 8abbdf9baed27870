import {
  type PathLike,
  closeSync,
  constants,
  fstatSync,
  link,
  lstat,
  open,
  readFileSync,
  statSync,
} from "node:fs";

// Makes the kernel look again at paths of a mount: argument 1 is its path, and standard input has the paths, each behind
// a letter and before a zero byte. Nothing is changed, and nothing outside of the mount is opened: programs in there may
// move directories meanwhile, and put links in their place.

/** open(2): gets hold of a file without opening it, which alone would do something to a device or a pipe. */
const O_PATH = 0o10000000;

const [, , mount = ""] = process.argv;
const { dev } = statSync(mount);
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
  else open(path, O_PATH | constants.O_NOFOLLOW, found);
}

function done(): void {
  // It fails always, or there is nothing to look at.
}

function found(_: unknown, place: number | undefined): void {
  if (place === undefined) return;
  const at = fstatSync(place);
  if (at.dev !== dev || !at.isFile()) return closeSync(place);
  open(`/proc/self/fd/${place}`, constants.O_WRONLY, (_error, descriptor) => {
    closeSync(place);
    if (descriptor !== undefined) closeSync(descriptor);
  });
}
