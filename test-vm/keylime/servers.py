# SPDX-License-Identifier: Apache-2.0
"""A Keylime verifier and registrar of one's own: on loopback, with SQLite and TLS, from a virtual environment, stopped by their process ids."""
import base64
import configparser
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import typing
import urllib.error
import urllib.request

TLS = """tls_dir = {tls}
server_key = default
server_key_password =
server_cert = default
client_key = default
client_key_password =
client_cert = default
trusted_client_ca = default
trusted_server_ca = default
"""
COMMON = """ip = 127.0.0.1
database_url = sqlite
database_pool_sz_ovfl = 5,10
auto_migrate_db = True
"""
CONFIGS = {
    "verifier": """[verifier]
uuid = default
port = {verifier}
registrar_ip = 127.0.0.1
registrar_port = {registrar_tls}
enable_agent_mtls = True
num_workers = 1
exponential_backoff = False
retry_interval = 1
max_retries = 3
quote_interval = {interval}
request_timeout = 60
verification_timeout = 60
max_upload_size = 104857600
measured_boot_policy_name = accept-all
measured_boot_imports = []
measured_boot_evaluate = once
severity_labels = ["info", "notice", "warning", "error", "critical", "alert", "emergency"]
severity_policy = [{{"event_id": ".*", "severity_label": "emergency"}}]
ignore_tomtou_errors = True
require_allow_list_signatures = True
mode = pull
version = 2.6
""" + COMMON + TLS.format(tls="generate") + """
[revocations]
enabled_revocation_notifications = ["webhook"]
webhook_url = https://127.0.0.1:{webhook}/alert
""",
    "registrar": """[registrar]
port = {registrar}
tls_port = {registrar_tls}
malformed_cert_action = warn
tpm_identity = default
version = 2.6
""" + COMMON + TLS.format(tls="default"),
    "tenant": """[tenant]
verifier_ip = 127.0.0.1
verifier_port = {verifier}
registrar_ip = 127.0.0.1
registrar_port = {registrar_tls}
tpm_cert_store = {home}/tpm_cert_store
enable_agent_mtls = True
max_payload_size = 1048576
accept_tpm_hash_algs = ["sha512", "sha384", "sha256"]
accept_tpm_encryption_algs = ["ecc", "rsa"]
accept_tpm_signing_algs = ["ecschnorr", "rsassa"]
exponential_backoff = False
retry_interval = 1
max_retries = 60
request_timeout = 60
require_ek_cert = True
ek_check_script =
mb_refstate =
version = 2.6
""" + TLS.format(tls="default"),
    "ca": """[ca]
password = default
cert_country = US
cert_ca_name = Test Certificate Authority
cert_state = MA
cert_locality = Lexington
cert_organization = Test
cert_org_unit = Test
cert_ca_lifetime = 3650
cert_lifetime = 365
cert_bits = 2048
cert_crl_dist = http://localhost:1/crl
version = 2.6
""",
    "logging": """[logging]
version = 2.6
[loggers]
keys = root,keylime
[handlers]
keys = console
[formatters]
keys = plain
[formatter_plain]
format = %(asctime)s.%(msecs)03d - %(name)s - %(levelname)s - %(message)s
datefmt = %Y-%m-%d %H:%M:%S
[logger_root]
level = INFO
handlers = console
[handler_console]
class = StreamHandler
level = INFO
formatter = plain
args = (sys.stderr,)
[logger_keylime]
level = INFO
qualname = keylime
handlers =
""",
}


def free_ports(count):
    """Ports that nobody listens on now: the system chooses."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, condition, seconds=300):
    """Until condition() gives something true, which is returned. Fails after a generous time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"waited {seconds} s for {what}")


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def endorsement_key(certificate):
    """The RSA key of a certificate as TPM2B_PUBLIC of template L-1 (TCG EK Credential Profile 2.5, section B.3.3), in base64."""
    said = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-modulus"], input=base64.b64decode(certificate), capture_output=True,
                          check=True).stdout.decode()
    modulus = bytes.fromhex(said.strip().removeprefix("Modulus="))
    policy = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")
    public = struct.pack(">HHIH", 0x0001, 0x000B, 0x000300B2, len(policy)) + policy
    public += struct.pack(">HHHHHIH", 0x0006, 128, 0x0043, 0x0010, len(modulus) * 8, 0, len(modulus)) + modulus
    return base64.b64encode(struct.pack(">H", len(public)) + public).decode()


class Judgement(typing.NamedTuple):
    valid: bool
    names: list
    text: str


