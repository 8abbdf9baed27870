import type { Socket } from "node:net";

/** Longest line of either side, in UTF-16 units: two files of 64 KiB in base64, some paths, and a command line. */
export const longestLine = 4 * 1024 * 1024;

/** Says a message: one line of JSON. */
export function say(socket: Socket, message: unknown): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

/**
 * Calls `take` with the JSON of each line that comes. Ends the connection at a line that is too long or is no JSON, and
 * where `take` throws.
 */
export function onLines(socket: Socket, take: (message: unknown) => void): void {
  let left = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (left + chunk).split("\n");
    left = lines.pop() ?? "";
    if (left.length > longestLine) return void socket.destroy();
    try {
      for (const line of lines) {
        if (line.length > longestLine) throw new RangeError("a line that is too long");
        if (!socket.destroyed) take(JSON.parse(line));
      }
    } catch {
      // The other side is another program, or another version of this one.
      socket.destroy();
    }
  });
}
