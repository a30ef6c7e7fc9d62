# SPDX-License-Identifier: Apache-2.0
"""What tests and bench share: where things lie, machines booted for their evidence, exports, and the state that the verifier reports."""
import json
import os
import pathlib
import shutil
import subprocess

from node import Node
from servers import Servers, wait_for

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "test-vm/keylime"
COSIMA = TOP / "build/cosima"
BUILD = TOP / "build/keylime"
VM = BUILD / "vm"
AGENT_PATH = "/usr/local/bin/agent"


def run(*words, **options):
    """A command that must succeed; what it says is returned."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: status {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout.strip()


class Lab:
    def __init__(self):
        self.venv = run(HERE / "install.sh").splitlines()[-1]
        self.image = run(HERE / "image.sh").splitlines()[-1]
        shutil.rmtree(BUILD, ignore_errors=True)
        VM.mkdir(parents=True)
        run(TOP / "test-vm/prepare.sh")
        run(HERE / "tpm.sh", VM / "tpm", VM / "ca")
        self.key, self.other_key = self._make_key("policy"), self._make_key("other")
        run(TOP / "test-vm/agent.sh", 2, BUILD / "agent-2")
        self.baseline = VM / "baseline.json"

    @staticmethod
    def _make_key(name):
        path = BUILD / f"{name}.key"
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
        run("openssl", "ec", "-in", path, "-pubout", "-out", path.with_suffix(".pub"))
        return path

    def boot(self, *names):
        """Machines that show their evidence, two at a time; then the baseline of the first one called enroll."""
        run(TOP / "test-vm/run-cases.sh", VM, input="\n".join(names) + "\n", env=dict(os.environ, CASES="keylime/cases"))
        if "enroll" in names:
            run(COSIMA, "enroll", "--evidence", VM / "enroll/keylime.tar", "--nonce", (VM / "enroll/nonce").read_text(), "--out", self.baseline)

    def servers(self, **options):
        home = BUILD / "home"
        (home / "tpm_cert_store").mkdir(parents=True, exist_ok=True)
        for name in ("issuercert", "swtpm-localca-rootca-cert"):
            shutil.copy(VM / f"ca/{name}.pem", home / "tpm_cert_store")
        return Servers(self.venv, home, **options)

    def node(self, servers, name):
        return Node(servers, TOP, VM, name, self.image)

    def export(self, name, *options):
        """cosima export keylime into a folder of that name, signed."""
        out = BUILD / "export" / name
        out.parent.mkdir(exist_ok=True)
        run(COSIMA, "export", "keylime", self.baseline, "--name", "fleet", "--sign-key", self.key, "--exclude", "/oem/grubenv", "--out", out, *options)
        return out

    def request(self, case, *options):
        """The body of POST /v2.5/verify/evidence that cosima writes for the evidence of a case."""
        out = self.export(f"judge-{case}", "--evidence", VM / case / "keylime.tar", *options)
        return json.loads((out / "verify-evidence.json").read_text())

    @staticmethod
    def enroll(servers, out, *words, **environment):
        """The script that cosima wrote, as a user runs it."""
        path = f"{servers.venv}/bin:{os.environ['PATH']}"
        said = run("sh", out / "enroll.sh", *words, env=dict(servers.environment, PATH=path, VERIFIER="127.0.0.1", **environment))
        with open(servers.home / "tenant.log", "a", encoding="utf-8") as log:
            log.write(f"$ enroll.sh {words}\n{said}\n")


class Watch:
    """An enrolled node as the verifier sees it."""

    def __init__(self, servers, uuid):
        self.servers, self.uuid = servers, uuid

    def state(self):
        return self.servers.request("GET", f"/v2.3/agents/{self.uuid}").get("results", {})

    def passes(self, polls=2):
        """Whether it is attested that many times more, and none of them failed."""
        before = self.state().get("attestation_count", 0)
        state = wait_for("more polls", lambda: (s := self.state()) and (s["attestation_status"] == "FAIL" or s["attestation_count"] >= before + polls) and s, 600)
        return state["attestation_status"] == "PASS"

    def failure(self):
        """The name of the failure, once there is one."""
        return wait_for("a failure", lambda: (s := self.state()) and s["attestation_status"] == "FAIL" and s["last_event_id"], 600)

    def leave(self):
        self.servers.tenant("-u", self.uuid, "-c", "delete")