class QuietHandler(http.server.BaseHTTPRequestHandler):
    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Servers:
    """`with Servers(...)` runs both, and whatever else start() was given, and ends all of it."""

    def __init__(self, venv, home, interval=2):
        self.venv, self.home = pathlib.Path(venv), pathlib.Path(home).resolve()
        names = ("verifier", "registrar", "registrar_tls", "webhook", "registration", "agent")
        self.ports = dict(zip(names, free_ports(len(names))))
        self.interval = interval
        self.processes, self.alerts = {}, []
        self.listeners = []

    def __enter__(self):
        try:
            self._configure()
            self.start_verifier()
            self.start("registrar", [self.venv / "bin/keylime_registrar"])
            wait_for("the registrar", lambda: self._answers("registrar"))
            self._listen("webhook", self._alert_handler(), tls=True)
            self._listen("registration", self._registration_handler())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self.processes):
            self.stop(name)
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()

    def _configure(self):
        conf = self.home / "conf"
        (self.home / "tpm_cert_store").mkdir(parents=True, exist_ok=True)
        conf.mkdir(exist_ok=True)
        self.environment = dict(os.environ, KEYLIME_DIR=str(self.home), XDG_RUNTIME_DIR=str(self.home), PYTHONDONTWRITEBYTECODE="1",
                                PYTHONUNBUFFERED="1", KEYLIME_TEST="False")
        for name, text in CONFIGS.items():
            path = conf / f"{name}.conf"
            values = dict(self.ports, home=self.home, interval=self.interval)
            path.write_text(text if name == "logging" else text.format(**values))
            self.environment[f"KEYLIME_{name.upper()}_CONFIG"] = str(path)

    def _answers(self, name):
        if self.processes[name].poll() is not None:
            raise RuntimeError(f"{name} ended: see {self.home}/{name}.log")
        return is_open(self.ports[name])

    def start(self, name, command, **options):
        """A process of its own group whose output goes to NAME.log."""
        with open(self.home / f"{name}.log", "ab") as log:
            options.setdefault("env", self.environment)
            self.processes[name] = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                    cwd=self.home, start_new_session=True, **options)
        return self.processes[name]

    def verifier_options(self):
        """Section, name and value of the verifier's configuration."""
        parser = configparser.RawConfigParser()
        parser.read(self.home / "conf/verifier.conf")
        return [(section, name, value) for section in parser.sections() for name, value in parser[section].items()]

    def start_verifier(self, **settings):
        self.start("verifier", [self.venv / "bin/keylime_verifier"], env=dict(self.environment, **settings))
        wait_for("the verifier", lambda: self._answers("verifier"))

    def stop(self, name):
        """The group that start() made: asked first, and what is left of it ended, workers that outlive their master too."""
        process = self.processes.pop(name)
        for end in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, end)
                process.wait(20)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue

    def _listen(self, name, handler, tls=False):
        listener = http.server.ThreadingHTTPServer(("127.0.0.1", self.ports[name]), handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.home / "cv_ca/server-cert.crt", self.home / "cv_ca/server-private.pem")
            listener.socket = context.wrap_socket(listener.socket, server_side=True)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        self.listeners.append(listener)

    def _alert_handler(self):
        """The person who gets the alerts: https with a certificate of Keylime's own CA."""
        alerts = self.alerts

        class Handler(QuietHandler):
            def do_POST(self):
                alerts.append((time.time(), json.loads(json.loads(self.body())["msg"])))
                self.answer(200, b"")

        return Handler

    def _registration_handler(self):
        """
        What an agent of Keylime 6 leaves out and today's registrar wants is said here, and the rest passed on: that what comes is JSON, and
        beside the certificate of the endorsement key the key itself.
        """
        port = self.ports["registrar"]

        class Handler(QuietHandler):
            def do_POST(self):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                facts = json.loads(self.body())
                if "ekcert" in facts:
                    facts.setdefault("ek_tpm", endorsement_key(facts["ekcert"]))
                connection.request(self.command, self.path, json.dumps(facts), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                self.answer(answer.status, answer.read())

            do_PUT = do_POST

        return Handler

    def request(self, method, path, body=None):
        """An answer of the verifier, over its TLS with the tenant's certificate."""
        context = ssl.create_default_context(cafile=self.home / "cv_ca/cacert.crt")
        context.load_cert_chain(self.home / "cv_ca/client-cert.crt", self.home / "cv_ca/client-private.pem")
        context.check_hostname = False
        request = urllib.request.Request(f"https://127.0.0.1:{self.ports['verifier']}{path}", method=method, data=body,
                                         headers={"Content-Type": "application/json"} if body else {})
        try:
            with urllib.request.urlopen(request, context=context, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def judge(self, request):
        """What the verifier says of one boot: its verdict, the names of the failures, and all that it says of them."""
        results = self.request("POST", "/v2.5/verify/evidence", json.dumps(request).encode())["results"]
        failures = results["failures"]
        return Judgement(bool(results["valid"]), sorted({failure["type"] for failure in failures}), json.dumps(failures))

    def tenant(self, *words, check=True):
        """A command of keylime_tenant; its output is returned."""
        done = subprocess.run([str(self.venv / "bin/keylime_tenant"), "-v", "127.0.0.1", *[str(word) for word in words]], env=self.environment,
                              cwd=self.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
        with open(self.home / "tenant.log", "a", encoding="utf-8") as log:
            log.write(f"$ keylime_tenant {' '.join(map(str, words))[:200]}\n{done.stdout}status {done.returncode}\n")
        if check and done.returncode != 0:
            raise RuntimeError(f"keylime_tenant {words}: {done.stdout[-2000:]}")
        return done.stdout
