#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook pre-udev: what the case wants lies in /run from here on.
cp -r /case /run/case
