# SPDX-License-Identifier: Apache-2.0
"""A machine in QEMU that runs Keylime's agent and does what it is told."""
import os
import pathlib
import re
import shutil
import socket
import tempfile

from servers import CONFIGS, wait_for

AGENT = """[agent]
version = 2.0
uuid = hash_ek
ip = 10.0.2.15
port = 9002
contact_ip = 127.0.0.1
contact_port = {agent}
registrar_ip = 10.0.2.2
registrar_port = {registration}
enable_agent_mtls = True
tls_dir = default
server_key = default
server_key_password =
server_cert = default
trusted_client_ca = default
enc_keyname = derived_tci_key
dec_payload_file = decrypted_payload
secure_size = 1m
tpm_ownerpassword =
extract_payload_zip = True
enable_revocation_notifications = False
revocation_cert = default
revocation_actions = []
payload_script =
enable_insecure_payload = False
measure_payload_pcr = -1
exponential_backoff = False
retry_interval = 2
max_retries = 10
tpm_hash_alg = sha256
tpm_encryption_alg = rsa
tpm_signing_alg = rsassa
ek_handle = generate
run_as =
"""


class Node:
    """`with Node(...)` boots the case NAME with the agent and waits until that has registered."""

    def __init__(self, servers, top, out, name, image):
        self.servers, self.top, self.out, self.name = servers, pathlib.Path(top), pathlib.Path(out), name
        self.image, self.number = image, 0
        self.console = self.out / name / "console.log"
        self.sockets = pathlib.Path(tempfile.mkdtemp())

    def __enter__(self):
        self.control = socket.socket(socket.AF_UNIX)
        self._configure()
        self.console.unlink(missing_ok=True)
        environment = dict(os.environ, CASES="keylime/cases")
        self.servers.start(self.name, ["sh", self.top / "test-vm/case.sh", self.name, self.out], env=environment)
        try:
            self._wait("Starting Cloud Agent")
        except BaseException:
            self.__exit__(True)
            raise
        self.control.connect(str(self.sockets / "control"))
        self.uuid = re.search(r"Agent UUID: ([0-9a-f]+)", self.said()).group(1)
        return self

    def __exit__(self, *failure):
        try:
            if not failure[0]:
                self.tell("leave=yes")
                wait_for("the machine's end", lambda: self.servers.processes[self.name].poll() is not None, 600)
        finally:
            self.control.close()
            self.servers.stop(self.name)
            shutil.rmtree(self.sockets)

    def _configure(self):
        ports, folder = self.servers.ports, self.out / "agent"
        etc = folder / "etc"
        shutil.rmtree(folder, ignore_errors=True)
        (etc / "cv_ca").mkdir(parents=True)
        shutil.copy(self.servers.home / "cv_ca/cacert.crt", etc / "cv_ca")
        (etc / "agent.conf").write_text(AGENT.format(**ports))
        (etc / "logging.conf").write_text(CONFIGS["logging"])
        (folder / "qemu").write_text("\n".join([
            "-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{ports['agent']}-10.0.2.15:9002",
            "-drive", f"file={self.image},if=virtio,format=raw,snapshot=on",
            "-chardev", f"socket,id=control,path={self.sockets}/control,server=on,wait=off",
            "-device", "virtserialport,chardev=control"]) + "\n")

    def said(self):
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def _wait(self, text, seconds=600):
        def look():
            if self.servers.processes[self.name].poll() is not None or "Traceback (most recent" in self.said():
                raise RuntimeError(f"the machine or its agent failed: see {self.console} and {self.servers.home}/{self.name}.log")
            return text in self.said()
        wait_for(f"{text!r} in {self.console}", look, seconds)

    def tell(self, command):
        """A command for the machine's shell; returns when it is done."""
        self.number += 1
        self.control.sendall(f"{self.number} {command}\n".encode())
        if command != "leave=yes":
            self._wait(f"vm: command {self.number}: status 0")
