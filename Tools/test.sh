#!/bin/sh
# Installs what is missing and runs all tests. Arguments go to `swift test`, such as --filter CVImageTests.
set -eu
cd "$(dirname "$0")/.."

Tools/setup.sh
exec swift test -c release "$@"
