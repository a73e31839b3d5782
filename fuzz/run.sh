#!/usr/bin/env bash
# Runs fuzz targets one after the other on one core, and writes a line of figures for each run.
#
#   fuzz/run.sh SECONDS [TARGET...]        all targets without names
#
# FUZZ_RESULTS  the file that gets a line for each run (default fuzz/target/results.tsv)
# FUZZ_BIN      a folder of built targets (default: they are built first)
#
# A crash, a slow input or one that takes too much memory is kept in fuzz/artifacts/TARGET/, and the run goes on.
set -uo pipefail
cd "$(dirname "$0")"

seconds=${1:?seconds for each target}
shift
results=${FUZZ_RESULTS:-target/results.tsv}
bin=${FUZZ_BIN:-}
if [ -z "$bin" ]; then
    # Safe Rust needs no address sanitizer; without it a target runs several times as fast.
    cargo +nightly fuzz build --fuzz-dir . -s none || exit 1
    bin=target/$(rustc +nightly -vV | sed -n 's/^host: //p')/release
fi
mkdir -p "$(dirname "$results")"

rows() {
    grep -v '^#' targets.txt | while read -r target rest; do
        if [ $# -eq 0 ] || [[ " $* " == *" $target "* ]]; then echo "$target $rest"; fi
    done
}

# The artifacts of the corpus, each named after its content.
seed() {
    local target=$1 prefix=$2 file bytes
    shift 2
    mkdir -p "corpus/$target" "artifacts/$target"
    [ -e "corpus/$target/.seeded" ] && return
    for folder in "$@" regressions; do
        [ -d "../corpus/$folder" ] || continue
        find "../corpus/$folder" -type f ! -name '*.toml' ! -name '*.snap' ! -name '*.py'
    done | while read -r file; do
        bytes=corpus/$target/$(sha1sum <"$file" | cut -c1-40)
        { [ "$prefix" = - ] || xxd -r -p <<<"$prefix"; cat "$file"; } >"$bytes"
    done
    touch "corpus/$target/.seeded"
}

rows "$@" | while read -r target dictionary max_len prefix folders; do
    # shellcheck disable=SC2086 # several folders
    seed "$target" "$prefix" $folders
    log=$(mktemp)
    end=$((SECONDS + seconds))
    while [ $SECONDS -lt $end ]; do
        { time nice -n 19 "$bin/$target" "corpus/$target" -artifact_prefix="artifacts/$target/" \
            $([ "$dictionary" = none ] || echo "-dict=dictionaries/$dictionary.dict") -max_len="$max_len" -max_total_time=$((end - SECONDS)) \
            -rss_limit_mb=512 -timeout=10 -report_slow_units=5 -print_final_stats=1 >"$log" 2>&1 </dev/null; } 2>"$log.time"
        code=$?
        awk -v target="$target" -v date="$(date -u +%Y-%m-%dT%H:%MZ)" -v code=$code '
            FNR == NR { if ($1 == "user" || $1 == "sys") { split($2, t, /[ms]/); cpu += t[1] * 60 + t[2] } next }
            match($0, / cov: [0-9]+/) { cov = substr($0, RSTART + 6, RLENGTH - 6) }
            /stat::number_of_executed_units/ { runs = $2 }
            /stat::slowest_unit_time_sec/ { slow = $2 }
            /stat::peak_rss_mb/ { rss = $2 }
            END { printf "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", date, target, runs, cpu, cov, slow, rss, code }
        ' "$log.time" "$log" >>"$results"
        if [ $code -ne 0 ]; then
            cp "$log" "artifacts/$target/$(date +%s).log"
            # What ends at once on a seed would end at once again.
            grep -q 'INITED' "$log" || break
        fi
    done
    rm -f "$log" "$log.time"
done
