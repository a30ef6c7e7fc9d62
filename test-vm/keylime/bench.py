#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of Keylime with cosima's policies: time from a change to its alert, the verifier's CPU per poll by the policy's size, and exports."""
import hashlib
import json
import os
import pathlib
import sys
import time

from lab import BUILD, COSIMA, Lab, Watch, run, wait_for

TREE_FILES, TREE_BYTES = 50000, 17000
SECONDS = 30


def cpu_seconds(group):
    """User and system time of all processes of a group, their ended children included."""
    total = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def widen(lab, count):
    """The baseline with so many files more, which no node has."""
    baseline = json.loads(lab.baseline.read_text())
    baseline["files"] += [[f"/usr/local/more/{i:06}", "sha256:" + hashlib.sha256(str(i).encode()).hexdigest()] for i in range(count)]
    baseline["files"].sort(key=lambda file: json.dumps(file[0]).encode())
    path = BUILD / f"baseline-{count}.json"
    path.write_text(json.dumps(baseline, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    return path


def cost_of_polls(lab, servers, watch, paths):
    """A file has two paths: as it is, and below /sysroot."""
    out = BUILD / f"export/{paths}"
    run(COSIMA, "export", "keylime", widen(lab, paths // 2), "--name", "fleet", "--sign-key", lab.key, "--out", out)
    lab.enroll(servers, out, "--update")
    watch.passes(1)
    group = servers.processes["verifier"].pid
    cpu, count = cpu_seconds(group), watch.state()["attestation_count"]
    time.sleep(SECONDS)  # without asking, which costs the verifier more than a poll does
    polls = watch.state()["attestation_count"] - count
    spent = (cpu_seconds(group) - cpu) / max(polls, 1)
    size = (out / "runtime-policy.json").stat().st_size
    print(f"verifier's CPU a poll, {paths} paths, {size / 1e6:.2f} MB: {1000 * spent:.0f} ms, of {polls} polls", flush=True)


def time_to_alert(lab, servers, node):
    begin = time.time()
    node.tell("echo '# changed' >>/oem/90_custom.yaml && cat /oem/90_custom.yaml >/dev/null")
    when, alert = wait_for("the alert", lambda: servers.alerts and servers.alerts[0], 60)
    print(f"change to alert, quote_interval {servers.interval} s, emulated machine: {when - begin:.1f} s ({alert['event_id']})", flush=True)


def exports(lab):
    """50,000 files as the baseline has them and as a tree on disk, which Keylime's own tool walks and hashes."""
    tree = BUILD / "tree/usr/local/bin"
    tree.mkdir(parents=True)
    for i in range(TREE_FILES):
        folder = tree / f"{i // 500:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{i:06}").write_bytes(hashlib.sha256(str(i).encode()).digest() * (TREE_BYTES // 32))
    wide = widen(lab, TREE_FILES)
    servers_home = dict(os.environ, KEYLIME_DIR=str(BUILD / "home"), KEYLIME_LOGGING_CONFIG=str(BUILD / "home/conf/logging.conf"))
    for name, command, environment in (
            ("cosima export keylime, from a baseline of 50,000 files", [COSIMA, "export", "keylime", wide, "--out", BUILD / "export/wide"], None),
            ("keylime-policy create runtime, hashing 50,000 files", [f"{lab.venv}/bin/keylime-policy", "create", "runtime", "--rootfs",
                                                                   BUILD / "tree", "-o", BUILD / "theirs.json"], servers_home),
            ("sha256sum of the same tree, two at a time", ["sh", "-c", f"find {BUILD}/tree -type f -print0 | xargs -0 -P2 -n500 sha256sum >{BUILD}/sums"],
             None)):
        begin = time.monotonic()
        run(*command, env=environment)
        print(f"{name}: {time.monotonic() - begin:.2f} s", flush=True)
    ours, theirs = (len(json.loads(p.read_text())["digests"]) for p in (BUILD / "export/wide/runtime-policy.json", BUILD / "theirs.json"))
    print(f"paths in the policies: cosima {ours}, keylime-policy {theirs}", flush=True)
    run("rm", "-rf", BUILD / "tree")


def main():
    lab = Lab()
    lab.boot("enroll")
    with lab.servers() as servers, lab.node(servers, "node") as node:
        watch = Watch(servers, node.uuid)
        lab.enroll(servers, lab.export("fleet"), node.uuid, "127.0.0.1")
        watch.passes()
        for paths in (1000, 20000):
            cost_of_polls(lab, servers, watch, paths)
        time_to_alert(lab, servers, node)
        watch.leave()
    exports(lab)


if __name__ == "__main__":
    sys.exit(main())
