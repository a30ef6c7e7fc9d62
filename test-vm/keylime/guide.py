# SPDX-License-Identifier: Apache-2.0
"""The guide in the README: its commands, run as they stand there, and its configurations, as their readers read them."""
import configparser
import os
import re
import subprocess

import yaml

HEADING = "## Attesting a fleet with Keylime"
COMMAND = re.compile(r"(cosima|openssl|scp|ssh|keylime_tenant|VERIFIER=\S+) ")

# The node's files are those of a folder here; what systemctl is told there is kept.
SCP = """#!/bin/sh
cp "$1" "$NODE_ROOT/${2#*:}"
"""
SSH = """#!/bin/sh
shift
case $1 in
sha256sum) sed "s#  /#  $NODE_ROOT/#" | "$@" ;;
systemctl) echo "$*" >>"$NODE_ROOT/systemctl" ;;
*) exit 127 ;;
esac
"""

# What documents of yip and Kairos name: the stages of a boot, a stage's modules that the guide uses, and their members.
STAGES = {"rootfs", "initramfs", "boot", "fs", "network", "reconcile"}
MEMBERS = {
    "users": {"name", "passwd", "ssh_authorized_keys", "gecos", "homedir", "no_create_home", "primary_group", "groups", "no_user_group", "system",
              "no_log_init", "shell", "lock_passwd", "uid"},
    "directories": {"path", "permissions", "owner", "group"},
    "files": {"path", "permissions", "owner", "group", "content", "encoding", "ownerstring"},
}


class Guide:
    """In FOLDER the guide's files lie as it calls them; the machines and configurations that it names are those of `servers`."""

    def __init__(self, readme, folder, cosima, servers):
        text = readme.read_text().partition(HEADING)[2].partition("\n## ")[0]
        self.blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M)
        self.lines = [line[4:] for block in self.blocks for line in block.splitlines() if COMMAND.match(line[4:])]
        self.left, self.folder, self.servers = list(self.lines), folder, servers
        (folder / "bin").mkdir(parents=True)
        (folder / "node/etc/keylime/agent.conf.d").mkdir(parents=True)
        (folder / "node/var/lib/keylime/cv_ca").mkdir(parents=True)
        (folder / "bin/cosima").symlink_to(cosima)
        for name, text in (("scp", SCP), ("ssh", SSH)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        self.environment = dict(servers.environment, PATH=f"{folder}/bin:{servers.venv}/bin:{os.environ['PATH']}", NODE_ROOT=str(folder / "node"))

    def block(self, beginning):
        """A configuration, without its indentation."""
        found = [block for block in self.blocks if block.strip().startswith(beginning)]
        assert len(found) == 1, (beginning, found)
        return "".join(line[4:] + "\n" for line in found[0].strip("\n").splitlines())

    def run(self, pattern, uuid="", digest=""):
        """The next command that has this in it and was not run yet. Only names are replaced. What it says is returned."""
        line = next(line for line in self.left if pattern in line)
        self.left.remove(line)
        home = self.servers.home
        for name, here in (("10.0.0.1", "127.0.0.1"), ("NODE", "127.0.0.1"), ("UUID", uuid), ("DIGEST", digest),
                           ("/etc/keylime/verifier.conf", f"{home}/conf/verifier.conf"), ("scp /var/lib/keylime/", f"scp {home}/")):
            line = line.replace(name, here)
        return self.shell(line)

    def shell(self, line):
        done = subprocess.run(["sh", "-euc", line], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=600, check=False)
        with open(self.servers.home / "guide.log", "a", encoding="utf-8") as log:
            log.write(f"$ {line}\n{done.stdout}status {done.returncode}\n")
        if done.returncode != 0:
            raise RuntimeError(f"the guide's {line!r}: status {done.returncode}: {done.stdout[-2000:]}")
        return done.stdout

    def verifier_conf(self):
        """The guide's options as Keylime reads them."""
        parser = configparser.RawConfigParser()
        parser.read_string(self.block("[verifier]"))
        return {f"{section}.{name}": value for section in parser.sections() for name, value in parser[section].items()}

    def cloud_config_faults(self):
        """What Kairos would not take in the guide's cloud-config."""
        text = self.block("#cloud-config")
        config = yaml.safe_load(text)
        faults = [f"key {key}" for key in set(config) - {"install", "stages"}] + [f"stage {name}" for name in set(config["stages"]) - STAGES]
        faults += [f"bind mount {path}" for path in config["install"]["bind_mounts"] if not path.startswith("/")]
        for step in (step for steps in config["stages"].values() for step in steps):
            faults += [f"module {name}" for name in set(step) - set(MEMBERS) - {"commands", "name"}]
            for module in set(step) & set(MEMBERS):
                things = step[module].values() if module == "users" else step[module]
                faults += [f"{module}: {member}" for thing in things for member in set(thing) - MEMBERS[module]]
        return faults
