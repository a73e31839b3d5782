#!/usr/bin/env bash
# Compares keyspect with what a person runs instead: rg, grep, mawk and python3 on a long log of certutil, openssl on PFX
# files. Prints a table in Markdown, with the date. Peers that are not installed are left out.
#
#   benches/compare.sh [MEGABYTES]      default 300
#   KEYSPECT=path/to/keyspect           default target/release/keyspect
#   RUNS=5                              each figure is the best of so many runs
#
# Times of one thread are user and system time together: they don't depend on what else the machine does.
set -euo pipefail
export LC_ALL=C
megabytes=${1:-300}
runs=${RUNS:-5}
keyspect=${KEYSPECT:-target/release/keyspect}
command -v "$keyspect" >/dev/null || { echo "no $keyspect: cargo build --release" >&2; exit 2; }
dir=$(mktemp -d)
# What is measured writes to memory where the system has such a folder: a disk that is still busy with the last report is no
# part of the time.
out=$dir/out
[ -w /dev/shm ] && out=$(mktemp /dev/shm/keyspect-compare.XXXXXX)
trap 'rm -rf "$dir" "$out"' EXIT

has() { command -v "$1" >/dev/null; }

# A verbose store listing as Windows Server 2016 prints it, in English: every block has its own numbers; every tenth key
# can only sign. Invented names; the digits come from a linear congruential generator (Knuth, volume 2, 3.3.4).
make_log() {
    awk -v want="$1" '
    function next_word() { seed = (seed * 69069 + 1) % 4294967296; return seed }
    function digits(bytes,   out) {
        out = ""
        while (length(out) < bytes * 2) out = out sprintf("%08x", next_word())
        return substr(out, 1, bytes * 2)
    }
    function dump(bytes,   at, row, i, out, hex) {
        out = ""
        for (at = 0; at < bytes; at += 16) {
            row = bytes - at < 16 ? bytes - at : 16
            hex = digits(row)
            out = out sprintf("    %04x ", at)
            for (i = 0; i < row; i++) out = out (i == 8 ? "  " : " ") substr(hex, i * 2 + 1, 2)
            out = out eol
        }
        return out
    }
    BEGIN {
        eol = "\r\n"; seed = 20240101
        for (p = 0; p < 200; p++) { key[p] = dump(270); signature[p] = dump(256) }
        printf "my \"Personal\"%s", eol
        for (n = 0; written < want * 1000000; n++) {
            spec = n % 10 == 0 ? "2 -- AT_SIGNATURE" : "1 -- AT_KEYEXCHANGE"
            test = n % 10 == 0 ? "Signature test passed" : "Encryption test passed"
            thumbprint = digits(20)
            block = "================ Certificate " n " ================" eol "X509 Certificate:" eol "Version: 3" eol \
                "Serial Number: " digits(16) eol "Signature Algorithm:" eol \
                "    Algorithm ObjectId: 1.2.840.113549.1.1.11 sha256RSA" eol "    Algorithm Parameters:" eol "    05 00" eol \
                "Issuer:" eol "    CN=Contoso Issuing CA 1" eol "    O=Contoso" eol "  Name Hash(sha1): " digits(20) eol \
                "  Name Hash(md5): " digits(16) eol eol " NotBefore: 1/1/2024 1:00 AM" eol " NotAfter: 1/1/2036 1:00 AM" eol eol \
                "Subject:" eol "    CN=host" n ".contoso.com" eol "    O=Contoso" eol "  Name Hash(sha1): " digits(20) eol eol \
                "Public Key Algorithm:" eol "    Algorithm ObjectId: 1.2.840.113549.1.1.1 RSA (RSA_SIGN)" eol \
                "    Algorithm Parameters:" eol "    05 00" eol "Public Key Length: 2048 bits" eol "Public Key: UnusedBits = 0" eol \
                key[n % 200] "Certificate Extensions: 4" eol "    2.5.29.15: Flags = 1(Critical), Length = 4" eol "    Key Usage" eol \
                "        Digital Signature, Key Encipherment (a0)" eol eol "    2.5.29.37: Flags = 0, Length = c" eol \
                "    Enhanced Key Usage" eol "        Server Authentication (1.3.6.1.5.5.7.3.1)" eol eol \
                "    2.5.29.14: Flags = 0, Length = 16" eol "    Subject Key Identifier" eol "        " digits(20) eol eol \
                "    2.5.29.17: Flags = 0, Length = 20" eol "    Subject Alternative Name" eol \
                "        DNS Name=host" n ".contoso.com" eol eol "Signature Algorithm:" eol \
                "    Algorithm ObjectId: 1.2.840.113549.1.1.11 sha256RSA" eol "    Algorithm Parameters:" eol "    05 00" eol \
                "Signature: UnusedBits=0" eol signature[n % 200] "Non-root Certificate" eol \
                "Key Id Hash(rfc-sha1): " digits(20) eol "Key Id Hash(sha1): " digits(20) eol "Cert Hash(md5): " digits(16) eol \
                "Cert Hash(sha1): " thumbprint eol "Cert Hash(sha256): " digits(32) eol "Signature Hash: " digits(32) eol eol \
                "  CERT_SHA1_HASH_PROP_ID(3):" eol "    " thumbprint eol eol "  CERT_KEY_PROV_INFO_PROP_ID(2):" eol \
                "    Key Container = web-" n eol \
                "    Provider = Microsoft RSA SChannel Cryptographic Provider" eol "    ProviderType = c (12)" eol \
                "    Flags = 20 (32)" eol "    CRYPT_MACHINE_KEYSET -- 20 (32)" eol "    KeySpec = " spec eol eol test eol
            printf "%s", block
            written += length(block)
        }
        printf "CertUtil: -store command completed successfully.%s", eol
    }'
}

