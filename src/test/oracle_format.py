# SPDX-License-Identifier: Apache-2.0
"""usage: oracle_format.py COSIMA FOLDER

Runs `COSIMA probe --json` on every image of FOLDER and compares the result with the tools of others. Each of the modules named in
MODULES holds CHECKS: tuples of an image name's pattern, the tool's name, and a function of (image path, cosima's JSON) that gives the fields
in which the two differ, as a dictionary of field: (ours, theirs). Prints TAP.
"""
import fnmatch
import importlib
import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
os.environ["PATH"] += ":/usr/sbin:/sbin"
os.environ.update(LC_ALL="C", TZ="UTC0")

MODULES = ("oracle_ext4", "oracle_fs", "oracle_gpt", "oracle_volumes")


def output(*command, statuses=(0,), warnings=False):
    """What a command prints, with its warnings if wanted; any other exit status than those expected is an error."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
    if done.returncode not in statuses:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stderr + done.stdout if warnings else done.stdout


def probe(cosima, image):
    sector = ["--sector-size", "4096"] if "-4k" in image.name else []
    done = subprocess.run([cosima, "probe", "--json", *sector, str(image)], capture_output=True, text=True)
    if done.returncode not in (0, 1, 2) or not done.stdout:
        raise RuntimeError(f"cosima probe: exit status {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def same(ours, theirs):
    """The fields of theirs that ours has not, or has with another value."""
    return {key: (ours.get(key), value) for key, value in theirs.items() if ours.get(key) != value}


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def line(self, text, differences):
        self.count += 1
        self.failed += bool(differences)
        print(f"{'not ok' if differences else 'ok'} {self.count} - {text}")
        for field, (ours, theirs) in differences.items():
            print(f"# {field}: cosima says {ours!r}, the other {theirs!r}")


def main(cosima, folder):
    checks = [check for module in MODULES for check in importlib.import_module(module).CHECKS]
    tap = Tap()
    used = set()
    for image in sorted(pathlib.Path(folder).iterdir()):
        found = probe(cosima, image)
        for number, (pattern, tool, compare) in enumerate(checks):
            if not fnmatch.fnmatch(image.name, pattern):
                continue
            used.add(number)
            try:
                differences = compare(str(image), found)
            except (RuntimeError, KeyError, IndexError, ValueError) as e:
                differences = {"failed": (None, f"{type(e).__name__}: {e}")}
            tap.line(f"{image.name}: as {tool} says", differences)
    for number, (pattern, tool, _) in enumerate(checks):
        if number not in used:
            tap.line(f"{pattern}: as {tool} says", {"images": ("none", "at least one")})
    print(f"1..{tap.count}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.modules["oracle_format"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1], sys.argv[2]))
