#!/bin/bash
# Proves that another package can depend on this one by version: a throw-away package takes the current commit as a git
# tag, compiles the code blocks of the documents and the examples against the products, and runs the examples.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git clone --quiet . "$work/CVToolkit"
git -C "$work/CVToolkit" tag --force 0.0.1 >/dev/null
cd "$work/CVToolkit"
consumer=$work/Consumer
mkdir "$consumer"
cp -R Examples/Sources "$consumer/Sources"
python3 Tools/checks/code_blocks.py --links Sources/CVToolkit/CVToolkit.docc/*.md
python3 Tools/checks/code_blocks.py "$consumer/Sources/CodeBlocks" README.md Sources/CVToolkit/CVToolkit.docc/*.md
# The manifest of the examples, with a version instead of a path, and the code blocks as one more target.
sed -e "s|\.package(name: \"CVToolkit\", path: \"\.\.\")|.package(url: \"file://$work/CVToolkit\", from: \"0.0.1\")|" \
    -e 's|^    targets: \[|&\n        .target(name: "CodeBlocks", dependencies: [toolkit, networks, training, faces]),|' \
    Examples/Package.swift > "$consumer/Package.swift"

seconds=$SECONDS
swift build --package-path "$consumer" -c release
programs=$(swift build --package-path "$consumer" -c release --show-bin-path)
echo "check_consumer: built in $((SECONDS - seconds)) s" >&2

# run NAME ARGUMENT...: runs an example; its output goes to $output.
run() {
    local seconds=$SECONDS
    output=$("$programs/$1" "${@:2}") || fail "$1 ended with the status $?"
    echo "$output"
    echo "check_consumer: $1 ran for $((SECONDS - seconds)) s" >&2
}
fail() {
    echo "check_consumer: $1" >&2
    exit 1
}
# expect TEXT: the output of the last example contains it.
expect() {
    [[ $output == *"$1"* ]] || fail "the output has no $1"
}
# value NAME: the last number that follows this text in the output.
value() {
    sed -n "s/.*$1: \([0-9.e-]*\).*/\1/p" <<<"$output" | tail -1
}
# check EXPRESSION: of numbers.
check() {
    awk "BEGIN { exit !($1) }" || fail "$1 does not hold"
}

run DetectObjects SampleImages/room.jpg "$work/found.png"
chairs=$(python3 -c 'import json, sys; print(sum(d["label"] == "chair" for d in json.load(sys.stdin)["detections"]))' \
    <<<"$output")
check "$chairs >= 1"
[ -s "$work/found.png" ] || fail "DetectObjects wrote no image"
if message=$("$programs/DetectObjects" README.md "$work/none.png" 2>&1); then fail "README.md was accepted as an image"; fi
output=$message
expect "README.md: "

run CustomLayer
expect "block.gate"
check "$(value 'filters') < 0.001"

run PortFromPyTorch Tests/CVWeightsTests/Golden/pth/training.pth
expect 'found under ["state_dict"], without the prefix "module."'
expect "[-1.8325"
expect 'missing: "norm.bias"'
expect '"conv.weight" has the shape [2, 1, 2, 2], expected [2, 1, 3, 3]'

run TrainDigits
check "$(value 'validation accuracy') >= 95"

echo "check_consumer: a package that depends on this one by a tag builds and runs the examples" >&2
