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
		allowed = {"lang", "charset", "http-equiv", "content", "name", "class", "viewbox", "role", "aria-label", "x", "y", "width", "height", "rx"}
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
