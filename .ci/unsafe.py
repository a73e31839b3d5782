#!/usr/bin/env python3
"""Counts the word `unsafe` (outside comments and strings on one line) in the sources of the crates that keyspect is
built from, on Linux, and prints the rows of the table in SECURITY.md. A count is a place to look at, not a judgement: it
doesn't tell what is compiled in. usage: .ci/unsafe.py [--all]"""

import json
import os
import re
import subprocess
import sys

WORD = re.compile(r"\bunsafe\b(?!_code)")
LINT = re.compile(r"#!\[(forbid|deny)\([^)]*unsafe_code")


def count(package):
    folder = os.path.join(os.path.dirname(package["manifest_path"]), "src")
    places, files, forbidden = 0, 0, False
    for path, folders, names in os.walk(folder):
        # The programs and tests of a crate are not part of what is linked.
        folders[:] = [f for f in folders if f not in ("bin", "tests", "benches")]
        for name in names:
            if not name.endswith(".rs"):
                continue
            with open(os.path.join(path, name), errors="replace") as source:
                text = source.read()
            forbidden = forbidden or (name == "lib.rs" and path == folder and bool(LINT.search(text)))
            found = 0
            for line in text.splitlines():
                line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
                found += len(WORD.findall(line.split("//")[0]))
            places += found
            files += found > 0
    return places, files, forbidden


def newest(package):
    folder = os.path.dirname(package["manifest_path"])
    for name in ("CHANGELOG.md", "Changelog.md", "HISTORY.md", "Changes.md"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, errors="replace") as text:
                dates = re.findall(r"\b20\d\d-\d\d-\d\d\b", text.read())
            return max(dates) if dates else "–"
    return "–"


def main():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"]
    data = json.loads(subprocess.check_output(command))
    packages = {p["id"]: p for p in data["packages"]}
    nodes = {n["id"]: n for n in data["resolve"]["nodes"]}
    normal = lambda node: [d["pkg"] for d in nodes[node]["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]
    root = data["resolve"]["root"]
    wanted, seen = list(normal(root)), set()
    direct = set(wanted)
    while wanted:
        package = wanted.pop()
        if package not in seen:
            seen.add(package)
            wanted.extend(normal(package))
    rows = seen if "--all" in sys.argv else direct
    for package in sorted((packages[i] for i in rows), key=lambda p: (p["name"], p["version"])):
        places, files, forbidden = count(package)
        unsafe = "forbidden" if forbidden and not places else f"{places} in {files}" if places else "none"
        owner = re.sub(r"^https://github.com/([^/]+/[^/]+?)(\.git)?(/.*)?$", r"\1", package["repository"] or "–")
        print(f"| {package['name']} | {package['version']} | {unsafe} | {owner} | {newest(package)} |")
    indirect = [count(packages[i])[0] for i in seen - direct]
    print(f"\n{len(direct)} direct, {len(seen)} in all; {sum(1 for c in indirect if c)} of the indirect ones have any `unsafe`", file=sys.stderr)


if __name__ == "__main__":
    main()
