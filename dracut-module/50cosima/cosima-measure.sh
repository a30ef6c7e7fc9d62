#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook pre-mount: the devices are there, nothing is mounted.
/usr/bin/cosima-boot measure
