import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { Readable } from "node:stream";

import { covering, endingWithParent } from "../isolation/index.ts";
import { environmentGiven, identity, systemPath } from "./machine.ts";
import { StandardStreams } from "./standard-streams.ts";

/** A program to start on a filesystem that is mounted for it. */
export interface Program {
  /** The opened /dev/fuse. */
  readonly device: number;
  /** The folder where it is mounted: the program's working directory. */
  readonly folder: string;
  readonly access: "read-write" | "read-only";
  /** The folder that the program starts in. */
  readonly cwd: string;
  readonly border: Border | undefined;
  readonly command: readonly string[];
  /** Files into which the first process writes 0, to be in control groups, and commands of the shell within the border. */
  readonly limits?: { readonly joins: readonly string[]; readonly commands: readonly string[] };
  /** With a border, the border's arguments have this. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Bubblewrap, its arguments, each ended by a zero byte, and the filter of system calls, both as open files. */
export interface Border {
  readonly bubblewrap: string;
  readonly args: number;
  readonly filter: number;
  /** Files that are empty within it, if they are still there. */
  readonly emptied: readonly string[];
}

/** The descriptors of a border's files in the process that it is started in. */
export const filterAt = 5;
const argumentsAt = 6;

/** A program that was started, and what came of the mount. */
export interface Started {
  /** Ends with the program, with its exit code; 128 + N after signal N. */
  readonly process: ChildProcess;
  /** Resolves once it is known: undefined if the filesystem is mounted, or what `mount` said. */
  readonly mounted: Promise<string | undefined>;
  /** Resolves once all that the program printed is where it goes. */
  readonly printed: Promise<void>;
}

/**
 * Starts a program, and mounts its filesystem in a namespace that nobody else is in, so that the mount goes when the
 * program ends, however it ends. The mount must be served from now on.
 */
export function startProgram(program: Program): Started {
  const { device, folder, cwd, access, border, command, environment, limits } = program;
  const unshare =
    border === undefined
      ? // Without a border, a namespace of processes still makes sure that none is left over.
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
      : ["unshare", "--mount"];
  const confined = `${emptying}\n${identity().uid === 0 ? fixing : ""}\n${mounting}\n${sparing}\n${ending}`;
  const script = border === undefined ? `${mounting}\n${asUsual()}\n"$@"` : confined;
  const inner =
    border === undefined
      ? command
      : [
          border.bubblewrap,
          "--args",
          String(argumentsAt),
          "--",
          "/bin/sh",
          "-c",
          [...(limits?.commands ?? []), served, restoring, 'exec "$@"'].join("\n"),
          "sh",
          ...command,
        ];
  const joins = limits?.joins ?? [];
  const [file = "", ...args] = endingWithParent([
    ...(joins.length === 0 ? [] : ["/bin/sh", "-euc", joining, "sh", ...joins, "--"]),
    ...unshare,
    "--",
    "/bin/sh",
    "-c",
    script,
    "sh",
    ...(border === undefined ? [] : [String(border.emptied.length), ...border.emptied]),
    folder,
    mountOptions(access),
    cwd,
    ...inner,
  ]);
  const nothing = openSync(devNull, "r");
  using streams = border === undefined ? undefined : new StandardStreams();
  try {
    const passed = [
      ...(streams?.passed ?? [0, 1, 2]),
      device,
      "pipe" as const,
      ...(border === undefined ? [] : [border.filter, border.args]),
    ];
    const started = spawn(file, args, {
      // Programs outside of the border must not be found, or loaded, where the program could have put it.
      env: border === undefined ? environmentGiven(environment) : { PATH: systemPath },
      stdio: covering(passed, nothing),
      cwd: "/",
    });
    const printed = streams?.passOn() ?? Promise.resolve();
    return { process: started, mounted: saidBy(started.stdio[4]), printed };
  } finally {
    closeSync(nothing);
  }
}

/** Returns the options of a mount whose server has descriptor 3. */
export function mountOptions(access: "read-write" | "read-only"): string {
  return [
    "fd=3",
    "rootmode=40000",
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    "allow_other",
    "default_permissions",
    "nosuid",
    "nodev",
    ...(access === "read-only" ? ["ro"] : []),
  ].join(",");
}

/**
 * Makes devices read-only, in this namespace: bubblewrap shows them as they are, and root, to whom they belong, could
 * change their modes for the whole machine. They can be written to all the same.
 */
const fixing = `
for device in null zero full random urandom tty; do
  mount --bind "/dev/$device" "/dev/$device" && mount -o remount,bind,ro "/dev/$device" || exit 125
done`;

/** Joins control groups. */
const joining = `
while [ "$1" != -- ]; do
  echo 0 >"$1"
  shift
done
shift
exec "$@"`;

/** Hides files in this namespace. Bubblewrap would not start if one of them had gone. */
const emptying = `
count=$1
shift
while [ "$count" -gt 0 ]; do
  mount --bind /dev/null "$1" 2>/dev/null
  shift
  count=$((count - 1))
done`;

/** Mounts, says so on descriptor 4, and goes to the folder. */
const mounting = `
folder=$1 options=$2 cwd=$3
shift 3
if ! said=$(mount -i -t fuse.rewindfs -o "$options" rewindfs "$folder" 2>&1); then
  printf 'no%s' "$said" >&4
  exit 125
fi
printf yes >&4
exec 3>&- 4>&-
cd "$cwd" || exit 125`;

/**
 * Starts the border in a namespace of processes that ends with the first of them, and that one with what started it:
 * bubblewrap arranges for that late, and until then its end would leave the program behind. The kernel's numbers of
 * processes are those of the namespace that mounts, so the mount is made before. Bubblewrap looks itself up in /proc, which
 * must be of its own namespace.
 */
const ending = 'exec unshare --mount --pid --fork --kill-child --mount-proc -- "$@"';

/** Ends what has no server any more: whoever started it ended before the kernel was told to end it, too. */
const served = "true 2>/dev/null <. || stat -f . >/dev/null || exit 125";

/**
 * Returns what makes the program the user that this process was before it became root of a namespace: a shell would say
 * that it is root, and programs would behave so. Where unshare is too old for that, it stays root of the namespace.
 */
function asUsual(): string {
  const { uid, gid } = identity();
  if (uid === process.getuid?.()) return "";
  const unshare = `unshare --user --map-user=${uid} --map-group=${gid}`;
  return `${unshare} -- true 2>/dev/null && set -- ${unshare} -- "$@"`;
}

/**
 * A terminal's signals are for the program, and what stands around it must not die of them. A program that begins with
 * ignored signals cannot tell, so \`env\` must be able to restore them.
 */
const sparing = `env --default-signal=INT,QUIT true 2>/dev/null && trap '' INT QUIT`;
const restoring = `env --default-signal=INT,QUIT true 2>/dev/null &&
  exec env --default-signal=INT,QUIT -- "$@"`;

async function saidBy(stream: unknown): Promise<string | undefined> {
  if (!(stream instanceof Readable)) return "it did not start";
  let said = "";
  stream.setEncoding("utf8");
  // Without a border, a process that waits for the program keeps its end open.
  for await (const chunk of stream) {
    said += String(chunk);
    if (said === "yes") return undefined;
  }
  return said.replace(/^no/, "").trim() || "it ended before it had mounted anything";
}
