#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measuring that dies before it has extended anything: the failure is recorded by the process that was started, and the PCR is not left to others.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh

export COSIMA_ROOT="$work/root"
mkdir -p "$COSIMA_ROOT/run/cosima"

# One that waits for the lock, with a process below it that does the work.
exec 9>"$COSIMA_ROOT/run/cosima/lock"
flock 9
build/bench/cosima-boot measure 9>&- &
watcher=$!
child=
until [ -n "$child" ]; do
	child=$(tr -d ' ' <"/proc/$watcher/task/$watcher/children")
done

recorded() {
	status=0
	wait "$watcher" || status=$?
	[ "$status" = 1 ] && grep -q '"stage": *"fail"' "$COSIMA_ROOT/run/cosima/events.cel" &&
		grep -q 'measuring was cut short' "$COSIMA_ROOT/run/cosima/events.cel"
}

ok "nothing is recorded yet" test ! -e "$COSIMA_ROOT/run/cosima/events.cel"
kill -SEGV "$child"
exec 9>&-
ok "what died is a failure" recorded

again() {
	! build/bench/cosima-boot measure && [ "$(wc -l <"$COSIMA_ROOT/run/cosima/events.cel")" = 1 ]
}
ok "and nothing is measured behind it" again
finish
