#!/bin/sh
# From a fresh clone to a detection: installs what is missing, builds, and finds the objects in a sample photograph.
set -eu
cd "$(dirname "$0")/.."

Tools/setup.sh
swift build -c release --product cvtool >&2
exec .build/release/cvtool detect "${1:-SampleImages/collage.jpg}" --force
