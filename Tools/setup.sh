#!/bin/sh
# Installs what the build needs and is not there: the headers of libpng, libjpeg and SQLite, pkg-config, and the programs
# that the arguments name, as PROGRAM, or as PROGRAM:PACKAGES where Debian's packages have other names.
set -eu

if ! command -v swift >/dev/null; then
    echo "setup: no Swift toolchain found; install Swift 6.1 or later (https://www.swift.org/install)" >&2
    exit 1
fi

needed=""
command -v pkg-config >/dev/null || needed="pkg-config"
for pair in libpng:libpng-dev libjpeg:libjpeg-dev sqlite3:libsqlite3-dev; do
    if [ -n "$needed" ] && ! command -v pkg-config >/dev/null || ! pkg-config --exists "${pair%%:*}"; then
        needed="$needed ${pair##*:}"
    fi
done
for program in "$@"; do
    command -v "${program%%:*}" >/dev/null || needed="$needed ${program#*:}"
done
[ -n "$needed" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: please install with your package manager what Debian calls:$needed" >&2
    exit 1
fi
echo "setup: installing$needed" >&2
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
$as_root apt-get update -qq >&2
# shellcheck disable=SC2086 # the names are separate words
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $needed >&2
