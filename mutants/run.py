#!/usr/bin/env python3
"""Runs the tests of the rules and of the model against every mutant that cargo-mutants lists.

All mutants are written into one build (mutants/src/main.rs), so that a mutant costs a run of the tests and no build. The
build also says which test reaches which mutant: a mutant is run by the tests of the programs below that reach it. One line per mutant goes to the file of results: `caught <program>`, `SURVIVED` or
`timeout <program>`, a tab, the name of the mutant. A mutant that has a line is not run again, so a run can be stopped at any
time; the figures are of what has been run.

    cargo install --locked cargo-mutants
    mutants/run.py /tmp/mutants [--file rules/judge.rs]... [--shard K/N] [--quick] [--again] [--figures]

`--quick` runs the tests beside the rules and the model and the first programs alone: what they don't catch gets no line, and a
later run takes it. `--again` runs again what survived or ran out of time, `--figures` runs nothing.
"""
import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ARGS = argparse.ArgumentParser()
ARGS.add_argument("work", type=Path)
ARGS.add_argument("--file", action="append", default=[], help="a part of a path; several: in this order")
ARGS.add_argument("--shard", default="0/1")
ARGS.add_argument("--quick", action="store_true")
ARGS.add_argument("--again", action="store_true")
ARGS.add_argument("--figures", action="store_true")
ARGS.add_argument("--jobs", type=int, default=2)
ARGS = ARGS.parse_args()

ROOT = Path(__file__).resolve().parent.parent
WORK = ARGS.work.resolve()
COPY, SKIP, LIST, WHY, RESULTS = (WORK / name for name in ("copy", "skip", "list.json", "unviable.json", "results"))
# The cheap and the likely ones first; of a quick run the first six.
PROGRAMS = ["rules_corpus", "registry", "linking_corpus", "rule_table", "preflight", "cases_corpus", "artifact_corpus",
            "certutil_corpus", "keyblob_corpus", "explain", "pfx_rules", "limits", "carriers"]
ENV = dict(os.environ, CARGO_TARGET_DIR=str(WORK / "target"), CARGO_PROFILE_DEV_DEBUG="0", CARGO_INCREMENTAL="0",
           RUSTFLAGS="--cap-lints allow", RUST_BACKTRACE="0")
# Of processor time: a machine that is busy, or stops a run for a while, makes no mutant slow. Memory: a loop that collects.
SECONDS, BYTES = 120, 6 << 30


def cargo(*words):
    return subprocess.run(["cargo", *words, "--message-format", "json"], cwd=COPY, env=ENV, capture_output=True, text=True)


def messages(run):
    for line in run.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def write(skip):
    SKIP.write_text("\n".join(map(str, sorted(skip))))
    COPY.mkdir(exist_ok=True)
    # What did not change keeps its time: nothing is built again for it. The mutated files are the writer's.
    mutated = {m["file"] for m in json.loads(LIST.read_text())} | {"src/lib.rs"}
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in set(files.stdout.splitlines()) - mutated:
        new, old = (ROOT / name).read_bytes(), COPY / name
        if not old.is_file() or old.read_bytes() != new:
            old.parent.mkdir(parents=True, exist_ok=True)
            old.write_bytes(new)
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


def viable(names):
    """Leaves out what the compiler refuses, until the rest compiles."""
    why = json.loads(WHY.read_text()) if WHY.exists() else {}
    while True:
        placed = write(n for n, name in enumerate(names) if name in why)
        run = cargo("check", "--lib")
        if run.returncode == 0:
            return placed, {name for name in names if name in why}
        before = len(why)
        for message in (m["message"] for m in messages(run) if m.get("reason") == "compiler-message"):
            for span in (s for s in message["spans"] if s["is_primary"] and message["level"] == "error"):
                mutant = culprit(span)
                if mutant is not None:
                    why[names[mutant]] = [(message.get("code") or {}).get("code"), message["message"]]
        WHY.write_text(json.dumps(why))
        if len(why) == before:
            sys.exit(run.stderr)


def programs():
    """Each program of tests: its name, its command, the words that leave tests out."""
    build = cargo("test", "--no-run", "--lib", *(word for name in PROGRAMS for word in ("--test", name)))
    if build.returncode != 0:
        sys.exit(build.stderr)
    built = {m["target"]["name"]: m["executable"] for m in messages(build) if m.get("executable")
             and m["profile"]["test"]}
    # Random bytes to the parsers: slow, and no expectation but that nothing panics.
    return [("lib", built["keyspect"], ["--skip", "never_panics"])] + [(name, built[name], []) for name in PROGRAMS]


