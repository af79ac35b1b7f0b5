#!/bin/bash
# Runs the fuzz targets and prints a table; exit status 1 if one of them found something.
#
#   run.sh [--seed N] [SECONDS [TARGET …]]         every target, or those named, for so many seconds (default: 60)
#   run.sh [--seed N] --executions N [TARGET …]    N executions over all of them, each its share
#   run.sh --reproduce TARGET FILE                 one input once, with the whole report
#   run.sh --minimize TARGET FILE                  makes a finding as small as it gets
#   run.sh --build                                 only builds
#
# CVTOOLKIT_FUZZ_JOBS: how many targets run at a time (default: all cores).
# What a run learned stays in .build-fuzz/corpus and what it found in .build-fuzz/findings; both may be deleted.
# With --fresh the corpus of earlier runs is not used: with a seed, such a run can be repeated.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Limits of one input, a few kilobytes: what takes more is a finding. The sanitizer itself takes half of the memory, and
# most of the time.
seconds_each=10 malloc_megabytes=512 memory_megabytes=1536

seed=1 executions=0 seconds=60 fresh=0 mode=run
while [ $# -gt 0 ]; do
    case $1 in
        --seed) seed=$2; shift 2 ;;
        --fresh) fresh=1; shift ;;
        --executions) executions=$2; shift 2 ;;
        --reproduce | --minimize | --build) mode=${1#--}; shift ;;
        [0-9]*) seconds=$1; shift ;;
        -*) sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 64 ;;
        *) break ;;
    esac
done

folder=$PWD/.build-fuzz
mkdir -p "$folder"
# The program of a fuzzer crashes by design: without Swift's own report, which stops and asks.
export SWIFT_BACKTRACE=enable=no
# Memory that was freed is kept for a while to find its use: little of it, so that growing memory is seen.
export ASAN_OPTIONS=quarantine_size_mb=8:malloc_context_size=10:allocator_may_return_null=1:detect_odr_violation=0
# Of several -sanitize= only the last counts for Swift, and the package manager puts its own in any order: one flag for both.
# The executable must have no main of its own, for which --sanitize fuzzer is needed beside.
build() {
    CVTOOLKIT_FUZZ=1 swift build -c release --scratch-path "$folder" --product Fuzz --sanitize fuzzer \
        -Xswiftc -sanitize=address,fuzzer -Xcc -fsanitize=address -Xswiftc -enable-testing
}
if ! build > "$folder/build.log" 2>&1; then
    grep -E "error|warning: var" "$folder/build.log" >&2 || tail -50 "$folder/build.log" >&2
    exit 1
fi
fuzz=$folder/release/Fuzz
# Swift code, not just C, must report what it reached and check its accesses.
symbols=$(nm "$folder"/release/CVImage.build/*.o)
for symbol in __asan_init __sanitizer_cov; do
    grep -q $symbol <<< "$symbols" || { echo "the build has no calls of $symbol: see Tools/fuzz/run.sh" >&2; exit 1; }
done
[ $mode != build ] || exit 0

limits=(-timeout=$seconds_each -malloc_limit_mb=$malloc_megabytes -rss_limit_mb=$memory_megabytes)
case $mode in
    reproduce) FUZZ_TARGET=$1 exec "$fuzz" "${limits[@]}" "$2" ;;
    minimize)
        FUZZ_TARGET=$1 exec "$fuzz" "${limits[@]}" -minimize_crash=1 -runs=20000 -exact_artifact_path="$2.small" "$2" ;;
esac

# Each with its share of the executions, and its longest input.
declare -A shares lengths
while read -r name share length; do
    shares[$name]=$share lengths[$name]=$length
    all+=("$name")
done < <("$fuzz" targets)
if [ $# -gt 0 ]; then targets=("$@"); else targets=("${all[@]}"); fi
sum=0
for target in "${targets[@]}"; do sum=$((sum + ${shares[$target]:?"there is no target $target"})); done
jobs=()
for target in "${targets[@]}"; do
    amount=-max_total_time=$seconds
    [ "$executions" = 0 ] || amount=-runs=$(((executions * ${shares[$target]} + sum - 1) / sum))
    jobs+=("$target" "$amount" "${lengths[$target]}")
done

# The program with these arguments. One that crashes leaves its folder of files behind.
run_fuzz() {
    local target=$1 status=0
    shift
    FUZZ_TARGET=$target "$fuzz" "$@" &
    local process=$!
    wait $process || status=$?
    rm -rf "/dev/shm/cvtoolkit-fuzz-$process" "${TMPDIR:-/tmp}/cvtoolkit-fuzz-$process"
    return $status
}
export -f run_fuzz

# Inputs that were findings once: each must pass before anything else is tried.
broken=0
for target in "${targets[@]}"; do
    mapfile -t inputs < <(find "Tools/fuzz/regressions/$target" -type f 2> "$folder/regressions.log" | sort)
    for input in "${inputs[@]}"; do
        run_fuzz "$target" "${limits[@]}" "$input" > "$folder/regressions.log" 2>&1 && continue
        broken=1
        echo "$target: $input fails again:" >&2
        grep -E "^(SUMMARY|==[0-9]+== ?ERROR)|Fatal error" "$folder/regressions.log" >&2 || true
    done
done
[ $broken = 0 ] || exit 1

# One target: its corpus begins with the seeds; new findings are counted against those that were there before.
run_target() {
    local target=$1 amount=$2 length=$3 log=$folder/$1.log corpus=$folder/corpus/$1 found=$folder/findings/$1
    [ $fresh = 0 ] || rm -rf "$corpus"
    mkdir -p "$corpus" "$found"
    "$fuzz" seeds "$target" "$folder/seeds/$target"
    local before after status=0
    before=$(find "$found" -type f | wc -l)
    # shellcheck disable=SC2086
    run_fuzz "$target" $limits_text "$amount" -seed="$seed" -max_len="$length" \
        -dict="$folder/seeds/$target.dict" -artifact_prefix="$found/" -print_final_stats=1 -close_fd_mask=1 \
        "$corpus" "$folder/seeds/$target" \
        > "$log" 2>&1 || status=$?
    after=$(find "$found" -type f | wc -l)
    awk -v target="$target" -v new=$((after - before)) -v status=$status '
        { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
        /^#[0-9]/ { runs = substr($1, 2) + 0 }
        /^Done / { runs = $2; seconds = $5 }
        /average_exec_per_sec/ { rate = $2 }
        /number_of_executed_units/ { runs = $2 }
        /peak_rss_mb/ { peak = $2 }
        END {
            printf "%-12s %12d %9s %8s %9s %9d %9d%s\n", target, runs, seconds, rate, peak, coverage, new, \
                status ? "  exit status " status : ""
        }' "$log"
    return $status
}
export -f run_target
export folder fuzz fresh seed
export limits_text="${limits[*]}"

printf '%-12s %12s %9s %8s %9s %9s %9s\n' target executions seconds exec/s "peak MB" edges findings
failed=0
printf '%s\0' "${jobs[@]}" \
    | xargs -0 -n 3 -P "${CVTOOLKIT_FUZZ_JOBS:-$(nproc)}" bash -c 'run_target "$0" "$1" "$2" || exit 1' || failed=1
if [ $failed = 1 ]; then
    for target in "${targets[@]}"; do
        grep -hE "^(SUMMARY|==[0-9]+== ?ERROR|Fatal error|.*Test unit written)|Fatal error:" "$folder/$target.log" \
            | sed "s/^/$target: /" >&2 || true
    done
fi
exit $failed
