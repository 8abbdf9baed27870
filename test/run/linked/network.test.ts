import { expect, test } from "vitest";

import { runText, third } from "./support.ts";

const exited = (exit: number) => ({ kind: "exited", exit });

/** Types of wasi:sockets that a component names to make sockets. */
const sockets = `
  (import "wasi:sockets/types@0.3.0" (instance $sockets
    (export "tcp-socket" (type $tcp (sub resource)))
    (export "udp-socket" (type $udp (sub resource)))
    (type $error (variant (case "access-denied") (case "not-supported") (case "invalid-argument")
      (case "out-of-memory") (case "timeout") (case "invalid-state") (case "address-not-bindable")
      (case "address-in-use") (case "remote-unreachable") (case "connection-refused")
      (case "connection-broken") (case "connection-reset") (case "connection-aborted")
      (case "datagram-too-large") (case "other" (option string))))
    (export "error-code" (type $e (eq $error)))
    (type $families (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type $family (eq $families)))
    (type $made (result (own $tcp) (error $e)))
    (type $other (result (own $udp) (error $e)))
    (export "[static]tcp-socket.create" (func (param "address-family" $family) (result $made)))
    (export "[static]udp-socket.create" (func (param "address-family" $family) (result $other)))
    (type $clients (stream (own $tcp)))
    (type $heard (result $clients (error $e)))
    (export "[method]tcp-socket.listen" (func (param "self" (borrow $tcp)) (result $heard)))))`;

test("a component of 0.3 that makes a socket, of either kind, is denied it, and goes on", async () => {
  const text = third({
    imports: `${sockets}
      (alias export $sockets "[static]tcp-socket.create" (func $tcp))
      (alias export $sockets "[static]udp-socket.create" (func $udp))`,
    builtins: `
      (core func $t (canon lower (func $tcp) (memory $mem) (realloc $realloc)))
      (core func $u (canon lower (func $udp) (memory $mem) (realloc $realloc)))`,
    given: `(export "tcp" (func $t)) (export "udp" (func $u))`,
    core: `
      (import "h" "tcp" (func $tcp (param i32 i32)))
      (import "h" "udp" (func $udp (param i32 i32)))
      ;; An error, and the first code.
      (func $isDenied (param $at i32) (result i32)
        (i32.and (i32.eq (i32.load8_u (local.get $at)) (i32.const 1))
          (i32.eqz (i32.load8_u offset=4 (local.get $at)))))
      (func (export "run") (result i32)
        (call $tcp (i32.const 0) (i32.const 0))
        (call $udp (i32.const 1) (i32.const 64))
        (i32.eqz (i32.and (call $isDenied (i32.const 0)) (call $isDenied (i32.const 64)))))`,
  });
  expect((await runText(text)).outcome).toEqual(exited(0));
});

test("a component of 0.3 that looks up a name is denied it, at once where the call is async", async () => {
  const text = third({
    imports: `
      (import "wasi:sockets/ip-name-lookup@0.3.0" (instance $lookup
        (type $four (tuple u8 u8 u8 u8))
        (type $six (tuple u16 u16 u16 u16 u16 u16 u16 u16))
        (type $address (variant (case "ipv4" $four) (case "ipv6" $six)))
        (export "ip-address" (type $a (eq $address)))
        (type $error (variant (case "access-denied") (case "invalid-argument") (case "name-unresolvable")
          (case "temporary-resolver-failure") (case "permanent-resolver-failure") (case "other" (option string))))
        (export "error-code" (type $e (eq $error)))
        (export "resolve-addresses" (func async (param "name" string) (result (result (list $a) (error $e)))))))
      (alias export $lookup "resolve-addresses" (func $resolve))`,
    builtins: `(core func $r (canon lower (func $resolve) async (memory $mem) (realloc $realloc)))`,
    given: `(export "resolve" (func $r))`,
    core: `
      (import "h" "resolve" (func $resolve (param i32 i32 i32) (result i32)))
      (data (i32.const 512) "localhost")
      (func (export "run") (result i32)
        (i32.eqz (i32.and
          ;; It has returned.
          (i32.eq (call $resolve (i32.const 512) (i32.const 9) (i32.const 64)) (i32.const 2))
          (i32.and (i32.eq (i32.load8_u (i32.const 64)) (i32.const 1))
            (i32.eqz (i32.load8_u (i32.const 68)))))))`,
  });
  expect((await runText(text)).outcome).toEqual(exited(0));
});

test("a socket that a component of 0.3 makes up is none", async () => {
  const text = third({
    imports: `${sockets}
      (alias export $sockets "[method]tcp-socket.listen" (func $listen))`,
    builtins: `(core func $l (canon lower (func $listen) (memory $mem) (realloc $realloc)))`,
    given: `(export "listen" (func $l))`,
    core: `
      (import "h" "listen" (func $listen (param i32 i32)))
      (func (export "run") (result i32) (call $listen (i32.const 1) (i32.const 0)) i32.const 0)`,
  });
  expect((await runText(text)).outcome).toMatchObject({ kind: "trapped" });
});
