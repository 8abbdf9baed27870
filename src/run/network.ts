/**
 * wasi:sockets and wasi:http with every way out refused. The resource types are preview2-shim's; what would make a
 * socket or send a request is not: there `enableNetwork: false` alone still lets an unbound UDP socket send.
 */
export async function createRefusedNetwork() {
  const [sockets, http] = await Promise.all([
    import("@bytecodealliance/preview2-shim/sockets"),
    import("@bytecodealliance/preview2-shim/http"),
  ]);

  return {
    instanceNetwork: sockets.instanceNetwork,
    network: sockets.network,
    ipNameLookup: { ...sockets.ipNameLookup, resolveAddresses: () => refuse("access-denied") },
    tcp: sockets.tcp,
    tcpCreateSocket: { createTcpSocket: () => refuse("access-denied") },
    udp: sockets.udp,
    udpCreateSocket: { createUdpSocket: () => refuse("access-denied") },
    httpTypes: http.types,
    outgoingHandler: { handle: () => refuse({ tag: "HTTP-request-denied" }) },
  };
}

/** jco gives the guest what is thrown as the error case of a result. */
function refuse(error: string | { readonly tag: string }): never {
  // oxlint-disable-next-line no-throw-literal
  throw error;
}