# What a script of a few lines gets out of the same log: a row for each certificate.
extractor='{ sub(/\r$/, "") }
/^=+ Certificate [0-9]+ =+$/ { if (seen++) print number, serial, sha1, provider, spec, test; number = $3; serial = sha1 = provider = spec = test = ""; next }
/^Serial Number: / { serial = substr($0, 16); next }
/^Cert Hash\(sha1\): / { sha1 = substr($0, 18); next }
/^    Provider = / { provider = substr($0, 16); next }
/^    KeySpec = / { spec = $3; next }
/ test (passed|FAILED)/ { test = $0; next }
END { if (seen) print number, serial, sha1, provider, spec, test }'

# Best user and system time of a command, in milliseconds: `best_cpu command…`, its output goes through a pipe.
best_cpu() {
    local best=999999999 run user system
    for ((run = 0; run < runs; run++)); do
        read -r user system < <( { TIMEFORMAT='%3U %3S'; time "$@" >"$out" 2>/dev/null || true; } 2>&1 | tail -1)
        local sum=$(( 10#${user/./} + 10#${system/./} ))
        if ((sum < best)); then best=$sum; fi
    done
    echo "$best"
}

# Best time on the clock, in microseconds; the output goes to `to`, if that is set.
best_wall() {
    local best=999999999999 run
    for ((run = 0; run < runs; run++)); do
        local start=${EPOCHREALTIME/./}
        "$@" >"${to:-$out}" 2>/dev/null || true
        local took=$(( ${EPOCHREALTIME/./} - start ))
        if ((took < best)); then best=$took; fi
    done
    echo "$best"
}

peak() { # peak resident memory in MiB, where GNU time is installed
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f %M -o "$dir/rss" "$@" >/dev/null 2>&1 || true
        awk 'END { printf "%.0f MiB", $1 / 1024 }' "$dir/rss"
    else
        echo "-"
    fi
}

row() { printf '| %-52s | %9s | %7s | %8s | %8s |\n' "$@"; }

# `measure name bytes memory command…`: a row with its ratio to keyspect on one thread.
measure() {
    local name=$1 bytes=$2 memory=$3
    shift 3
    local ms
    ms=$(best_cpu "$@")
    ((ms > 0)) || ms=1
    [ "$memory" = yes ] && memory=$(peak "$@")
    row "$name" "$ms ms" "$((bytes / ms / 1000))" "$(awk -v a="$ms" -v b="${ours:-$ms}" 'BEGIN { printf "%.2f", a / b }')" "$memory"
    last=$ms
}

log=$dir/log.txt
make_log "$megabytes" >"$log"
size=$(wc -c <"$log")

status=0
"$keyspect" check --format jsonl --threads 1 "$log" >/dev/null || status=$?
((status <= 1)) || { echo "$keyspect failed on the log" >&2; exit 2; }
echo "$(date -u +%Y-%m-%d), $(nproc) processors, $size bytes; best of $runs; one thread: user and system time; ratio: time of the peer / time of keyspect"
echo
row "UTF-8 log" "time" "MB/s" "ratio" "memory"
row "---" "--:" "--:" "--:" "--:"
measure "keyspect --format jsonl --threads 1" "$size" yes "$keyspect" check --format jsonl --threads 1 "$log"
ours=$last
has rg && measure "rg -c KeySpec" "$size" - rg -c KeySpec "$log"
has rg && measure "rg -c, six keys" "$size" - rg -c 'Serial Number:|Cert Hash\(sha1\):|Key Container =|Provider =|KeySpec =|test passed' "$log"
has grep && measure "grep -c KeySpec" "$size" - grep -c KeySpec "$log"
has mawk && measure "mawk, six fields" "$size" - mawk "$extractor" "$log"
has python3 && measure "python3, one pattern for each line" "$size" - python3 -c '
import re, sys
pattern = re.compile(rb"^ *(Serial Number|Cert Hash\(sha1\)|Key Container|Provider|KeySpec)[:=] ?(.*?)\r?$")
for line in open(sys.argv[1], "rb"):
    found = pattern.match(line)
    if found:
        found.group(2)
' "$log"
echo
for to in "$out" /dev/null; do
    one=$(to=$to best_wall "$keyspect" check --format jsonl --threads 1 "$log")
    two=$(to=$to best_wall "$keyspect" check --format jsonl --threads 2 "$log")
    [ "$to" = /dev/null ] && where="thrown away" || where="written"
    echo "On the clock, the report $where: one thread $((one / 1000)) ms, two threads $((two / 1000)) ms ($(awk -v a="$one" -v b="$two" 'BEGIN { printf "%.2f", a / b }') times as fast)."
done
unset to

if has iconv; then
    unset ours
    { printf '\377\376'; iconv -f UTF-8 -t UTF-16LE "$log"; } >"$dir/wide.txt"
    wide=$(wc -c <"$dir/wide.txt")
    echo
    row "UTF-16LE log" "time" "MB/s" "ratio" "memory"
    row "---" "--:" "--:" "--:" "--:"
    measure "keyspect --format jsonl --threads 1" "$wide" yes "$keyspect" check --format jsonl --threads 1 "$dir/wide.txt"
    ours=$last
    has rg && measure "rg -c KeySpec" "$wide" - rg -c KeySpec "$dir/wide.txt"
    rm "$dir/wide.txt"
fi

head -c 50000 "$log" >"$dir/short.txt"
runs=20
echo
echo "A log of 50 kB, whole process on the clock: keyspect $(best_wall "$keyspect" check "$dir/short.txt") µs, true $(best_wall /bin/true) µs."
rm "$log"

if has openssl; then
    # A folder of 500 PFX files, each with its own certificate and salts: as Windows wrote them before 2018 (3DES, 2000
    # iterations) and since (AES-256, SHA-256, 2000), as openssl does (2048), and with 10,000.
    mkdir "$dir/many"
    for n in $(seq 0 9); do openssl genrsa -out "$dir/key$n.pem" 2048 2>/dev/null; done
    forms=("-iter 2000 -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1" "-iter 2000 -keypbe aes-256-cbc -certpbe aes-256-cbc -macalg sha256"
        "-iter 2048 -keypbe aes-256-cbc -certpbe aes-256-cbc -macalg sha256" "-iter 10000 -keypbe aes-256-cbc -certpbe aes-256-cbc -macalg sha256")
    for n in $(seq 500); do
        openssl req -x509 -new -key "$dir/key$((n % 10)).pem" -out "$dir/cert.pem" -days 3000 -subj "/CN=host$n.contoso.com" 2>/dev/null
        # shellcheck disable=SC2086 # the form is several arguments
        openssl pkcs12 -export -inkey "$dir/key$((n % 10)).pem" -in "$dir/cert.pem" -passout pass:test ${forms[n % 4]} -out "$dir/many/$n.pfx"
    done
    # One of many iterations: what a start costs no longer counts beside them.
    openssl pkcs12 -export -inkey "$dir/key0.pem" -in "$dir/cert.pem" -passout pass:test -iter 600000 -keypbe aes-256-cbc -certpbe aes-256-cbc \
        -macalg sha256 -out "$dir/slow.pfx"
    all_openssl() { for file in "$dir"/many/*.pfx; do openssl pkcs12 -info -nodes -passin pass:test -in "$file"; done; }
    check() { "$keyspect" check --format jsonl --passin pass:test "$@"; }
    show() { openssl pkcs12 -info -nodes -passin pass:test -in "$1"; }
    runs=10
    echo
    for file in "$dir/many/1.pfx" "$dir/many/3.pfx" "$dir/slow.pfx"; do
        iterations=$(openssl pkcs12 -info -noout -passin pass:test -in "$file" 2>&1 | sed -n 's/^MAC.*[Ii]teration[s]* *\([0-9]*\).*/\1/p')
        echo "One PFX, $iterations iterations, user and system time: keyspect $(best_cpu check --threads 1 "$file") ms, openssl pkcs12 -info $(best_cpu show "$file") ms."
        runs=3
    done
    echo "The same without a password, on the clock: keyspect $(best_wall "$keyspect" check --threads 1 "$dir/many/1.pfx") µs, true $(best_wall /bin/true) µs."
    one=$(best_wall check --threads 1 "$dir/many")
    two=$(best_wall check --threads 2 "$dir/many")
    one_cpu=$(best_cpu check --threads 1 "$dir/many")
    runs=1
    loop=$(best_wall all_openssl)
    loop_cpu=$(best_cpu all_openssl)
    echo "500 PFX, on the clock: one thread $((one / 1000)) ms, two threads $((two / 1000)) ms ($(awk -v a="$one" -v b="$two" 'BEGIN { printf "%.2f", a / b }') times as fast)," \
        "a loop over openssl $((loop / 1000)) ms ($(awk -v a="$loop" -v b="$two" 'BEGIN { printf "%.1f", a / b }') times two threads);" \
        "user and system time: one thread $one_cpu ms, the loop $loop_cpu ms."
    if has python3; then
        # A thousand artifacts: those PFX files, their certificates in clear and short logs.
        runs=3
        mkdir "$dir/mixed"
        cp "$dir"/many/*.pfx "$dir/mixed"
        for n in $(seq 250); do
            cp "$dir/cert.pem" "$dir/mixed/$n.pem"
            head -c $((n * 80 + 4000)) "$dir/short.txt" >"$dir/mixed/$n.txt"
        done
        (cd "$dir/mixed" && python3 -m zipfile -c "$dir/mixed.zip" ./*)
        for threads in 1 2; do
            folder=$(best_wall check --threads $threads "$dir/mixed")
            archive=$(best_wall check --threads $threads "$dir/mixed.zip")
            echo "1000 artifacts, $threads threads, on the clock: a folder $((folder / 1000)) ms, the same as a zip $((archive / 1000)) ms ($(awk -v a="$archive" -v b="$folder" 'BEGIN { printf "%.2f", a / b }') times)."
        done
    fi
fi
