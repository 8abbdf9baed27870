/**
 * wasi:sockets with every way out refused. Nothing here reaches a socket: preview2-shim's `enableNetwork: false` still
 * lets an unbound UDP socket send.
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
    instanceNetwork: { instanceNetwork: () => new Network() },
    network: { Network, networkErrorCode: () => undefined },
    ipNameLookup: { ResolveAddressStream, resolveAddresses: () => refuse("access-denied") },
    tcp: { TcpSocket },
    tcpCreateSocket: { createTcpSocket: () => refuse("access-denied") },
    udp: { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    udpCreateSocket: { createUdpSocket: () => refuse("access-denied") },
  };
}

/** wasi:http: requests can be made up, with preview2-shim's types, but not sent. */
export async function createRefusedHttp() {
  const { types } = await import("@bytecodealliance/preview2-shim/http");
  return { types, outgoingHandler: { handle: () => refuse({ tag: "HTTP-request-denied" }) } };
}

/** A resource of which none ever exists; jco's glue only wants to see that it has methods, whatever their names. */
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

/** jco gives the guest what is thrown as the error case of a result. */
function refuse(error: string | { readonly tag: string }): never {
  // oxlint-disable-next-line no-throw-literal
  throw error;
}
