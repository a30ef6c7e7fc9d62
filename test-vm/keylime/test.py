#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Keylime's own judgement of COS nodes, by the commands that cosima writes and those of the guide, as TAP. A stock verifier and registrar of PyPI; a
machine in QEMU with Keylime's agent for what happens on a running node; the verifier's evidence endpoint for machines that were changed before
they booted.
"""
import copy
import hashlib
import json
import shutil
import subprocess
import sys
import traceback

from guide import Guide
from lab import AGENT_PATH, BUILD, COSIMA, TOP, VM, Lab, Watch, run, wait_for

HASH = "ima.validation.ima-ng.runtime_policy_hash"
PCR = "pcr_validation.invalid_pcr_15"
REPLAY = "measured_boot.invalid_pcr_15"
UNKNOWN = "ima.validation.ima-ng.not_in_allowlist"
VIOLATION = "ima.validation.tomtou"
OEM_FILE = "/oem/90_custom.yaml"
RECEIPT = "/run/cosima/receipt"

# A case, what it is, the failures' names, and the file that is meant, whose digests Keylime gives.
BOOTS = [
    ("clean", "a clean node passes", [], None),
    ("oem-changed", "a changed file on COS_OEM fails, by its hash and by the PCR", [HASH, PCR], OEM_FILE),
    ("persistent-changed", "a replaced program on COS_PERSISTENT fails by its hash", [HASH], AGENT_PATH),
    ("oem-swapped", "a swapped disk fails, by the PCR and by the receipt's hash", [HASH, PCR], RECEIPT),
    ("second-disk", "a second disk of the same label fails, by the PCR, the receipt, and files of other partitions", [HASH, PCR, UNKNOWN], RECEIPT),
    ("bad-signature", "a policy with a bad signature fails by the PCR", [PCR], None),
    ("updated", "an update that was not announced fails by its hash", [HASH], AGENT_PATH),
]


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, text, holds, said=""):
        self.count += 1
        self.failed += not holds
        print(f"{'ok' if holds else 'not ok'} {self.count} - {text}", flush=True)
        if not holds:
            print(f"# {said}", flush=True)

    def says(self, text, judgement, names, digests=()):
        """The names of the failures are exactly these, or there is none; and they tell these digests."""
        holds = judgement.names == sorted(names) and judgement.valid == (not names) and all(digest in judgement.text for digest in digests)
        self.ok(text, holds, f"expected {sorted(names)} with {digests}, got {judgement}")


def digests_of(request, path):
    """Of a file, what the policy wants and what the kernel measured last."""
    measured = [line.split()[3].partition(":")[2] for line in request["data"]["ima_measurement_list"].splitlines() if line.split()[4] == path]
    return json.loads(request["data"]["runtime_policy"])["digests"][path] + measured[-1:]


def without_log(request):
    """The same by the tpm_policy alone."""
    request = copy.deepcopy(request)
    del request["data"]["mb_log"], request["data"]["mb_policy"]
    return request


def judge_boots(tap, lab, servers):
    """Each machine was changed while it was off, but for the replaced program."""
    for case, text, names, path in BOOTS:
        request = lab.request(case)
        digests = digests_of(request, path) if path else []
        tap.says(f"by the tpm_policy: {text}", servers.judge(without_log(request)), names, digests)
        tap.says(f"by the combined boot log: {text}", servers.judge(request), names, digests)
    forged = lab.request("oem-changed")
    forged["data"]["mb_log"] = lab.request("clean")["data"]["mb_log"]
    tap.says("a boot log of another boot fails, since it does not lead to the PCR", servers.judge(forged), [HASH, PCR, REPLAY])


def judge_updates(tap, lab, servers):
    new = f"{AGENT_PATH}={BUILD / 'agent-2'}"
    tap.says("with both digests the old program passes", servers.judge(lab.request("clean", "--add", new)), [])
    tap.says("with both digests the new program passes", servers.judge(lab.request("updated", "--add", new)), [])
    tap.says("with the old digest withdrawn the new program passes", servers.judge(lab.request("updated", "--replace", new)), [])
    rollback = lab.request("clean", "--replace", new)
    tap.says("with the old digest withdrawn a rollback fails", servers.judge(rollback), [HASH], digests_of(rollback, AGENT_PATH))


def judge_traps(tap, lab, servers):
    """What `export keylime --check` warns of, and what cosima writes instead, is so in this Keylime."""
    def with_excludes(*excludes):
        request = lab.request("persistent-changed")
        policy = json.loads(request["data"]["runtime_policy"])
        policy["excludes"] += excludes
        request["data"]["runtime_policy"] = json.dumps(policy)
        return servers.judge(request)

    tap.says("trap: an exclude is a prefix", with_excludes("/usr/local/bin/ag"), [])
    tap.says("trap: one that does not compile switches off all", with_excludes("/usr/local/bin/ag", "("), [HASH])
    tap.says("an exclude that is anchored is no prefix", with_excludes("/usr/local/bin/ag$"), [HASH])
    held = lab.request("held-open")
    tap.says("with ignore_tomtou_errors = True a file that is held open for writing fails", servers.judge(held), [VIOLATION])
    servers.stop("verifier")
    servers.start_verifier(KEYLIME_VERIFIER_IGNORE_TOMTOU_ERRORS="False")
    tap.says("trap: with ignore_tomtou_errors = False it passes", servers.judge(held), [])
    servers.stop("verifier")
    servers.start_verifier()


def refuse_keys(tap, lab, servers):
    out = lab.export("wrong-key")

    def add(name, policy, *key):
        said = servers.tenant("-c", "addruntimepolicy", "--runtime-policy-name", name, "--runtime-policy", policy, *key, check=False)
        return name in servers.tenant("-c", "listruntimepolicy", check=False), said[-500:]

    stored, said = add("stranger", out / "runtime-policy.dsse.json", "--runtime-policy-sig-key", lab.other_key.with_suffix(".pub"))
    tap.ok("a policy signed by another key is refused", not stored and "DSSE signature verification" in said, said)
    signed = json.loads((out / "runtime-policy.dsse.json").read_text())
    signed["payload"] = ("B" if signed["payload"][0] == "A" else "A") + signed["payload"][1:]
    (out / "changed.json").write_text(json.dumps(signed))
    stored, said = add("changed", out / "changed.json", "--runtime-policy-sig-key", out / "runtime-policy.pub")
    tap.ok("one that was changed after it was signed is refused", not stored and "DSSE signature verification" in said, said)
    stored, said = add("unsigned", out / "runtime-policy.json")
    tap.ok("one without a signature is refused, as the guide's verifier.conf wants it", not stored, said)
    stored, said = add("right", out / "runtime-policy.dsse.json", "--runtime-policy-sig-key", lab.key.with_suffix(".pub"))
    tap.ok("one by the right key is taken", stored, said)
    run(f"{lab.venv}/bin/keylime-policy", "sign", "runtime", "-r", out / "runtime-policy.json", "-k", lab.key, "-b", "ecdsa", "-o", out / "theirs.json",
        env=servers.environment)
    stored, said = add("theirs", out / "theirs.json", "--runtime-policy-sig-key", lab.key.with_suffix(".pub"))
    tap.ok("Keylime's own tool signs what cosima wrote", stored, said)


def refuse_pcr(tap, out, servers, uuid):
    said = servers.tenant("-t", "127.0.0.1", "-u", uuid, "-c", "add", "--runtime-policy-name", "right", "--mb-policy", out / "mb-policy.json",
                          "--tpm_policy", (out / "tpm-policy.json").read_text(), check=False)
    tap.ok("trap: the PCR is refused beside --mb-policy FILE", "PCR 15 is specified" in said and not Watch(servers, uuid).state(), said[-500:])


def alert_came(servers, uuid, text):
    """The alert that the verifier's webhook sent, with the event's name and what it is about."""
    def look():
        return [a for _, a in servers.alerts if a.get("agent_id") == uuid and text in str(a)]
    return wait_for("the alert", look, 300)[0]


def prepare_guide(tap, servers):
    folder = BUILD / "guide"
    guide = Guide(TOP / "README.md", folder, COSIMA, servers)
    shutil.copytree(TOP / "build/vm/tree/oem", folder / "node/oem")
    shutil.copytree(TOP / "build/vm/tree/persistent", folder / "node/usr/local")
    shutil.copy(VM / "enroll/keylime.tar", folder / "evidence.tar")
    shutil.copy(VM / "enroll/nonce", folder)
    shutil.copy(BUILD / "agent-2", folder / "agent")
    faults = guide.cloud_config_faults()
    tap.ok("the guide's cloud-config has only what Kairos documents", not faults, faults)
    ours = {f"{section}.{name}": value for section, name, value in servers.verifier_options()}
    theirs = guide.verifier_conf()
    differ = {name: (value, ours.get(name)) for name, value in theirs.items() if name != "revocations.webhook_url" and ours.get(name) != value}
    tap.ok("the guide's webhook speaks https", theirs["revocations.webhook_url"].startswith("https://") and " " not in theirs["revocations.webhook_url"])
    tap.ok("the guide's verifier.conf is that of this verifier, as Keylime reads it", not differ, differ)
    guide.run("cosima enroll")
    tap.ok("the guide's check has nothing against it", "error:" not in guide.run("--check"))
    for command in ("openssl ecparam", "cosima export keylime", "scp fleet/agent.conf", "cacert.crt", "systemctl restart"):
        guide.run(command)
    guide.run("sha256sum -c")
    return guide


def update_node(tap, lab, servers, guide):
    """A running node by the guide: enrolled in both forms, updated as planned, then changed."""
    with lab.node(servers, "node") as node:
        watch = Watch(servers, node.uuid)
        refuse_pcr(tap, guide.folder / "fleet", servers, node.uuid)
        guide.run("enroll.sh UUID NODE", node.uuid)
        tap.ok("agent: a clean node passes by the tpm_policy", watch.passes() and watch.state()["has_mb_refstate"] == 0, watch.state())
        watch.leave()
        guide.run("BOOT_LOG=1", node.uuid)
        tap.ok("agent: a clean node passes by the combined boot log", watch.passes() and watch.state()["has_mb_refstate"] == 1, watch.state())
        guide.run("--add")
        guide.run("enroll.sh --update")
        watch.passes(2)  # a poll that was under way has read the old policy
        node.tell(f"cp /run/case/agent-2 {AGENT_PATH}")
        node.tell(AGENT_PATH)
        tap.ok("agent: a planned update stays without alarm", watch.passes(3) and not servers.alerts, watch.state())
        node.tell(f"echo '# changed' >>{OEM_FILE}")
        node.tell(f"cat {OEM_FILE} >/dev/null")
        tap.ok("agent: a changed file on COS_OEM fails by its hash", watch.failure() == HASH, watch.state())
        changed = (TOP / f"build/vm/tree{OEM_FILE}").read_bytes() + b"# changed\n"
        digest = hashlib.sha256(changed).hexdigest()
        alert = alert_came(servers, node.uuid, digest)
        tap.ok("agent: the alert arrives by https", alert["type"] == "revocation" and alert["event_id"] == HASH, alert)
        (guide.folder / "changed").write_bytes(changed)
        reactivate(tap, servers, guide, watch)
        watch.leave()
    servers.tenant("-u", node.uuid, "-c", "regdelete")


def respond(tap, lab, guide):
    """What to do when the alert came, with the evidence of a machine on which a file was changed."""
    shutil.copy(VM / "oem-changed/keylime.tar", guide.folder / "evidence.tar")
    shutil.copy(VM / "oem-changed/nonce", guide.folder)
    got = digests_of(lab.request("oem-changed"), OEM_FILE)[-1]
    tap.ok("the guide finds the file by the digest of the alert", OEM_FILE in guide.run("grep DIGEST", digest=got))
    said = guide.run("cosima explain")
    tap.ok("the guide's comparison names it, and what was seen", OEM_FILE in said and got[:12] in said, said)


def reactivate(tap, servers, guide, watch):
    """Here the change was wanted, and is announced late."""
    export = "cosima export keylime baseline.json --sign-key policy.key --exclude /oem/grubenv --out fleet"
    guide.shell(f"{export} --add {AGENT_PATH}=agent --add {OEM_FILE}=changed")
    guide.shell("VERIFIER=127.0.0.1 fleet/enroll.sh --update")
    guide.run("reactivate", watch.uuid)
    tap.ok("agent: reactivated, it passes", watch.passes(), watch.state())
    guide.run("-c delete", watch.uuid)
    guide.run("enroll.sh UUID NODE", watch.uuid)
    tap.ok("agent: enrolled again, it passes", watch.passes(), watch.state())
    servers.alerts.clear()


def roll_back_node(tap, lab, servers, guide):
    """The same node after its next boot."""
    guide.run("--replace")
    guide.run("enroll.sh --update")
    with lab.node(servers, "rebooted") as node:
        watch = Watch(servers, node.uuid)
        guide.shell(f"VERIFIER=127.0.0.1 BOOT_LOG=1 fleet/enroll.sh {node.uuid} 127.0.0.1")
        tap.ok("agent: the updated node passes with the old digest withdrawn", watch.passes() and not servers.alerts, watch.state())
        node.tell(f"cp /run/case/agent-1 {AGENT_PATH}")
        node.tell(AGENT_PATH)
        tap.ok("agent: a rollback fails by its hash", watch.failure() == HASH, watch.state())
        digest = hashlib.sha256((VM / "rebooted/overlay/case/agent-1").read_bytes()).hexdigest()
        tap.ok("agent: the alert arrives by https", alert_came(servers, node.uuid, digest)["event_id"] == HASH)
    tap.ok("every command of the guide was run", not guide.left, guide.left)


def main():
    tap = Tap()
    try:
        lab = Lab()
        lab.boot("enroll", "held-open", *(case for case, *_ in BOOTS))
        with lab.servers() as servers:
            for part in (judge_boots, judge_updates, judge_traps, refuse_keys):
                part(tap, lab, servers)
            guide = prepare_guide(tap, servers)
            respond(tap, lab, guide)
            update_node(tap, lab, servers, guide)
            roll_back_node(tap, lab, servers, guide)
    except (RuntimeError, TimeoutError, OSError, KeyError, StopIteration, subprocess.SubprocessError) as error:
        tap.ok("the tests come to their end", False, str(error).replace("\n", "\n# ") + "\n# " + traceback.format_exc().replace("\n", "\n# "))
    print(f"1..{tap.count}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.exit(main())
