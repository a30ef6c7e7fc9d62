# SPDX-License-Identifier: Apache-2.0
# analyze.awk: from what `systemctl show` said of one boot's units, in microseconds, to what is compared, in milliseconds.
BEGIN { RS = ""; FS = "\n" }

# A unit is a paragraph; the one without an Id is systemd itself.
{
	unit = "manager"
	for (i = 1; i <= NF; i++)
		if ($i ~ /^Id=/)
			unit = substr($i, 4)
	for (i = 1; i <= NF; i++) {
		split($i, pair, "=")
		sub(/TimestampMonotonic$/, "", pair[1])
		at[unit, pair[1]] = pair[2]
	}
}

function later(a, b) { return (a > b) ? a : b }

function say(key, from, to) { printf "%s %.0f\n", key, (to > from) ? (to - from) / 1000 : 0 }

# Its process, and how long others waited for its end when all else that they wait for, or that it waits for, had ended.
function compare(key, name, behind) {
	if (!at[name, "ExecMainExit"])
		return
	say(key ".process", at[name, "ExecMainStart"], at[name, "ExecMainExit"])
	say(key ".held", behind, at[name, "ActiveEnter"])
}

END {
	say("initrd", at["manager", "InitRD"], at["manager", "Userspace"])
	say("total", 0, at["manager", "Finish"])
	compare("measure", "cosima-measure.service", later(at["systemd-udev-settle.service", "ActiveEnter"], at["systemd-udev-trigger.service", "ActiveEnter"]))
	compare("handover", "cosima-handover.service", later(at["initrd-fs.target", "ActiveEnter"], at["immucore.service", "ActiveEnter"]))
}
