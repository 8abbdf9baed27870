import { handout } from "../protocol/handout.ts";
import { webAssembly } from "../wasm/web-assembly.ts";

/**
 * Provides wasi:sockets with every way out refused. Nothing here reaches a socket: preview2-shim's `enableNetwork:
 * false` still lets an unbound UDP socket send.
 */
export function createRefusedSockets() {
  class Network {}
  const TcpSocket = neverMade();
  const UdpSocket = neverMade();
  const [IncomingDatagramStream, OutgoingDatagramStream, ResolveAddressStream] = [
    neverMade(),
    neverMade(),
    neverMade(),
  ];
  return {
    instanceNetwork: { instanceNetwork: handout(() => new Network()) },
    network: { Network, networkErrorCode: () => undefined },
    ipNameLookup: { ResolveAddressStream, resolveAddresses: () => refuse("access-denied") },
    tcp: { TcpSocket },
    tcpCreateSocket: { createTcpSocket: () => refuse("access-denied") },
    udp: { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    udpCreateSocket: { createUdpSocket: () => refuse("access-denied") },
  };
}

/** Provides wasi:sockets of 0.3 likewise: no socket is ever made, and no name is looked up. */
export function createRefusedSockets3() {
  const denied = (): never => refuse({ tag: "access-denied" });
  const noSocket = { create: denied };
  return {
    types: { TcpSocket: noSocket, UdpSocket: noSocket },
    ipNameLookup: { resolveAddresses: denied },
  };
}

/** Roughly limits the bytes that a guest may put into requests that are never sent: they live outside of its memory. */
const mostHttpBytes = 16 * 1024 * 1024;
/** Cost of a call apart from the bytes that it is given. */
const httpCallBytes = 256;

/**
 * Provides wasi:http: requests can be built, with preview2-shim's types, but not sent, and have no bodies. Changes the
 * types of this thread for good: it serves one guest.
 */
export async function createRefusedHttp() {
  const { types } = await import("@bytecodealliance/preview2-shim/http");
  let spent = 0;
  const spend = (args: readonly unknown[]): void => {
    spent += httpCallBytes + args.reduce<number>((sum, arg) => sum + sizeOf(arg), 0);
    if (spent > mostHttpBytes) throw new webAssembly.RuntimeError("too much of wasi:http");
  };
  const metered = Object.fromEntries(
    Object.entries(types).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === "function" ? meter(value, spend) : value,
    ]),
  );
  // The shim's stream would keep everything written until somebody sends it.
  Reflect.set(types.OutgoingBody.prototype, "write", () => {
    throw new webAssembly.RuntimeError("there is no network to write to");
  });
  return {
    types: metered,
    outgoingHandler: { handle: () => refuse({ tag: "HTTP-request-denied" }) },
  };
}

/** Wraps a function or class so that each call is paid for first, those of a class's methods too. */
function meter(target: Function, spend: (args: readonly unknown[]) => void): Function {
  const pay: ProxyHandler<Function> = {
    apply(call, self, args: unknown[]): unknown {
      spend(args);
      return Reflect.apply(call, self, args);
    },
    construct(made, args: unknown[], newTarget): object {
      spend(args);
      return Reflect.construct(made, args, newTarget) as object;
    },
  };
  for (const holder of [target, target.prototype as unknown]) {
    if ((typeof holder !== "object" && typeof holder !== "function") || holder === null) continue;
    for (const name of Object.getOwnPropertyNames(holder)) {
      const { value, writable } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
      if (name === "constructor" || writable !== true || typeof value !== "function") continue;
      Reflect.set(holder, name, new Proxy(value as Function, pay));
    }
  }
  return new Proxy(target, pay);
}

function sizeOf(arg: unknown): number {
  if (typeof arg === "string" || arg instanceof Uint8Array) return arg.length;
  return Array.isArray(arg) ? arg.reduce<number>((sum, part) => sum + 16 + sizeOf(part), 0) : 0;
}

/** Returns a resource without instances; jco's glue only checks that it has methods, whatever their names. */
function neverMade(): new () => object {
  class Resource {}
  const call = (): never => refuse("access-denied");
  const methods = new Proxy(
    {},
    { get: (_target, name) => (typeof name === "string" ? call : undefined) },
  );
  Object.setPrototypeOf(Resource.prototype, methods);
  return Resource;
}

/** Throws an error that jco gives the guest as the error case of a result. */
function refuse(error: string | { readonly tag: string }): never {
  // oxlint-disable-next-line no-throw-literal
  throw error;
}
