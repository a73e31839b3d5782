#!/usr/bin/env python3
"""Runs the tests of the rules and of the model against every mutant that cargo-mutants lists.

All mutants are written into one build (mutants/src/main.rs), so that a mutant costs a run of the tests and no build. One
line per mutant goes to the file of results: number, `caught` or `SURVIVED` or `timeout`, the program that caught it. A
mutant that has a line is not run again.

    cargo install --locked cargo-mutants
    mutants/run.py /tmp/mutants [--shard K/N]
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = Path(sys.argv[1])
SHARD = [int(n) for n in sys.argv[3].split("/")] if len(sys.argv) > 3 else [0, 1]
COPY, SKIP, LIST, WHY = WORK / "copy", WORK / "skip", WORK / "list.json", WORK / "unviable.json"
PROGRAMS = ["rules_corpus", "registry", "linking_corpus", "rule_table", "preflight", "cases_corpus", "pfx_rules"]
ENV = dict(os.environ, CARGO_TARGET_DIR=str(WORK / "target"), CARGO_PROFILE_DEV_DEBUG="0", CARGO_INCREMENTAL="0",
           RUSTFLAGS="--cap-lints allow", RUST_BACKTRACE="0")


def cargo(*words):
    return subprocess.run(["cargo", *words, "--message-format", "json"], cwd=COPY, env=ENV, capture_output=True, text=True)


def messages(run):
    for line in run.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def write(skip):
    SKIP.write_text("\n".join(map(str, sorted(skip))))
    COPY.mkdir(exist_ok=True)
    subprocess.run(f"git archive HEAD | tar x -C {COPY}", shell=True, cwd=ROOT, check=True)
    writer = ["cargo", "run", "--quiet", "--release", "--manifest-path", str(ROOT / "mutants/Cargo.toml"), "--",
              str(LIST), str(ROOT), str(COPY), str(SKIP)]
    return json.loads(subprocess.run(writer, env=dict(os.environ, CARGO_TARGET_DIR=str(WORK / "writer")),
                                     capture_output=True, text=True, check=True).stdout)


def culprit(span):
    """The mutant whose switch stands last before an error."""
    lines = (COPY / span["file_name"]).read_text().split("\n")
    for number in range(span["line_start"], max(0, span["line_start"] - 60), -1):
        found = [m for m in re.finditer(r"mutant_switch::on\((\d+)u32\)", lines[number - 1])
                 if number < span["line_start"] or m.start() < span["column_start"] + 60]
        if found:
            return int(found[-1].group(1))
    return None


def viable():
    """Leaves out what the compiler refuses, until the rest compiles."""
    why = json.loads(WHY.read_text()) if WHY.exists() else {}
    while True:
        placed = write(map(int, why))
        run = cargo("check", "--lib")
        if run.returncode == 0:
            return placed, why
        before = len(why)
        for message in (m["message"] for m in messages(run) if m.get("reason") == "compiler-message"):
            for span in (s for s in message["spans"] if s["is_primary"] and message["level"] == "error"):
                mutant = culprit(span)
                if mutant is not None:
                    why[str(mutant)] = [(message.get("code") or {}).get("code"), message["message"]]
        WHY.write_text(json.dumps(why))
        if len(why) == before:
            sys.exit(run.stderr)


def main():
    WORK.mkdir(exist_ok=True)
    listed = ["cargo", "mutants", "--list", "--json", "--file", "src/rules/*.rs", "--file", "src/model/*.rs"]
    LIST.write_bytes(subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout)
    mutants = json.loads(LIST.read_text())
    placed, why = viable()
    build = cargo("test", "--no-run", "--lib", *(word for name in PROGRAMS for word in ("--test", name)))
    built = {m["target"]["name"]: m["executable"] for m in messages(build) if m.get("executable")
             and m["profile"]["test"]}
    lib = built.pop("keyspect")
    tests = [("lib", [lib, "-q", "rules::", "model::"])] + [(name, [built[name], "-q"]) for name in PROGRAMS]
    rest = ["formats::", "input::", "rules::", "model::"]
    tests.insert(6, ("lib-rest", [lib, "-q", *(word for name in rest for word in ("--skip", name))]))
    results = WORK / "results"
    done = {int(line.split()[0]) for line in results.read_text().splitlines()} if results.exists() else set()
    left_out = set(map(int, why)) | set(placed["limited"]) | set(placed["unplaced"]) | done
    print(f"{len(mutants)} listed, {placed['placed']} in the build, {len(why) + len(placed['unplaced'])} unviable, "
          f"{len(placed['limited'])} that can't be switched")
    with results.open("a") as out:
        for number in [n for n in range(len(mutants)) if n not in left_out][SHARD[0]::SHARD[1]]:
            what = "SURVIVED"
            for name, command in tests:
                if name == "pfx_rules" and "pfx" not in mutants[number]["file"]:
                    continue
                try:
                    code = subprocess.run(command, cwd=COPY, env=dict(ENV, KS_MUTANT=str(number)), timeout=60,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
                except subprocess.TimeoutExpired:
                    what = f"timeout {name}"
                    break
                if code != 0:
                    what = f"caught {name}"
                    break
            out.write(f"{number} {what}\n")
            out.flush()
            if not what.startswith("caught"):
                print(what, mutants[number]["name"], flush=True)


main()
