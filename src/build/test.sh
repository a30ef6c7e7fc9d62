#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: test.sh MAKE
# Runs all tests in stages, one line each with its counts; what a stage prints is in build/test/logs/<stage>.log.
# The last line is `N passed, N failed`; it is also in build/test/summary.
set -eu
make=$1
logs=build/test/logs
counts=build/test/counts
limit=${STAGE_SECONDS:-1800}
unset MAKEFLAGS MAKELEVEL MFLAGS

# stage NAME COMMAND...
stage() {
	name=$1
	shift
	start=$(date +%s)
	status=0
	timeout -k 10 "$limit" "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
	awk -v stage="$name" -v log_path="$logs/$name.log" -v status="$status" -v seconds="$(($(date +%s) - start))" \
		-v counts="$counts" -f src/build/tap.awk "$logs/$name.log"
}

rm -rf "$logs" "$counts" build/test/summary
mkdir -p "$logs"
stage build "$make" --no-print-directory -k everything
stage check-layers "$make" --no-print-directory check-layers
stage check "$make" --no-print-directory check
stage unit "$make" --no-print-directory unit
for script in src/test/*.sh; do
	case $script in
	*/corpus.sh | */lib*.sh | '*') ;;
	*) stage "$(basename "$script" .sh)" sh "$script" ;;
	esac
done
stage fuzz "$make" --no-print-directory fuzz
stage repro "$make" --no-print-directory repro
[ ! -e test-vm/cases.sh ] || stage vm sh test-vm/cases.sh
[ ! -e test-vm/luks ] || CASES=luks stage vm-luks sh test-vm/cases.sh
[ ! -e test-vm/full ] || CASES=full stage vm-full sh test-vm/cases.sh
[ ! -e test-vm/kernels ] || CASES=kernels stage vm-kernels sh test-vm/cases.sh
stage keylime "$make" --no-print-directory test-keylime

awk '{ passed += $1; failed += $2 } END { print passed + 0 " passed, " failed + 0 " failed"; exit failed > 0 || passed == 0 }' \
	"$counts" >build/test/summary && status=0 || status=1
cat build/test/summary
exit "$status"
