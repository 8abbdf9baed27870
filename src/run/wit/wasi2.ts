import { terminals } from "./terminals.ts";

/** The interfaces of WASI 0.2 that a guest may import and whose types are checked: its WIT, without worlds and versions. */
export const wasi2 = `
interface wasi:io/error {
  resource error {
    to-debug-string: func() -> string;
  }
}
interface wasi:io/poll {
  resource pollable {
    ready: func() -> bool;
    block: func();
  }
  poll: func(in: list<borrow<pollable>>) -> list<u32>;
}
interface wasi:io/streams {
  use wasi:io/error.{error};
  use wasi:io/poll.{pollable};
  variant stream-error { last-operation-failed(error), closed }
  resource input-stream {
    read: func(len: u64) -> result<list<u8>, stream-error>;
    blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
    skip: func(len: u64) -> result<u64, stream-error>;
    blocking-skip: func(len: u64) -> result<u64, stream-error>;
    subscribe: func() -> pollable;
  }
  resource output-stream {
    check-write: func() -> result<u64, stream-error>;
    write: func(contents: list<u8>) -> result<_, stream-error>;
    blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
    flush: func() -> result<_, stream-error>;
    blocking-flush: func() -> result<_, stream-error>;
    subscribe: func() -> pollable;
    write-zeroes: func(len: u64) -> result<_, stream-error>;
    blocking-write-zeroes-and-flush: func(len: u64) -> result<_, stream-error>;
    splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
    blocking-splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
  }
}
interface wasi:cli/environment {
  get-environment: func() -> list<tuple<string, string>>;
  get-arguments: func() -> list<string>;
  initial-cwd: func() -> option<string>;
}
interface wasi:cli/exit {
  exit: func(status: result);
  exit-with-code: func(status-code: u8);
}
interface wasi:cli/stdin {
  use wasi:io/streams.{input-stream};
  get-stdin: func() -> input-stream;
}
interface wasi:cli/stdout {
  use wasi:io/streams.{output-stream};
  get-stdout: func() -> output-stream;
}
interface wasi:cli/stderr {
  use wasi:io/streams.{output-stream};
  get-stderr: func() -> output-stream;
}
${terminals}
interface wasi:clocks/monotonic-clock {
  use wasi:io/poll.{pollable};
  type instant = u64;
  type duration = u64;
  now: func() -> instant;
  resolution: func() -> duration;
  subscribe-instant: func(when: instant) -> pollable;
  subscribe-duration: func(when: duration) -> pollable;
}
interface wasi:clocks/wall-clock {
  record datetime { seconds: u64, nanoseconds: u32 }
  now: func() -> datetime;
  resolution: func() -> datetime;
}
interface wasi:filesystem/preopens {
  use wasi:filesystem/types.{descriptor};
  get-directories: func() -> list<tuple<descriptor, string>>;
}
interface wasi:filesystem/types {
  use wasi:io/streams.{input-stream, output-stream, error};
  use wasi:clocks/wall-clock.{datetime};
  type filesize = u64;
  enum descriptor-type { unknown, block-device, character-device, directory, fifo, symbolic-link,
      regular-file, socket }
  flags descriptor-flags { read, write, file-integrity-sync, data-integrity-sync,
      requested-write-sync, mutate-directory }
  record descriptor-stat { %type: descriptor-type, link-count: link-count, size: filesize,
      data-access-timestamp: option<datetime>, data-modification-timestamp: option<datetime>,
      status-change-timestamp: option<datetime> }
  flags path-flags { symlink-follow }
  flags open-flags { create, directory, exclusive, truncate }
  type link-count = u64;
  variant new-timestamp { no-change, now, timestamp(datetime) }
  record directory-entry { %type: descriptor-type, name: string }
  enum error-code { access, would-block, already, bad-descriptor, busy, deadlock, quota, exist,
      file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory,
      loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock,
      insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable,
      unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only,
      invalid-seek, text-file-busy, cross-device }
  enum advice { normal, sequential, random, will-need, dont-need, no-reuse }
  record metadata-hash-value { lower: u64, upper: u64 }
  resource descriptor {
    read-via-stream: func(offset: filesize) -> result<input-stream, error-code>;
    write-via-stream: func(offset: filesize) -> result<output-stream, error-code>;
    append-via-stream: func() -> result<output-stream, error-code>;
    advise: func(offset: filesize, length: filesize, advice: advice) -> result<_, error-code>;
    sync-data: func() -> result<_, error-code>;
    get-flags: func() -> result<descriptor-flags, error-code>;
    get-type: func() -> result<descriptor-type, error-code>;
    set-size: func(size: filesize) -> result<_, error-code>;
    set-times: func(data-access-timestamp: new-timestamp, data-modification-timestamp:
        new-timestamp) -> result<_, error-code>;
    read: func(length: filesize, offset: filesize) -> result<tuple<list<u8>, bool>, error-code>;
    write: func(buffer: list<u8>, offset: filesize) -> result<filesize, error-code>;
    read-directory: func() -> result<directory-entry-stream, error-code>;
    sync: func() -> result<_, error-code>;
    create-directory-at: func(path: string) -> result<_, error-code>;
    stat: func() -> result<descriptor-stat, error-code>;
    stat-at: func(path-flags: path-flags, path: string) -> result<descriptor-stat, error-code>;
    set-times-at: func(path-flags: path-flags, path: string, data-access-timestamp:
        new-timestamp, data-modification-timestamp: new-timestamp) -> result<_, error-code>;
    link-at: func(old-path-flags: path-flags, old-path: string, new-descriptor:
        borrow<descriptor>, new-path: string) -> result<_, error-code>;
    open-at: func(path-flags: path-flags, path: string, open-flags: open-flags, %flags:
        descriptor-flags) -> result<descriptor, error-code>;
    readlink-at: func(path: string) -> result<string, error-code>;
    remove-directory-at: func(path: string) -> result<_, error-code>;
    rename-at: func(old-path: string, new-descriptor: borrow<descriptor>, new-path: string) ->
        result<_, error-code>;
    symlink-at: func(old-path: string, new-path: string) -> result<_, error-code>;
    unlink-file-at: func(path: string) -> result<_, error-code>;
    is-same-object: func(other: borrow<descriptor>) -> bool;
    metadata-hash: func() -> result<metadata-hash-value, error-code>;
    metadata-hash-at: func(path-flags: path-flags, path: string) -> result<metadata-hash-value,
        error-code>;
  }
  resource directory-entry-stream {
    read-directory-entry: func() -> result<option<directory-entry>, error-code>;
  }
  filesystem-error-code: func(err: borrow<error>) -> option<error-code>;
}
interface wasi:random/insecure-seed {
  insecure-seed: func() -> tuple<u64, u64>;
}
interface wasi:random/insecure {
  get-insecure-random-bytes: func(len: u64) -> list<u8>;
  get-insecure-random-u64: func() -> u64;
}
interface wasi:random/random {
  get-random-bytes: func(len: u64) -> list<u8>;
  get-random-u64: func() -> u64;
}
`;
