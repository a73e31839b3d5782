#!/usr/bin/env bash
# Every fuzz target for 10 seconds (--short: 1 second), or a word that it was skipped. Ends with 1 if a target found something.
set -uo pipefail
cd "$(dirname "$0")"

seconds=10
[ "${1:-}" = --short ] && seconds=1
if ! rustc +nightly --version >/dev/null 2>&1 || ! cargo fuzz --version >/dev/null 2>&1; then
    echo "fuzz smoke: skipped, it needs a nightly toolchain and cargo-fuzz (cargo install --locked cargo-fuzz)"
    exit 0
fi
results=$(mktemp)
FUZZ_RESULTS=$results ./run.sh $seconds || exit 1
# The last field is the exit code.
awk -F'\t' '$NF != 0 { print "fuzz smoke: " $2 " found something, see fuzz/artifacts/" $2; bad = 1 }
            END { print "fuzz smoke: " NR " runs"; exit bad }' "$results"
code=$?
rm -f "$results"
exit $code
