#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cosima says of every image of the corpus agrees, field by field, with what the tools of others say.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima build/corpus/made >&2
exec python3 src/test/oracle_format.py build/cosima build/corpus/images
