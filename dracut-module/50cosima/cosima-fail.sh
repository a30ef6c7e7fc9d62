#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook emergency: the boot has failed, and the PCR says so before anybody can get a shell.
/usr/bin/cosima-boot fail emergency
