#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hooks initqueue/finished and pre-mount. The first is asked again and again, and dracut waits until it succeeds;
# whether cosima has begun is all it needs to know then. A run that was cut short is told by the handover. cosima-boot waits for udev itself.
[ -e /run/cosima/events.cel ] || {
	/usr/bin/cosima-boot measure || echo 'cosima: measured with failures, see above' >&2
}
