#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima report: pages that parse, need nothing else, hold hostile names as text, and are drawn by a browser.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >/dev/null
. src/build/tap.sh
cosima=build/cosima
baseline=src/fuzz/corpus/baseline/boot.json
nonce=00112233445566778899aabbccddeeff

# report EVIDENCE STATUS: $work/page.html
report() {
	status=0
	"$cosima" report "$1" --baseline "$baseline" --nonce "$nonce" --out "$work/page.html" >"$work/said" 2>&1 || status=$?
	[ "$status" = "$2" ] || {
		cat "$work/said"
		return 1
	}
}

# Every element that is opened is closed, in order, and none of them can load or run anything.
parses() {
	python3 - "$work/page.html" <<-'END'
		import html.parser, re, sys
		void = {"meta", "rect", "br"}
		known = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "b", "ol", "ul", "li", "div", "span", "svg",
		         "g", "rect", "text", "section", "code", "details", "summary", "table", "tr", "th", "td", "footer"}
		allowed = {"lang", "charset", "http-equiv", "content", "name", "class", "viewbox", "preserveaspectratio", "role", "aria-label", "x", "y", "width", "height", "rx"}
		text = open(sys.argv[1], encoding="utf-8").read()
		class Reader(html.parser.HTMLParser):
		    stack = []
		    def handle_starttag(self, tag, attributes):
		        assert tag in known, tag
		        assert {a for a, _ in attributes} <= allowed, attributes
		        if tag not in void:
		            self.stack.append(tag)
		    def handle_startendtag(self, tag, attributes):
		        assert tag in void, tag
		        assert {a for a, _ in attributes} <= allowed, attributes
		    def handle_endtag(self, tag):
		        assert self.stack and self.stack.pop() == tag, tag
		reader = Reader()
		reader.feed(text)
		reader.close()
		assert not reader.stack, reader.stack
		assert not re.search(r"https?:|//|url\(|@import|javascript:", text)
	END
}

holds() {
	says "$1" "$work/page.html"
}

browser() {
	timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/profile" --window-size=1000,1600 \
		"$@" "file://$work/page.html" 2>"$work/chromium" </dev/null
}

draws() {
	browser --dump-dom >"$work/dom" && says '<ol class="timeline">' "$work/dom" && says '</svg>' "$work/dom" && says 'PCR values' "$work/dom" &&
		browser --screenshot="$work/page.png" >/dev/null && python3 -c '
import sys
data = open(sys.argv[1], "rb").read()
sys.exit(data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 20000)' "$work/page.png"
}

# with_layout: the same boot, as if the policy had had the layout measured: a disk of 1 GiB with a tiny COS_OEM and a COS_PERSISTENT of 24 MiB.
with_layout() {
	mkdir -p "$work/layout"
	tar -x -f src/fuzz/corpus/evidence/boot.tar -C "$work/layout"
	python3 - "$work/layout/events.cel" <<-'END'
		import hashlib, json, sys
		def canonical(value):
		    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
		records = []
		places = {"COS_OEM": (2048, 2055), "COS_PERSISTENT": (1048576, 1097727)}
		for line in open(sys.argv[1], encoding="utf-8").read().replace("\x1e", "").splitlines():
		    record = json.loads(line)
		    if record["content"].get("event") == "storage":
		        for partition in record["content"]["partitions"]:
		            first, last = places[partition["name"]]
		            candidate = partition["candidates"][0]
		            candidate["entry"]["layout"] = {"first_lba": first, "last_lba": last, "number": 1}
		            candidate["table"]["layout"] = {"backup_lba": 2097151, "entry_slots": 128, "first_usable_lba": 34, "last_usable_lba": 2097118,
		                                            "partitions": 5, "sector_bytes": 512}
		        for digest in record["digests"]:
		            digest["digest"] = hashlib.new(digest["hashAlg"], canonical(record["content"]).encode()).hexdigest()
		    records.append("\x1e" + canonical(record) + "\n")
		open(sys.argv[1], "w", encoding="utf-8").write("".join(records))
	END
	tar -c --format=ustar -C "$work/layout" -f "$work/layout.tar" .
}

