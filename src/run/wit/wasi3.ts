import { terminals } from "./terminals.ts";

/** The interfaces of WASI 0.3 that a guest may import and whose types are checked: its WIT, without worlds and versions. */
export const wasi3 = `
interface wasi:cli/environment {
  get-environment: func() -> list<tuple<string, string>>;
  get-arguments: func() -> list<string>;
  get-initial-cwd: func() -> option<string>;
}
interface wasi:cli/exit {
  exit: func(status: result);
  exit-with-code: func(status-code: u8);
}
interface wasi:cli/types {
  enum error-code { io, illegal-byte-sequence, pipe }
}
interface wasi:cli/stdin {
  use wasi:cli/types.{error-code};
  read-via-stream: func() -> tuple<stream<u8>, future<result<_, error-code>>>;
}
interface wasi:cli/stdout {
  use wasi:cli/types.{error-code};
  write-via-stream: func(data: stream<u8>) -> future<result<_, error-code>>;
}
interface wasi:cli/stderr {
  use wasi:cli/types.{error-code};
  write-via-stream: func(data: stream<u8>) -> future<result<_, error-code>>;
}
${terminals}
interface wasi:clocks/monotonic-clock {
  use wasi:clocks/types.{duration};
  type mark = u64;
  now: func() -> mark;
  get-resolution: func() -> duration;
  wait-until: async func(when: mark);
  wait-for: async func(how-long: duration);
}
interface wasi:clocks/system-clock {
  use wasi:clocks/types.{duration};
  record instant { seconds: s64, nanoseconds: u32 }
  now: func() -> instant;
  get-resolution: func() -> duration;
}
interface wasi:clocks/types {
  type duration = u64;
}
interface wasi:filesystem/preopens {
  use wasi:filesystem/types.{descriptor};
  get-directories: func() -> list<tuple<descriptor, string>>;
}
interface wasi:filesystem/types {
  use wasi:clocks/system-clock.{instant};
  type filesize = u64;
  variant descriptor-type { block-device, character-device, directory, fifo, symbolic-link,
      regular-file, socket, other(option<string>) }
  flags descriptor-flags { read, write, file-integrity-sync, data-integrity-sync,
      requested-write-sync, mutate-directory }
  record descriptor-stat { %type: descriptor-type, link-count: link-count, size: filesize,
      data-access-timestamp: option<instant>, data-modification-timestamp: option<instant>,
      status-change-timestamp: option<instant> }
  flags path-flags { symlink-follow }
  flags open-flags { create, directory, exclusive, truncate }
  type link-count = u64;
  variant new-timestamp { no-change, now, timestamp(instant) }
  record directory-entry { %type: descriptor-type, name: string }
  variant error-code { access, already, bad-descriptor, busy, deadlock, quota, exist,
      file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory,
      loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock,
      insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable,
      unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only,
      invalid-seek, text-file-busy, cross-device, other(option<string>) }
  enum advice { normal, sequential, random, will-need, dont-need, no-reuse }
  record metadata-hash-value { lower: u64, upper: u64 }
  resource descriptor {
    read-via-stream: func(offset: filesize) -> tuple<stream<u8>, future<result<_, error-code>>>;
    write-via-stream: func(data: stream<u8>, offset: filesize) -> future<result<_, error-code>>;
    append-via-stream: func(data: stream<u8>) -> future<result<_, error-code>>;
    advise: async func(offset: filesize, length: filesize, advice: advice) -> result<_, error-code>;
    sync-data: async func() -> result<_, error-code>;
    get-flags: async func() -> result<descriptor-flags, error-code>;
    get-type: async func() -> result<descriptor-type, error-code>;
    set-size: async func(size: filesize) -> result<_, error-code>;
    set-times: async func(data-access-timestamp: new-timestamp, data-modification-timestamp:
        new-timestamp) -> result<_, error-code>;
    read-directory: func() -> tuple<stream<directory-entry>, future<result<_, error-code>>>;
    sync: async func() -> result<_, error-code>;
    create-directory-at: async func(path: string) -> result<_, error-code>;
    stat: async func() -> result<descriptor-stat, error-code>;
    stat-at: async func(path-flags: path-flags, path: string) -> result<descriptor-stat,
        error-code>;
    set-times-at: async func(path-flags: path-flags, path: string, data-access-timestamp:
        new-timestamp, data-modification-timestamp: new-timestamp) -> result<_, error-code>;
    link-at: async func(old-path-flags: path-flags, old-path: string, new-descriptor:
        borrow<descriptor>, new-path: string) -> result<_, error-code>;
    open-at: async func(path-flags: path-flags, path: string, open-flags: open-flags, %flags:
        descriptor-flags) -> result<descriptor, error-code>;
    readlink-at: async func(path: string) -> result<string, error-code>;
    remove-directory-at: async func(path: string) -> result<_, error-code>;
    rename-at: async func(old-path: string, new-descriptor: borrow<descriptor>, new-path: string)
        -> result<_, error-code>;
    symlink-at: async func(old-path: string, new-path: string) -> result<_, error-code>;
    unlink-file-at: async func(path: string) -> result<_, error-code>;
    is-same-object: async func(other: borrow<descriptor>) -> bool;
    metadata-hash: async func() -> result<metadata-hash-value, error-code>;
    metadata-hash-at: async func(path-flags: path-flags, path: string) ->
        result<metadata-hash-value, error-code>;
  }
}
interface wasi:random/insecure-seed {
  get-insecure-seed: func() -> tuple<u64, u64>;
}
interface wasi:random/insecure {
  get-insecure-random-bytes: func(max-len: u64) -> list<u8>;
  get-insecure-random-u64: func() -> u64;
}
interface wasi:random/random {
  get-random-bytes: func(max-len: u64) -> list<u8>;
  get-random-u64: func() -> u64;
}
interface wasi:sockets/types {
  use wasi:clocks/types.{duration};
  variant error-code { access-denied, not-supported, invalid-argument, out-of-memory, timeout,
      invalid-state, address-not-bindable, address-in-use, remote-unreachable, connection-refused,
      connection-broken, connection-reset, connection-aborted, datagram-too-large,
      other(option<string>) }
  enum ip-address-family { ipv4, ipv6 }
  type ipv4-address = tuple<u8, u8, u8, u8>;
  type ipv6-address = tuple<u16, u16, u16, u16, u16, u16, u16, u16>;
  variant ip-address { ipv4(ipv4-address), ipv6(ipv6-address) }
  record ipv4-socket-address { port: u16, address: ipv4-address }
  record ipv6-socket-address { port: u16, flow-info: u32, address: ipv6-address, scope-id: u32 }
  variant ip-socket-address { ipv4(ipv4-socket-address), ipv6(ipv6-socket-address) }
  resource tcp-socket {
    create: static func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
    bind: func(local-address: ip-socket-address) -> result<_, error-code>;
    connect: async func(remote-address: ip-socket-address) -> result<_, error-code>;
    listen: func() -> result<stream<tcp-socket>, error-code>;
    send: func(data: stream<u8>) -> future<result<_, error-code>>;
    receive: func() -> tuple<stream<u8>, future<result<_, error-code>>>;
    get-local-address: func() -> result<ip-socket-address, error-code>;
    get-remote-address: func() -> result<ip-socket-address, error-code>;
    get-is-listening: func() -> bool;
    get-address-family: func() -> ip-address-family;
    set-listen-backlog-size: func(value: u64) -> result<_, error-code>;
    get-keep-alive-enabled: func() -> result<bool, error-code>;
    set-keep-alive-enabled: func(value: bool) -> result<_, error-code>;
    get-keep-alive-idle-time: func() -> result<duration, error-code>;
    set-keep-alive-idle-time: func(value: duration) -> result<_, error-code>;
    get-keep-alive-interval: func() -> result<duration, error-code>;
    set-keep-alive-interval: func(value: duration) -> result<_, error-code>;
    get-keep-alive-count: func() -> result<u32, error-code>;
    set-keep-alive-count: func(value: u32) -> result<_, error-code>;
    get-hop-limit: func() -> result<u8, error-code>;
    set-hop-limit: func(value: u8) -> result<_, error-code>;
    get-receive-buffer-size: func() -> result<u64, error-code>;
    set-receive-buffer-size: func(value: u64) -> result<_, error-code>;
    get-send-buffer-size: func() -> result<u64, error-code>;
    set-send-buffer-size: func(value: u64) -> result<_, error-code>;
  }
  resource udp-socket {
    create: static func(address-family: ip-address-family) -> result<udp-socket, error-code>;
    bind: func(local-address: ip-socket-address) -> result<_, error-code>;
    connect: func(remote-address: ip-socket-address) -> result<_, error-code>;
    disconnect: func() -> result<_, error-code>;
    send: async func(data: list<u8>, remote-address: option<ip-socket-address>) -> result<_,
        error-code>;
    receive: async func() -> result<tuple<list<u8>, ip-socket-address>, error-code>;
    get-local-address: func() -> result<ip-socket-address, error-code>;
    get-remote-address: func() -> result<ip-socket-address, error-code>;
    get-address-family: func() -> ip-address-family;
    get-unicast-hop-limit: func() -> result<u8, error-code>;
    set-unicast-hop-limit: func(value: u8) -> result<_, error-code>;
    get-receive-buffer-size: func() -> result<u64, error-code>;
    set-receive-buffer-size: func(value: u64) -> result<_, error-code>;
    get-send-buffer-size: func() -> result<u64, error-code>;
    set-send-buffer-size: func(value: u64) -> result<_, error-code>;
  }
}
interface wasi:sockets/ip-name-lookup {
  use wasi:sockets/types.{ip-address};
  variant error-code { access-denied, invalid-argument, name-unresolvable,
      temporary-resolver-failure, permanent-resolver-failure, other(option<string>) }
  resolve-addresses: async func(name: string) -> result<list<ip-address>, error-code>;
}
`;
