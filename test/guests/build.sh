#!/bin/sh
# Builds the guests of the tests from their sources. The results are kept beside them, so that tests need no compiler.
# Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32
set -eu
cd "$(dirname "$0")"

clang --target=wasm32-wasi -Oz -g0 -Wall -Wextra -Werror -Wl,--strip-debug -o files.wasm files.c
