#!/bin/sh
# Builds the program of the guest benchmark from its source. The result is kept beside it, so that no compiler is needed.
# Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32
set -eu
cd "$(dirname "$0")"
clang --target=wasm32-wasi -O2 -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o operations.wasm operations.c
