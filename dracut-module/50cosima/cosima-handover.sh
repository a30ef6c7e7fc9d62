#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook pre-pivot.
/usr/bin/cosima-boot handover || echo 'cosima: handed over with failures, see above' >&2
