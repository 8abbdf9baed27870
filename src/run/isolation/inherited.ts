import { readFileSync, readdirSync } from "node:fs";

/**
 * Replaces all other descriptors that the child would inherit by `nothing`: one cannot be closed in the child alone.
 */
export function covering(
  stdio: readonly ("pipe" | "ignore" | number)[],
  nothing: number,
): ("pipe" | "ignore" | number)[] {
  if (process.platform !== "linux") return [...stdio];
  const covered = inheritedDescriptors().filter((descriptor) => descriptor >= stdio.length);
  const places: ("pipe" | "ignore" | number)[] = [...stdio];
  while (places.length <= Math.max(...covered)) places.push("ignore");
  for (const descriptor of covered) places[descriptor] = nothing;
  return places;
}

/**
 * Lists the descriptors from 3 on that a child would inherit although nobody passes them: those with which a shell or
 * CI runner started this process. Node.js's own are closed in its children (O_CLOEXEC). Linux only.
 */
function inheritedDescriptors(): readonly number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((descriptor) => descriptor > 2 && !closesInChildren(descriptor));
}

// fcntl.h: octal, as proc_pid_fdinfo(5) tells it. The same number on x86_64 and aarch64.
const closeOnExec = 0o2_000_000;

function closesInChildren(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"),
    )?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) !== 0;
  } catch {
    // It belonged to the listing itself, or to another thread, and is closed by now.
    return true;
  }
}
