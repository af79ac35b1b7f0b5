#!/bin/sh
# Proves that another package can depend on this one by version: a throw-away package takes the current commit as a
# git tag, imports CVToolkit and finds the objects in a sample photograph.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git clone --quiet "$root" "$work/CVToolkit"
git -C "$work/CVToolkit" tag --force 0.0.1 >/dev/null
mkdir -p "$work/Consumer/Sources/Consumer"
cat > "$work/Consumer/Package.swift" <<MANIFEST
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "Consumer",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "file://$work/CVToolkit", from: "0.0.1")],
    targets: [
        .executableTarget(name: "Consumer", dependencies: [.product(name: "CVToolkit", package: "CVToolkit")])
    ]
)
MANIFEST
cat > "$work/Consumer/Sources/Consumer/main.swift" <<'PROGRAM'
import CVToolkit

let image = try Image(contentsOf: CommandLine.arguments[1])
for found in try Detector().detect(image) {
    print(found.label, found.confidence, found.box)
}
PROGRAM
found=$(swift run --package-path "$work/Consumer" -c release Consumer "$root/SampleImages/room.jpg")
echo "$found"
if ! echo "$found" | grep -q "^chair "; then
    echo "check_consumer: no chair was found in the room" >&2
    exit 1
fi
echo "check_consumer: a package that depends on this one by a tag builds and detects" >&2
