#!/bin/sh
# Builds the programs of the guest benchmark from their sources. The results are kept beside them, so that no compiler is needed.
# Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32
set -eu
cd "$(dirname "$0")"
# clang runs a wasm-opt that it finds, such as that of node_modules/.bin under npm: it would drop the names of functions.
PATH=/usr/bin:/bin
clang --target=wasm32-wasi -O2 -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o operations.wasm operations.c
clang --target=wasm32-wasi -O2 -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o reads.wasm reads.c
clang --target=wasm32-wasi -O2 -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o writes.wasm writes.c

for version in 0.2.3 0.3.0; do
  third=$(test $version = 0.3.0 && echo -DTHIRD || true)
  clang --target=wasm32-unknown-unknown -O2 -g0 -nostdlib -fno-builtin -Wall -Wextra -Werror -DVERSION="\"$version\"" \
    $third -Wl,--no-entry,--strip-debug -o component.core.wasm component.c
  ../../node_modules/.bin/node componentize.ts component.core.wasm $version component-$version.wasm
  rm component.core.wasm
done
