#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Keylime's own judgement of COS nodes, by the commands that cosima writes, as TAP. A stock verifier and registrar of PyPI; a machine in QEMU with
Keylime's agent for what happens on a running node; the verifier's evidence endpoint for machines that were changed before they booted.
"""
import subprocess
import sys
import traceback

from lab import AGENT_PATH, BUILD, Lab, Watch, run, wait_for

HASH = "ima.validation.ima-ng.runtime_policy_hash"
PCR = "pcr_validation.invalid_pcr_15"


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, text, holds, said=""):
        self.count += 1
        self.failed += not holds
        print(f"{'ok' if holds else 'not ok'} {self.count} - {text}", flush=True)
        if not holds:
            print(f"# {said}", flush=True)

    def says(self, text, got, *expected):
        """The names of the failures are exactly these, or there is none."""
        self.ok(text, (got or []) == sorted(expected), f"got {got}, expected {sorted(expected)}")


def judge_boots(tap, lab, servers):
    """Each machine was changed while it was off, but for the replaced program."""
    new = f"{AGENT_PATH}={BUILD / 'agent-2'}"
    tap.says("a clean node passes by the tpm_policy", lab.judge(servers, "clean", boot_log=False))
    tap.says("a clean node passes by the combined boot log", lab.judge(servers, "clean"))
    tap.says("a changed file on COS_OEM fails, by its hash and by the PCR", lab.judge(servers, "oem-changed"), HASH, PCR)
    tap.says("a replaced program on COS_PERSISTENT fails by its hash", lab.judge(servers, "persistent-changed"), HASH)
    tap.says("a swapped disk fails, by the PCR and by the receipt's hash", lab.judge(servers, "oem-swapped"), HASH, PCR)
    got = lab.judge(servers, "second-disk") or []
    tap.ok("a second disk of the same label fails by the PCR", PCR in got, got)
    tap.says("a policy with a bad signature fails by the PCR", lab.judge(servers, "bad-signature"), PCR)
    tap.says("an update that was not announced fails", lab.judge(servers, "updated"), HASH)
    tap.says("with both digests the old program passes", lab.judge(servers, "clean", "--add", new))
    tap.says("with both digests the new program passes", lab.judge(servers, "updated", "--add", new))
    tap.says("with the old digest withdrawn the new program passes", lab.judge(servers, "updated", "--replace", new))
    tap.says("with the old digest withdrawn a rollback fails", lab.judge(servers, "clean", "--replace", new), HASH)


def refuse_wrong_key(tap, lab, servers):
    out = lab.export("wrong-key")
    said = servers.tenant("-c", "addruntimepolicy", "--runtime-policy-name", "wrong", "--runtime-policy", out / "runtime-policy.dsse.json",
                          "--runtime-policy-sig-key", lab.other_key.with_suffix(".pub"), check=False)
    tap.ok("a policy signed by another key is refused", "DSSE signature verification" in said and "wrong" not in servers.tenant(
        "-c", "listruntimepolicy", check=False), said[-500:])
    run(f"{lab.venv}/bin/keylime-policy", "sign", "runtime", "-r", out / "runtime-policy.json", "-k", lab.key, "-b", "ecdsa", "-o", out / "theirs.json",
        env=servers.environment)
    tap.ok("Keylime's own tool signs what cosima wrote", (out / "theirs.json").stat().st_size > 0)


def alert_came(servers, uuid, text):
    """The alert that the verifier's webhook sent, with the event's name and what it is about."""
    def look():
        return [a for _, a in servers.alerts if a.get("agent_id") == uuid and text in str(a)]
    return wait_for("the alert", look, 30)[0]


def update_node(tap, lab, servers):
    """A running node: enrolled in both forms, updated as planned, then changed."""
    out = lab.export("fleet")
    with lab.node(servers, "node") as node:
        watch = Watch(servers, node.uuid)
        lab.enroll(servers, out, node.uuid, "127.0.0.1")
        tap.ok("agent: a clean node passes by the tpm_policy", watch.passes())
        watch.leave()
        lab.enroll(servers, out, node.uuid, "127.0.0.1", BOOT_LOG="1")
        tap.ok("agent: a clean node passes by the combined boot log", watch.passes() and watch.state()["has_mb_refstate"] == 1, watch.state())
        both = lab.export("both", "--add", f"{AGENT_PATH}={BUILD / 'agent-2'}")
        lab.enroll(servers, both, "--update")
        watch.passes(2)  # a poll that was under way has read the old policy
        node.tell(f"cp /run/case/agent-2 {AGENT_PATH}")
        node.tell(AGENT_PATH)
        tap.ok("agent: a planned update stays without alarm", watch.passes(3) and not servers.alerts, watch.state())
        node.tell("echo '# changed' >>/oem/90_custom.yaml")
        node.tell("cat /oem/90_custom.yaml >/dev/null")
        tap.ok("agent: a changed file on COS_OEM fails by its hash", watch.failure() == HASH, watch.state())
        alert = alert_came(servers, node.uuid, "runtime_policy_hash")
        tap.ok("agent: the alert arrives by https", alert["type"] == "revocation" and alert["event_id"] == HASH, alert)
        watch.leave()
    servers.tenant("-u", node.uuid, "-c", "regdelete")


def roll_back_node(tap, lab, servers):
    """The same node after its next boot."""
    servers.alerts.clear()
    only_new = lab.export("only-new", "--replace", f"{AGENT_PATH}={BUILD / 'agent-2'}")
    lab.enroll(servers, only_new, "--update")
    with lab.node(servers, "rebooted") as node:
        watch = Watch(servers, node.uuid)
        lab.enroll(servers, only_new, node.uuid, "127.0.0.1", BOOT_LOG="1")
        tap.ok("agent: the updated node passes with the old digest withdrawn", watch.passes(), watch.state())
        node.tell(f"cp /run/case/agent-1 {AGENT_PATH}")
        node.tell(AGENT_PATH)
        tap.ok("agent: a rollback fails by its hash", watch.failure() == HASH, watch.state())
        tap.ok("agent: the alert arrives by https", alert_came(servers, node.uuid, "runtime_policy_hash")["event_id"] == HASH)


def main():
    tap = Tap()
    try:
        lab = Lab()
        lab.boot("enroll", "clean", "oem-changed", "persistent-changed", "oem-swapped", "second-disk", "bad-signature", "updated")
        with lab.servers() as servers:
            for part in (judge_boots, refuse_wrong_key, update_node, roll_back_node):
                part(tap, lab, servers)
    except (RuntimeError, TimeoutError, OSError, KeyError, subprocess.SubprocessError) as error:
        tap.ok("the tests come to their end", False, str(error).replace("\n", "\n# ") + "\n# " + traceback.format_exc().replace("\n", "\n# "))
    print(f"1..{tap.count}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.exit(main())
