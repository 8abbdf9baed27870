import { readFileSync } from "node:fs";

/**
 * Returns a command that starts another with limits for it and all its children: bytes of private writable memory and
 * of any file that it writes (0 for no limit), open descriptors, no core files, and the first place among processes to
 * kill when the kernel is short of memory. V8 reserves address space that it never uses, so RLIMIT_AS stays. Linux
 * only; elsewhere returns the command unchanged.
 */
export function limited(
  command: readonly string[],
  { memoryBytes, fileBytes }: { readonly memoryBytes: number; readonly fileBytes: number },
): readonly string[] {
  if (process.platform !== "linux") return command;
  const data = memoryBytes === 0 ? Infinity : Math.floor(memoryBytes / 1024);
  const file = fileBytes === 0 ? Infinity : Math.ceil(fileBytes / shellBlockBytes);
  const limits = [
    "ulimit -c 0",
    ...bound("d", Math.min(data, hardLimit("Max data size") / 1024)),
    ...bound("f", Math.min(file, hardLimit("Max file size") / shellBlockBytes)),
    ...bound("n", Math.min(mostDescriptors, hardLimit("Max open files"))),
    "{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null",
    "unset PWD OLDPWD",
    'exec "$@"',
  ];
  return ["/bin/sh", "-c", limits.join("\n"), "sh", ...command];
}

/**
 * Returns a command that starts another which the kernel ends together with the thread that starts it, however that
 * ends. Needs util-linux' setpriv; without it, and outside of Linux, returns the command unchanged.
 */
export function endingWithParent(command: readonly string[]): readonly string[] {
  if (process.platform !== "linux") return command;
  const script = [
    "unset PWD OLDPWD",
    'setpriv --pdeathsig keep true 2>/dev/null && exec setpriv --pdeathsig KILL -- "$@"',
    'exec "$@"',
  ];
  return ["/bin/sh", "-c", script.join("\n"), "sh", ...command];
}

/** Enough for Node.js with a few threads; a guest's own descriptors are not the kernel's. */
const mostDescriptors = 1024;

/** Unit of `ulimit -f`: POSIX. */
const shellBlockBytes = 512;

function bound(name: string, amount: number): readonly string[] {
  return amount === Infinity ? [] : [`ulimit -${name} ${Math.floor(amount)} || exit 1`];
}

/** Returns the hard limit of this process: proc_pid_limits(5). */
function hardLimit(name: string): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const hard = new RegExp(`^${name} +\\S+ +(\\S+)`, "m").exec(limits)?.[1];
  return hard === undefined || hard === "unlimited" ? Infinity : Number(hard);
}
