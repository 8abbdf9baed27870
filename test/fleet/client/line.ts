import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** A line to a server, which takes its time, and counts what goes over it. */
export interface Line {
  readonly url: string;
  /** Requests, and bytes of answers, since the last `count`. */
  count(): { readonly trips: number; readonly bytes: number };
  /** Cuts all connections with a further request after so many, and all that are made then. */
  cutAfter(requests: number): void;
  close(): Promise<void>;
}

/** Opens a line to an HTTP server; `latency` is the time of a round trip in milliseconds. */
export async function openLine(target: string, latency = 0): Promise<Line> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let [trips, bytes, left] = [0, 0, Number.POSITIVE_INFINITY];
  const later = (act: () => void) => (latency === 0 ? act() : setTimeout(act, latency / 2));
  const server = createServer((client) => {
    if (left < 0) return void client.destroy();
    const there = connect(Number(port), hostname);
    for (const socket of [client, there]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        there.destroy();
      });
    }
    client.on("data", (data: Buffer) => {
      const requests = data.toString("latin1").match(/^(?:GET|POST|DELETE) \S+ HTTP\/1\.1\r$/gm);
      trips += requests?.length ?? 0;
      left -= requests?.length ?? 0;
      if (left < 0) for (const socket of sockets) socket.destroy();
      later(() => there.write(data));
    });
    there.on("data", (data: Buffer) => {
      bytes += data.length;
      later(() => client.write(data));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count() {
      const counted = { trips, bytes };
      [trips, bytes] = [0, 0];
      return counted;
    },
    cutAfter: (requests) => void (left = requests),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