# Boxes lie where the partitions do: the tiny one has the least width, the other one its share of the bar.
is_to_scale() {
	python3 - "$work/page.html" <<-'END'
		import re, sys
		drawing = re.search(r"<svg[^>]*the disk to scale.*?</svg>", open(sys.argv[1], encoding="utf-8").read(), re.S).group()
		boxes = [(float(x), float(w)) for x, w in re.findall(r'<rect x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)"', drawing)]
		(x, bar), (oem, tiny), (persistent, wide) = boxes
		assert tiny == 10 and abs(oem - x - bar * 2048 / 2097152) < 0.1, boxes
		assert abs(persistent - x - bar / 2) < 0.1 and abs(wide - bar * 49152 / 2097152) < 0.1, boxes
	END
}

# draws_as WIDTH,HEIGHT light|dark: a picture, whose corner has the scheme's paper, and on which nothing is cut off at the right.
draws_as() {
	set -- "$1" "$2" ''
	[ "$2" = light ] || set -- "$1" "$2" --blink-settings=preferredColorScheme=0
	browser --window-size="$1" --hide-scrollbars --screenshot="$work/$1-$2.png" ${3:+"$3"} >/dev/null && python3 - "$work/$1-$2.png" "$1" "$2" <<-'END'
		import struct, sys, zlib
		data = open(sys.argv[1], "rb").read()
		width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
		assert (width, height) == tuple(map(int, sys.argv[2].split(","))) and depth == 8, (width, height)
		chunks, at = b"", 8
		while at < len(data):
		    size, name = struct.unpack(">I4s", data[at:at + 8])
		    chunks += data[at + 8:at + 8 + size] if name == b"IDAT" else b""
		    at += size + 12
		first = zlib.decompress(chunks)[1:4]  # the first pixel is the same under every filter
		assert tuple(first) == ((255, 255, 255) if sys.argv[3] == "light" else (13, 17, 23)), first
	END
}

# hostile: a file of the IMA log whose name is markup.
hostile() {
	mkdir -p "$work/hostile"
	tar -x -f src/fuzz/corpus/evidence/boot.tar -C "$work/hostile"
	python3 - "$work/hostile/ima.bin" <<-'END'
		import sys
		name, evil = b"/oem/90_custom.yaml", b"/oem/<b onload=x>&\""
		data = open(sys.argv[1], "rb").read()
		assert len(name) == len(evil) and name in data
		open(sys.argv[1], "wb").write(data.replace(name, evil))
	END
	tar -c --format=ustar -C "$work/hostile" -f "$work/<img src=x>.tar" .
}

ok "a page of a boot" report src/fuzz/corpus/evidence/boot.tar 1
ok "it parses, and needs nothing else" parses
ok "it has the timeline" holds '<b>Handover</b>'
ok "it has the drawing" holds 'COS_PERSISTENT</text>'
ok "it has each question" holds 'Are the files the enrolled ones?'
ok "a browser draws it" draws
ok "without a layout it says that it is not to scale" holds 'not to scale'
with_layout
ok "a page of a boot whose layout was measured" report "$work/layout.tar" 1
ok "it parses, and needs nothing else" parses
ok "the disk is drawn to scale" is_to_scale
ok "sizes are told in words" holds 'COS_PERSISTENT: 24 MiB, 2.3 % of the disk'
ok "and what lies between" holds '1 GiB, to scale'
for size in 360,2000 1000,1600 2200,1600; do
	for scheme in light dark; do
		ok "a browser draws it, $size, $scheme" draws_as "$size" "$scheme"
	done
done
hostile
ok "a page of hostile names" report "$work/<img src=x>.tar" 1
ok "it parses, and needs nothing else" parses
ok "the name of a file is text" holds '/oem/&lt;b onload=x&gt;&amp;&quot;'
ok "the name of the evidence is text" holds '&lt;img src=x&gt;.tar'
ok "a browser draws it" draws
ok "a page of what is no evidence" report Makefile 2
ok "it parses, and needs nothing else" parses
ok "it says so" holds 'is no evidence'
finish
