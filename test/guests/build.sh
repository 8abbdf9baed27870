#!/bin/sh
# Builds the guests of the tests from their sources. The results are kept beside them, so that tests need no compiler.
# Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32
set -eu
cd "$(dirname "$0")"
# clang runs a wasm-opt that it finds, such as that of node_modules/.bin under npm: it would drop the names of functions.
PATH=/usr/bin:/bin
node=../../node_modules/.bin/node

clang --target=wasm32-wasi -Oz -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o preview1/files.wasm preview1/files.c

for version in 0.2.0 0.2.3 0.2.12; do
  clang --target=wasm32-unknown-unknown -Oz -g0 -nostdlib -fno-builtin -Wall -Wextra -Werror \
    -DVERSION="\"$version\"" -Wl,--no-entry,--strip-debug -o direct.core.wasm preview2/direct.c
  $node componentize.mjs direct.core.wasm preview2/direct.wit $version preview2/direct-$version.wasm
  rm direct.core.wasm
done

for world in hostile hostile-http; do
  define=$(test $world = hostile-http && echo -DHTTP || true)
  clang --target=wasm32-unknown-unknown -Oz -g0 -nostdlib -fno-builtin -Wall -Wextra -Werror \
    -DVERSION="\"0.2.12\"" $define -Wl,--no-entry,--strip-debug -o hostile.core.wasm preview2/hostile.c
  $node componentize.mjs hostile.core.wasm preview2/hostile.wit 0.2.12 preview2/$world.wasm $world
  rm hostile.core.wasm
done

clang --target=wasm32-wasi -Oz -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o preview1/calls.wasm preview1/calls.c
clang --target=wasm32-wasi -Oz -g0 -Wall -Wextra -Werror -Wno-infinite-recursion -Wl,--strip-debug \
  -o preview1/hostile-preview1.wasm preview1/hostile-preview1.c

clang --target=wasm32-wasi -Oz -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o preview1/differences.wasm preview1/differences.c

clang --target=wasm32-unknown-unknown -Oz -g0 -nostdlib -fno-builtin -Wall -Wextra -Werror -DVERSION="\"0.3.0\"" \
  -Wl,--no-entry,--strip-debug -o third.core.wasm preview3/third.c
$node componentize.mjs third.core.wasm preview3/third.wit 0.3.0 preview3/third.wasm third
rm third.core.wasm
