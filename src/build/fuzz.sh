#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: fuzz.sh JOBS PROGRAM...
# Runs each libFuzzer program fuzz_X for FUZZ_SECONDS, JOBS at a time, from the seeds in src/fuzz/corpus/X and
# build/corpus/X, and prints one TAP line each. What it finds of interest is kept in build/fuzz/found/X and used again;
# an input that crashes is kept as build/fuzz/X-crash-*.
set -eu

# run PROGRAM: writes build/fuzz/log/X.log and X.tap.
run() {
	x=$(basename "$1")
	x=${x#fuzz_}
	log=build/fuzz/log/$x.log
	mkdir -p "build/fuzz/found/$x"
	set -- "$1" "build/fuzz/found/$x"
	for seeds in "src/fuzz/corpus/$x" "build/corpus/$x"; do
		[ ! -d "$seeds" ] || set -- "$@" "$seeds"
	done
	status=0
	inputs=0
	if [ -x "$1" ]; then
		inputs=$(($(find "$@" -type f | wc -l) - 1))
		"$@" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
			"-artifact_prefix=build/fuzz/$x-" >"$log" 2>&1 || status=$?
	else
		echo "does not build" >"$log"
		status=1
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	text="fuzz_$x: ${runs:-0} runs, $inputs inputs to begin with, coverage ${coverage:-0}"
	if [ "$status" = 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok - $text" >"build/fuzz/log/$x.tap"
	else
		{
			echo "not ok - $text"
			tail -n 60 "$log" | sed 's/^/# /'
		} >"build/fuzz/log/$x.tap"
	fi
}

if [ "$1" = run ]; then
	run "$2"
	exit
fi

jobs=$1
shift
rm -rf build/fuzz/log
mkdir -p build/fuzz/log
printf '%s\n' "$@" | xargs -r -n 1 -P "$jobs" "$0" run
for program; do
	cat "build/fuzz/log/$(basename "$program" | sed 's/^fuzz_//').tap"
done | awk '/^(not )?ok - / { sub(/ok -/, "ok " ++n " -") } { print } END { print "1.." n + 0 }'
