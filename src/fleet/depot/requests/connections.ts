import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Bounds the connections of a server, of all that are open. Where one more comes, the one goes that has waited for a
 * request for longest: who only holds connections, without a token even, keeps nobody out. Where all have requests that
 * are being answered, the new one goes.
 */
export function boundConnections(server: Server, most: number): void {
  /** In the order in which they came, or had their last answer. */
  const idle = new Set<Socket>();
  const busy = new Map<Socket, number>();

  server.on("connection", (socket: Socket) => {
    socket.once("close", () => {
      idle.delete(socket);
      busy.delete(socket);
    });
    const [oldest] = idle;
    idle.add(socket);
    if (idle.size + busy.size > most) (oldest ?? socket).destroy();
  });
  server.on("request", ({ socket }, response) => {
    idle.delete(socket);
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (left > 0) return void busy.set(socket, left);
      busy.delete(socket);
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
