#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh: the TPM commands of one boot, and the boot's time with and without cosima (medians of five boots, alternating).
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/machine.sh"

out=$vm/bench
rm -rf "$out"
mkdir -p "$out"
"$here/prepare.sh"
cp -r "$vm/tpm" "$out/tpm"

for run in 1 2 3 4 5; do
	machine "with-$run"
	boot
	machine "without-$run"
	touch "$case/overlay/case/without-cosima"
	boot
done

median() { # KIND
	sed -n 's/^switch_root //p' "$out/$1"-*/seconds | sort -n | sed -n 3p
}

"$here/count-tpm" "$out/with-1/tpm.log" | sed 's/^/TPM commands: /'
echo "boot in the VM until switch_root: $(median with) s with cosima, $(median without) s without"
