#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Manual pages and completions, which cosima makes of its own tables: man, mandoc, bash and zsh take them.
set -eu
cd "$(dirname "$0")/../.."
make -s build/manual/made >/dev/null
. src/build/tap.sh
cosima=build/cosima
export LC_ALL=C.UTF-8

man_takes() {
	MANWIDTH=100 man --warnings -E UTF-8 -l "build/manual/$1.1" >"$work/page" 2>"$work/err"
	cat "$work/err"
	[ ! -s "$work/err" ] && [ -s "$work/page" ]
}

mandoc_takes() {
	mandoc -T lint -W warning "build/manual/$1.1"
}

# every_option WORDS: what --help lists, the page lists, by its name and with its text.
every_option() {
	page=cosima-$(echo "$1" | tr ' ' '-')
	# shellcheck disable=SC2086 # the words of the command
	"$cosima" $1 --help >"$work/help"
	MANWIDTH=400 man -E UTF-8 -l "build/manual/$page.1" 2>/dev/null | col -b >"$work/page"
	sed -n 's/^  \(--[a-z-]*\) .*/\1/p' "$work/help" | while read -r option; do
		says "$option" "$work/page" || return 1
	done
}

# completes SHELL WORD...: what the shell would offer for the last word, sorted, in one line.
bash_completes() {
	bash -c '
. build/manual/cosima
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_cosima
printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort | paste -s -d " "' bash "$@"
}

offers() {
	want=$1
	shift
	got=$(bash_completes "$@")
	[ "$got" = "$want" ] || {
		echo "offers: $got"
		return 1
	}
}

# The functions of zsh that show things are replaced by ones that print what they were given.
zsh_completes() {
	zsh -f -c '
_arguments() { printf "%s\n" "$@" }
_describe() { printf "%s\n" "$2" }
words=("$@")
CURRENT=$#
source build/manual/_cosima' zsh "$@" >"$work/zsh"
}

zsh_offers() {
	text=$1
	shift
	zsh_completes "$@" && says "$text" "$work/zsh"
}

# With the real functions, on a terminal of zsh's own: what stands on the line after the tabulator key.
zsh_expands() {
	zsh -f -c '
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=($PWD/build/manual \$fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep; echo rea\"\"dy"
zpty -r shell text "*ready*"
zpty -w -n shell "$1"$'"'\\t'"'
zpty -w -n shell " "$'"'\\n'"'
zpty -r -m shell text "*$2*" && print found
zpty -d shell' zsh "$1" "$2" >"$work/zpty" 2>&1 && says found "$work/zpty"
}

# The program's page names the commands and groups, the groups' pages what is in them.
names_all() {
	"$cosima" help | sed -n 's/^cosima-\([a-z]*\)$/\1/p' >"$work/commands"
	while read -r command; do
		says "cosima\\-$command" build/manual/cosima.1 || return 1
	done <"$work/commands"
}

help_is_hidden() {
	"$cosima" --help >"$work/help" && ! says '  help ' "$work/help"
}

no_page() {
	! "$cosima" help --man cosima-none 2>"$work/err" && says 'no page cosima-none' "$work/err"
}

for page in $("$cosima" help); do
	ok "$page: man takes the page" man_takes "$page"
	ok "$page: mandoc takes the page" mandoc_takes "$page"
done
for command in verify explain quote enroll watch log probe predict status; do
	ok "$command: the page lists every option" every_option "$command"
done
ok "policy check: the page lists every option" every_option "policy check"
ok "baseline merge: the page lists every option" every_option "baseline merge"
ok "the page of the program names every command" names_all
ok "help is not in the help" help_is_hidden
ok "a page that is not there" no_page

ok "bash takes the completion" bash -n build/manual/cosima
ok "bash: commands" offers 'verify' cosima ver
ok "bash: commands of a group" offers '--help check render sign verify' cosima policy ''
ok "bash: options" offers '--nonce' cosima verify --non
ok "bash: options after files" offers '--require-boot-chain' cosima verify evidence.tar --baseline x --req
ok "bash: files after an option" offers 'Makefile' cosima verify --baseline Makef
ok "bash: files as arguments" offers 'Makefile' cosima policy check Makef
ok "bash: nothing where nobody can guess" offers '' cosima verify --nonce 0
ok "zsh takes the completion" zsh -n build/manual/_cosima
ok "zsh: commands" zsh_offers 'verify\:"Judge evidence against a baseline"' cosima ''
ok "zsh: commands of a group" zsh_offers 'render\:' cosima policy ''
ok "zsh: options" zsh_offers '--baseline=[from cosima enroll]:FILE:_files' cosima verify ''
ok "zsh: its own completion completes a command" zsh_expands 'cosima veri' 'cosima verify'
ok "zsh: its own completion completes an option" zsh_expands 'cosima verify --requ' 'require-boot-chain'
finish
