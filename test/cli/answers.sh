#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What list, show, check, cache and doctor answer: JSON that parsers take and text that
# a terminal survives, whatever bytes a file's name and comment have.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
if ! own_network && [ "$(id -u)" = 0 ]; then
	echo "skipped: root's cache is not ours to clear, and there are no namespaces"
	exit 77
fi
[ "$(id -u)" != 0 ] || own_images
export LC_ALL=C.UTF-8
escape=$'\e]0;pwned\a'
name=$'caf\xe9\xff'
mkdir "$WORK/programs"
program=$WORK/programs/$name.c
{
	printf '/*\n * %s - gr\xfc\xdfe, gr\xc3\xbc\xc3\x9fe, %s\xc2\x9b2J\n *\n' "$name" "$escape"
	printf ' * @param LIMIT=1 wieviele \xe4 %s\n */\n' "$escape"
	printf '#include <uapi/linux/bpf.h>\n#ifndef LIMIT\n#define LIMIT 1\n#endif\n'
	printf 'BPF_ARRAY(seen, u64, LIMIT);\nint f(struct __sk_buff *skb) { return 0; }\n'
} >"$program"

# As a parser sees it that takes nothing but UTF-8; the answer stays in $WORK/json.
parsed() { # SENTENCE COMMAND…
	local sentence=$1
	shift
	"$SKBSCOPE" "$@" -j >"$WORK/json" 2>/dev/null
	check "$sentence" python3 -c 'import json, sys
json.loads(open(sys.argv[1], "rb").read().decode())' "$WORK/json"
}

parsed "list gives valid JSON" list --program-path "$WORK/programs"
contains "bytes that are not UTF-8 are named" "$(gojq -r '.[].name' "$WORK/json")" 'caf\xe9\xff'
contains "UTF-8 stays as it is" "$(gojq -r '.[].summary' "$WORK/json")" 'gr\xfc\xdfe, grüße'
mkdir "$WORK/grouped"
for word in health "odd ones" traffic ''; do
	printf '/* one of %s\n%s */\nint f(void *skb) { return 0; }\n' "${word:-none}" "${word:+@group $word}" \
		>"$WORK/grouped/p_${word// /_}.c"
done
equal "list has the groups of skbscope's own programs, others, and those without one" \
	"$("$SKBSCOPE" list -j --program-path "$WORK/grouped" | gojq -r '.[].name | select(startswith("p_"))' | xargs)" \
	"p_traffic p_health p_odd_ones p_"
"$SKBSCOPE" list --program-path "$WORK/grouped" >"$WORK/text"
equal "each under its question or its own words" \
	"$(grep -B 1 ' p_odd_ones\| p_ ' "$WORK/text" | grep -v '^ \|^--')" $'odd ones\nOthers'
parsed "show gives valid JSON" show "$program"
contains "show has the parameter" "$(gojq -r '.parameters[0].text' "$WORK/json")" 'wieviele \xe4'
"$SKBSCOPE" show --source "$program" >"$WORK/text"
check "show --source gives the program, byte for byte" cmp "$WORK/text" "$program"
script -qec "'$SKBSCOPE' show --source '$program'" /dev/null </dev/null >"$WORK/text"
contains "but to a terminal nothing that it obeys" "$(cat "$WORK/text")" '\x1b]0;pwned'
equal "none of it" "$(LC_ALL=C tr -d '\r\n\t -~\200-\377' <"$WORK/text" | od -An -c)" ""
mkdir "$WORK/offered"
printf '/* plain - does %s */\nint f(void *skb) { return 0; }\n' "$escape" >"$WORK/offered/plain.c"
cp "$WORK/offered/plain.c" "$WORK/offered/odd$escape.c"
cp "$WORK/offered/plain.c" "$WORK/offered/two
lines.c"
"$SKBSCOPE" __complete show --program-path "$WORK/offered" '' >"$WORK/text"
contains "a shell is offered what can be typed" "$(cat "$WORK/text")" $'plain\tdoes \\x1b]0;pwned'
lacks "and no name that acts on the terminal" "$(cat "$WORK/text")" odd
lacks "or has two lines" "$(cat "$WORK/text")" lines
parsed "check gives valid JSON" check "$program"
equal "check has its functions" "$(gojq -r '.functions[].function' "$WORK/json")" f
equal "and its tables" "$(gojq -r '.tables[0] | .table, .max_entries' "$WORK/json" | xargs)" "seen 1"
parsed "cache list gives valid JSON" cache list
contains "the cache has the image" "$(gojq -r '.images[].path' "$WORK/json")" 'caf\xe9\xff.c'
parsed "doctor gives valid JSON" doctor
equal "doctor says where each finding belongs" \
	"$(gojq -r '[.[].section] | unique | join(" ")' "$WORK/json")" "compiler kernel leftovers privileges"

