#!/bin/sh
# From a fresh clone to a detection: installs what is missing, builds, and finds the objects in a sample photograph.
set -eu
cd "$(dirname "$0")/.."

Tools/setup.sh
swift build -c release --product cvtool >&2
# With a larger input than the usual 416 the network also detects the sofa at the far wall.
exec .build/release/cvtool detect "${1:-SampleImages/room.jpg}" --imgsz 640 --force
