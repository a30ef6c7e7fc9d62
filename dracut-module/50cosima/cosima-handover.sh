#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, last hook pre-pivot: all is mounted, nothing of the initramfs runs after this.
/usr/bin/cosima-boot handover