for command in "list --program-path $WORK/programs" "show $program" "check $program" "cache list"; do
	IFS=' ' read -ra words <<<"$command"
	"$SKBSCOPE" "${words[@]}" >"$WORK/text" 2>"$WORK/talk"
	contains "${words[0]} shows the name" "$(cat "$WORK/text")" 'caf\xe9\xff'
	equal "${words[0]} writes nothing that a terminal obeys" \
		"$(LC_ALL=C tr -d '\n\t -~\200-\377' <"$WORK/text" | od -An -c)" ""
	equal "${words[0]} writes nothing to stderr that a terminal obeys" \
		"$(LC_ALL=C tr -d '\n\t -~\200-\377' <"$WORK/talk" | od -An -c)" ""
	equal "${words[0]} writes nothing but UTF-8 to stdout" \
		"$(iconv -f UTF-8 -t UTF-8 "$WORK/text" 2>&1 >/dev/null)" ""
	lacks "${words[0]} writes no control sequence in UTF-8" "$(cat "$WORK/text")" $'\xc2\x9b'
done

"$SKBSCOPE" run -i lo "$escape" --ingress "$escape" >"$WORK/text" 2>&1
contains "what was typed is quoted" "$(cat "$WORK/text")" '\x1b]0;pwned'
equal "and nothing of it is obeyed" "$(LC_ALL=C tr -d '\n\t -~\200-\377' <"$WORK/text" | od -An -c)" ""

parsed "cache clear gives valid JSON" cache clear
equal "and says how many there were" "$(gojq .removed "$WORK/json")" 1

# Where the locale is not UTF-8, people get ASCII, and scripts what they always get.
cat >"$WORK/rows.c" <<'PROGRAM'
/* rows - größer → kleiner … */
#include <uapi/linux/bpf.h>
BPF_ARRAY(rows, u64, 3);
int count(struct __sk_buff *skb)
{
	int key = 0;
	u64 *value = rows.lookup(&key); /* größer */

	return value ? *value : 0;
}
PROGRAM
in_ascii() { # SENTENCE PART COMMAND…
	LC_ALL=C "$SKBSCOPE" "${@:3}" >"$WORK/text" 2>&1
	equal "$1 in ASCII" "$(LC_ALL=C tr -d '\n\t -~' <"$WORK/text" | od -An -c)" ""
	contains "$1 in ASCII, with its words" "$(cat "$WORK/text")" "$2"
	LC_ALL=C.UTF-8 "$SKBSCOPE" "${@:3}" >"$WORK/text" 2>&1
	refute "$1 in UTF-8" sh -c "LC_ALL=C tr -d '\n\t -~' <'$WORK/text' | cmp - /dev/null"
}
in_ascii "a comment" "gr??er -> kleiner ..." show "$WORK/rows.c"
equal "JSON in UTF-8" "$(LC_ALL=C "$SKBSCOPE" show -j "$WORK/rows.c" | gojq -r .summary)" "größer → kleiner …"
equal "and the source as it is" "$(LC_ALL=C "$SKBSCOPE" show --source "$WORK/rows.c" | cksum)" \
	"$(cksum <"$WORK/rows.c")"
if [ -n "${SKBSCOPE_OWN_NETWORK:-}" ]; then
	in_ascii "a warning and the line it is about" "/* gr??er */" check "$WORK/rows.c"
	sed -i 's/return value.*;/return 0;/' "$WORK/rows.c"
	in_ascii "a reading" "... 2 more rows" run -i lo --count 1 --interval 10ms --top 1 "$WORK/rows.c"
fi

if [ -c /dev/full ]; then
	"$SKBSCOPE" list >/dev/full 2>"$WORK/talk"
	equal "an answer that cannot be written is a failure" $? 1
	equal "which is said once" "$(cat "$WORK/talk")" \
		"skbscope: cannot write to stdout: No space left on device"
fi

# More than a stream's buffer.
for number in {1..80}; do cp "$program" "$WORK/programs/many$number.c"; done
"$SKBSCOPE" list -j --program-path "$WORK/programs" 2>"$WORK/talk" | head -c 1 >"$WORK/text"
equal "a reader who has seen enough is not spoken of" "$(cat "$WORK/talk")" ""

finish