def run(command, **env):
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    return subprocess.run(command, cwd=COPY, env=dict(ENV, **env), preexec_fn=limit, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode


def reached(tests):
    """By mutant and program, the tests that reach it; None for those that can't be told."""
    by = defaultdict(lambda: defaultdict(set))
    for name, program, skip in tests:
        log = WORK / f"reached-{name}"
        log.unlink(missing_ok=True)
        began = time.monotonic()
        if run([program, "-q", *skip, "--test-threads", "2"], KS_MUTANT_REACHED=str(log)) != 0:
            sys.exit(f"{program} fails without a mutant")
        known = set(subprocess.run([program, "--list", "--format", "terse"], cwd=COPY, capture_output=True,
                                   text=True).stdout.replace(": test\n", "\n").split("\n"))
        for line in log.read_text().splitlines() if log.exists() else ():
            number, test = line.split(" ", 1)
            by[int(number)][name].add(test if test in known else None)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return by


def outcome(number, mutant, tests, by):
    reaching = [(name, program, skip, by[number][name]) for name, program, skip in tests if by[number].get(name)]
    whole = [(name, [program, "-q", *skip]) for name, program, skip, _ in reaching]
    chosen, slow = [], []
    for name, program, _, own in (r for r in reaching if None not in r[3]):
        # The tests beside the rules and the model are quick and catch the most, the others of the library are slow.
        near = {test for test in own if test.startswith(("rules::", "model::"))}
        for tests_of, list_of in ((near, chosen), (own - near, slow if name == "lib" else chosen)):
            if tests_of:
                list_of.append((name, [program, "-q", "--test-threads", "1", "--exact", *sorted(tests_of)]))
    if ARGS.quick:
        chosen, whole = [(name, command) for name, command in chosen if name in ("lib", *PROGRAMS[:6])], []
    else:
        chosen += slow
    # What a static holds is made once in a program, by the first test that asks: others use it and do not reach it.
    known = {name for name, _ in chosen} if "LazyLock" not in (ROOT / mutant["file"]).read_text() else set()
    for name, command in chosen + [w for w in whole if w[0] not in known]:
        code = run(command, KS_MUTANT=str(number))
        if code in (-24, -9):
            return f"timeout {name}"
        if code != 0:
            return f"caught {name}"
    return "SURVIVED"


def results():
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return {name: what for what, name in (line.split("\t", 1) for line in lines)}


def figures(names, unviable, limited):
    done = results()
    there = [name for name in names if name not in unviable and name not in limited]
    ran = Counter(done[name].split()[0] for name in there if name in done)
    print(f"{len(names)} listed, {len(unviable)} refused by the compiler, {len(limited)} that can't be switched, "
          f"{len(there)} in the build, {sum(ran.values())} run: {dict(ran)}")
    for name in (name for name in there if done.get(name, "caught").split()[0] != "caught"):
        print(done[name], name)


def main():
    WORK.mkdir(exist_ok=True)
    listed = ["cargo", "mutants", "--list", "--json", "--file", "src/rules/*.rs", "--file", "src/model/*.rs"]
    LIST.write_bytes(subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout)
    mutants = json.loads(LIST.read_text())
    names = [m["name"] for m in mutants]
    placed, unviable = viable(names)
    unviable |= {names[n] for n in placed["unplaced"]}
    limited = {names[n] for n in placed["limited"]}
    if ARGS.figures:
        return figures(names, unviable, limited)
    tests = programs()
    by = reached(tests)
    done = {name for name, what in results().items() if what.startswith("caught") or not ARGS.again}
    part, parts = map(int, ARGS.shard.split("/"))
    left = [n for n, name in enumerate(names) if name not in unviable | limited | done][part::parts]
    if ARGS.file:
        left = [n for file in ARGS.file for n in left if file in mutants[n]["file"]]
    print(f"{len(left)} to run", flush=True)
    with RESULTS.open("a") as out, ThreadPoolExecutor(ARGS.jobs) as pool:
        def one(number):
            what = outcome(number, mutants[number], tests, by)
            if what != "SURVIVED" or not ARGS.quick:
                out.write(f"{what}\t{names[number]}\n")
                out.flush()
            if not what.startswith("caught"):
                print(what, names[number], flush=True)
        for _ in pool.map(one, dict.fromkeys(left)):
            pass
    figures(names, unviable, limited)


main()
