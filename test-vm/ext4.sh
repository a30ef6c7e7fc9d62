# SPDX-License-Identifier: Apache-2.0
# Sourced: ext4 images whose bytes depend on nothing but the tree, label and UUID.
# shellcheck shell=sh disable=SC2034 # a sourced list of names

uuid_oem=c05a0000-0000-4000-8000-000000000002
uuid_persistent=c05a0000-0000-4000-8000-000000000005
size_oem=8M
size_persistent=24M

# make_ext4 LABEL UUID SIZE TREE OUT
make_ext4() {
	find "$4" -exec touch -h -d @1700000000 {} +
	rm -f "$5"
	truncate -s "$3" "$5"
	E2FSPROGS_FAKE_TIME=1700000000 mkfs.ext4 -q -F -d "$4" -L "$1" -U "$2" \
		-E "hash_seed=$2,root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0" "$5"
}
