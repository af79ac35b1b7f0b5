#!/bin/sh
# Compiles the kernels for arm64 and runs them in an emulator: NEON against the portable kernels. For Debian on x86-64;
# on arm64 itself the tests do this and more.
set -eu
cd "$(dirname "$0")/.."

[ "$(uname -m)" = x86_64 ] || exit 0
Tools/setup.sh "aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu libc6-dev-arm64-cross" qemu-aarch64:qemu-user
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
[ -x "$clang" ] || clang=clang

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
export clang build
# shellcheck disable=SC2016 # expanded by the shell that xargs starts
printf '%s\n' Sources/CKernels/*.c Tools/checks/arm64/kernels.c | xargs -P 2 -I{} sh -c '
    "$clang" --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -O2 -Wall -Wextra -Werror \
        -ISources/CKernels/include -c "{}" -o "$build/$(basename "{}").o"'
aarch64-linux-gnu-gcc -static "$build"/*.o -lm -o "$build/kernels"
qemu-aarch64 "$build/kernels"
