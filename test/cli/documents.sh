#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The documents say what is so: every command in README, manual and docs/ is run as it
# stands there, on interfaces of the names it has; where output is shown, the program's has
# its lines, figures apart. What is not run is in unrun() with what is done in its place;
# a command that is neither is a failure.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
. "$SOURCE/test/shape.sh"
own_network || { echo "skipped: attaching needs root and a namespace"; exit 77; }
export LC_ALL=C.UTF-8
SEND=$BUILD/test/net/send
DOCUMENTS=(README.md docs/skbscope.8.scd)
for document in "$SOURCE"/docs/*.md; do
	[[ $document =~ /(recipes|export|api|tour)\.md$ ]] || DOCUMENTS+=("docs/${document##*/}") # those are of net/
done

# --- what a document says: KIND, FILE:LINE, COMMAND in lines; and "shown", what it prints

# run: a line of its own; name: in the text. What stands behind "#", or far to the right, is
# said of it.
read -r -d '' EXTRACT <<'AWK'
function say(kind, text) {
	sub(/[ \t]+#( |$).*/, "", text)
	sub(/     .*/, "", text)
	print kind "\t" FILENAME ":" FNR "\t" text
}
FNR == 1 { fence = 0 }
/^```/ {
	fence = !fence
	kind = substr($0, 4)
	if (fence && kind !~ /^(c|sh|console)?$/) say("run", "what is in " kind)
	next
}
fence && kind == "console" && /^# / { say("run", substr($0, 3)); next }
fence && kind == "console" { print "shown\t" FILENAME ":" FNR "\t" $0; next }
fence && (kind == "sh" || /^(sudo |skbscope [a-z]|cmake |ctest |test\/|build\/|bpftool |tc |ip )/) { say("run", $0); next }
fence { next }
/^\t# / { say("run", substr($0, 4)); next }
/^    (sudo |skbscope |cmake |ctest |test\/|build\/|bpftool |tc |ip )/ { sub(/^ +/, ""); say("run", $0); next }
{
	rest = $0
	while (match(rest, /`[^`]+`/)) {
		code = substr(rest, RSTART + 1, RLENGTH - 2)
		rest = substr(rest, RSTART + RLENGTH)
		if (code ~ /^(sudo|skbscope|cmake|ctest|man|modprobe|bpftool|tc|ip|apt|\.\/run|build\/[a-z\/-]*|test\/[a-z]*\/?run) ./)
			say("name", code)
	}
}
AWK
program_of() { # DOCUMENT TABLE: the C program in it that declares that table
	awk -v table="$2" '/^```/ { if (c && text ~ table) { printf "%s", text; exit } c = $0 == "```c"; text = ""; next }
		c { text = text $0 "\n" }' "$SOURCE/$1"
}
tests_of() { # DOCUMENT PROGRAM: the file of tests in it that is about that program
	awk -v program="program $2" '/^```/ { if (index(text, program)) { printf "%s", text; exit } text = ""; next }
		{ text = text $0 "\n" }' "$SOURCE/$1"
}
section() { # DOCUMENT FIRST LAST: the lines from one that holds FIRST to one that holds LAST
	awk -v first="$2" -v last="$3" 'index($0, first) { on = 1 } on && index($0, last) { exit } on' "$SOURCE/$1"
}

# --- the machine that the documents speak of

mkdir -p "$WORK/bin" "$WORK/home/build"
cd "$WORK/home" || exit
TALK=$WORK/talk
cat >"$WORK/bin/skbscope" <<SHIM
#!/bin/bash
echo \$\$ >"$WORK/pid"
exec env --default-signal=INT "$SKBSCOPE" "\$@" 2>>"$TALK"
SHIM
: >"$TALK" >"$WORK/pid"
chmod 666 "$TALK" "$WORK/pid" # anybody's, see below
printf '#!/bin/sh\nexec "$@"\n' >"$WORK/bin/sudo"
printf '#!/bin/sh\nexec gojq -e "$@"\n' >"$WORK/bin/jq" # null is a failure
printf '#!/bin/sh\ncat %s/nginx\n' "$WORK" >"$WORK/bin/pidof"
chmod +x "$WORK"/bin/*
ln -s "$WORK/bin/skbscope" build/skbscope
PATH=$WORK/bin:$PATH
for name in eth0 eth1; do
	ip link add "$name" type veth peer name "peer-$name"
	ip link set "$name" up
	ip link set "peer-$name" up
done
ip address add 192.0.2.1/24 dev eth0
ip route add default via 192.0.2.2
# nginx, in a container with an eth0
unshare --net bash -c 'read -r <>"$0"' "$NEVER" &
NGINX=$!
apart() { [ "$(readlink /proc/$NGINX/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; }
within 5 apart
echo "$NGINX 1" >"$WORK/nginx"
ip link add inside type veth peer name peer-inside
ip link set inside netns "$NGINX" name eth0
nsenter -t "$NGINX" -n ip link set eth0 up
ip link set peer-inside up
"$BUILD/test/net/frames" make web.pcap
ln -s web.pcap FILE
SENDERS=()
send() { # INTERFACE KIND: as long as this script may take, and gone with it
	"$SEND" -i "$1" -k "$2" -r $((500 / SLOWNESS)) -n 150000 >/dev/null &
	SENDERS+=($!)
}
send lo icmp4
send lo icmp6
send peer-eth0 icmp6
for name in eth0 eth1 inside; do send "peer-$name" tcp4; done
trap 'kill "${SENDERS[@]}"; wait "${SENDERS[@]}"; kill "$NGINX"; rm -rf "$WORK"' EXIT
# "Needs no root": where anybody can get at what was built.
ANYBODY="setpriv --reuid 65534 --clear-groups --inh-caps=-all"
$ANYBODY test -x "$SKBSCOPE" || ANYBODY=

# Made once, and here again for each command.
OWN=$WORK/own
make_own_programs() {
	mkdir "$OWN"
	cd "$OWN" || exit
	program_of docs/writing-programs.md ports >ports.c
	program_of docs/writing-programs.md 'BPF_PROG_ARRAY.next' >classify.c
	program_of docs/writing-programs.md '"extern", u32, u64, seen' >report.c
	program_of docs/tables.md 'BPF_LPM_TRIE.limits' >limits.c
	echo '10.0.0.0/8 = {rate=64kB, action=UNSPEC} # the office' >limits.txt
	cp ports.c ports.old.c
	tests_of docs/testing-programs.md ./ports.c >ports.test
	sed 's@^program .*@program ./mine.c@; s/packet_count/flows/' "$SOURCE/programs/packet_count.test" >mine.test
	cp ports.c OLD.c
	cp ports.c NEW.c
	sed 's/packet_count/flows/' "$SOURCE/programs/packet_count.c" >mine.c
	cp mine.c mine-new.c
	cp "$SOURCE/test/cli/documents/"{guard,connections}.c .
	sed '1i#define NEW' "$SOURCE/test/cli/documents/flows.c" >flows-new.c
	flows u32 '' ''
	cd - >/dev/null || exit
}
own_programs() { cp "$OWN"/* .; }

# The program of README's second example, so that its numbers widen and a column comes.
flows() { # TYPE MEMBER END
	cat >flows.new <<PROGRAM
/* flows - bytes by protocol */
#include <uapi/linux/bpf.h>
#include "mine.h"

struct flow { u64 packets; $1 bytes; $2 };
BPF_PERCPU_HASH(flows, u32, struct flow);

int count(struct __sk_buff *skb)
{
	u32 key = skb->protocol;
	struct flow zero = {}, *flow;

	flow = flows.lookup_or_try_init(&key, &zero);
	if (flow) {
		flow->bytes += skb->len;
		$3
		flow->packets++;
	}
	return -1;
}
PROGRAM
	touch mine.h
	mv flows.new flows.c
}

# --- running

LIKELY=0 # exit status: 5 where two versions differ
attached() { [[ $(<"$TALK") == *"attached to"* ]]; }
ended() { ! kill -0 "$RUNNING" 2>/dev/null; }
attached_or_ended() { attached || ended; }
packets() { # those of all interfaces here, which lo and the peers of all others are
	local line
	PACKETS=0
	while read -r line; do
		[[ $line != *:* ]] || { IFS=' ' read -r _ _ line _ <<<"$line"; PACKETS=$((PACKETS + line)); }
	done </proc/self/net/dev
}
packets_come() { packets; [ "$PACKETS" -gt $((BEFORE + 200)) ]; }

start() { # COMMAND: in the background, until it is attached or has ended
	: >"$TALK" >"$WORK/pid"
	bash -o pipefail -c "$1" >"$WORK/stdout" 2>"$WORK/stderr" &
	RUNNING=$!
	within 20 attached_or_ended
}

# What runs until it is told to end gets some packets first.
end() {
	if attached; then
		packets
		BEFORE=$PACKETS
		within 10 packets_come
		[ "$LIKELY" = 0 ] || kill -STOP "${SENDERS[@]}"
		kill -INT "$(<"$WORK/pid")" 2>/dev/null
	fi
	within 60 ended || kill "$RUNNING"
	wait "$RUNNING"
	STATUS=$?
}

# The cheap part of what is not run, or only the reason; 1: it is none of these.
unrun() { # WHERE COMMAND
	local name
	case $2 in
	"cmake --preset release && cmake --build --preset release")
		for name in configure build; do
			contains "$1: there is the preset" \
				"$(cmake -S "$SOURCE" --list-presets=$name 2>&1)" '"release"'
		done ;;
	*"cmake --install build --prefix /usr/local") ;;   # cli/install, elsewhere
	"cmake --"*) return 1 ;;
	"sudo ./run"* | "sudo ./test/run" | test/run* | test/kernels/run* | test/debian/run* | test/debian/packages*) # they build, or boot
		local script=${2#sudo }
		script=$SOURCE/${script%% *}
		check "$1: there is $script" test -x "$script"
		check "$1: it can be read" bash -n "$script"
		for name in $(grep -oE -- ' --[a-z]+' <<<"${2%% -- *}"); do
			check "$1: it knows $name" grep -qF -- "$name)" "$script"
		done
		[[ $2 != *" -"[RL]\ [^P]* ]] || chosen "$1" "${2#"${2%% -[RL] *}"}" ;;
	"ctest "*) chosen "$1" "${2#ctest}" ;;
	"sudo test/bench/"* | "sudo build/test/bench/read"* | "sudo build/test/bench/filter"*) # the same
		name=${2#sudo } name=${name%% *}
		name=${name##*/}
		check "$1: bench/${name%.sh} is a test" grep -qw "${name%.sh}" "$SOURCE/test/bench/CMakeLists.txt" ;;
	"build/test/fuzz-judges "*) # fuzz/judges
		check "$1: there is such a target" grep -q "judges" "$SOURCE/test/fuzz/CMakeLists.txt" ;;
	"modprobe kheaders") ;;                             # changes the machine
	"man skbscope") # from where it is built; without scdoc there is none
		[ -e "$BUILD/docs/skbscope.8" ] || return 0
		contains "$1: it is a manual" "$(man --warnings -l "$BUILD/docs/skbscope.8" 2>&1)" "compile a BPF"
		equal "$1: nothing is wrong with it" \
			"$(man --warnings -l "$BUILD/docs/skbscope.8" 2>&1 >/dev/null)" "" ;;
	"bpftool map" | "tc filter" | "tc filter "[ar]*) ;; # only named
	*…*) ;;                                             # a form, for the reader to fill in
	*) return 1 ;;
	esac
}

chosen() { # WHERE OPTIONS: of ctest, which lead to tests
	# shellcheck disable=SC2086
	lacks "$1: there are tests for$2" "$(ctest --test-dir "$BUILD" -N $2)" "Total Tests: 0"
}

# Names stand for what the reader has.
named() { # COMMAND
	sed -E 's/export PROGRAM FILE/export PROGRAM program.o/; s/ test FILE\b/ test mine.test/; s/\b(PROGRAM)\b/protocols/; s/\bIFACE\b/eth0/; s/-e TEXT\b/-e '\''u32 a = 1;'\''/; s/\b(OLD|NEW)\b(\.c)?/.\/\1.c/g' <<<"$1"
}

# The kernel takes its time to forget the maps of a run that has ended.
is_alone() { [ "$(bpftool -j map show name "$1" | gojq -s 'flatten | length')" = 1 ]; } # MAP

# What is asked of a run, of the program of docs/tables.md.
beside_limits() { # WHERE COMMAND
	local status
	own_programs
	start "skbscope run ./limits.c -i eth0 --enforce --confirm-within 10m --set 'limits[10.0.0.0/8]={rate=1mbit}' \
		--set 'limits[192.0.2.0/24]={action=UNSPEC}'"
	[[ $2 != bpftool* ]] || within 20 is_alone limits
	bash -c "$(sed -E "s@^(sudo )?skbscope @'$SKBSCOPE' @" <<<"$2")" >"$WORK/asked" 2>&1
	status=$?
	equal "$1: '$2' ends as it should" "$status" 0 || cat "$WORK/asked"
	end
}

# What bpftool and tc show of a run, by either hook.
beside_run() { # WHERE COMMAND
	local hook=auto
	[[ $2 == *prog* || $2 == *map* ]] || hook=clsact # not every bpftool knows of tcx
	start "skbscope run packet_count -i eth0 --hook $hook"
	contains "$1: '$2' shows it" "$(bash -c "$2" 2>&1)" \
		"$([[ $2 == *map* ]] && echo key || echo count_packets)"
	end
}

run_one() { # WHERE COMMAND
	local command word LIKELY=0
	unrun "$1" "$2" && return
	case $2 in
	*'list\|clear') # a choice
		for word in list clear; do run_one "$1" "${2%list*}$word"; done
		return ;;
	*"skbscope ctl" | "bpftool map "*" limits"*) beside_limits "$1" "$2"; return ;;
	*"skbscope ctl "*) beside_limits "$1" "${2/ TABLE/ limits}"; return ;;
	bpftool* | tc*) beside_run "$1" "$2"; return ;;
	# Named, with nothing to work on.
	"skbscope "run | "skbscope "check | "skbscope "diff | "skbscope "show | "skbscope "export) command="$2 --help" ;;
	"skbscope check "*)
		command="$ANYBODY $(named "$2")" ;;
	*" ./flows-new.c "*) command=$2 LIKELY=5 ;;
	"skbscope "* | "sudo skbscope "* | build/skbscope*) command=$(named "$2") ;;
	*) failed "$1: '$2' is run, or unrun() in ${0##*/} says why not"; return ;;
	esac
	own_programs
	[[ $2 != *--clangd* ]] || { rm -rf .skbscope compile_flags.txt DIR; mkdir -m 777 -p DIR; chmod 777 .; }
	if [ "$LIKELY" != 0 ]; then
		cp "$SOURCE/test/cli/documents/flows.c" .
		kill -STOP "${SENDERS[@]}" # between the start of one version and of the other no packet comes
	fi
	start "$command"
	kill -CONT "${SENDERS[@]}"
	end
	kill -CONT "${SENDERS[@]}"
	# Of two that are equal, one may have seen a packet more, and says so.
	[[ $STATUS != 5 || $(<"$TALK") != *"arrived while"* ]] || LIKELY=5
	equal "$1: '$2' ends as it should" "$STATUS" "$LIKELY" || cat "$TALK" "$WORK/stderr"
}

# Of a line that is run, what is shown below it.
shown_after() { # WHERE
	awk -F '\t' -v where="$1" '$1 == "run" { on = $2 == where } on && $1 == "shown" { print $3 }' "$WORK/said"
}

# The second example of README is a story: of three versions, the last does not compile.
edits() { # WHERE COMMAND
	own_programs
	start "${2/run/run --watch}" # the default where there is a terminal
	grep -qs verified_insns "/proc/$(<"$WORK/pid")"/fdinfo/* || UNTOLD='; verified .*'
	flows u64 "u64 drops;" "for (int i = 0; i < 64; i++) flow->drops += bpf_ktime_get_ns();"
	check "$1: the second version is live" within 20 grep -q "version 2 live" "$TALK"
	check "$1: its price is told" within 20 grep -q "ns a packet" "$TALK"
	flows u64 "u64 drops;" ""
	sed -i 's/key = skb->protocol;/key = 0/; s/^BPF/\n\n\n\n\n\n&/' flows.c
	check "$1: the third is refused" within 20 grep -q "old version still" "$TALK"
	end
}

make_own_programs
(cd "$SOURCE" && awk "$EXTRACT" "${DOCUMENTS[@]}") >"$WORK/said"
SEEN=$'\n'
while IFS=$'\t' read -r kind where command <&3; do
	[ "$kind" != shown ] && [[ $SEEN != *$'\n'"$command"$'\n'* ]] || continue
	SEEN+=$command$'\n'
	shown=$(shown_after "$where")
	[[ -z $shown && $command != *"skbscope cache"* ]] || own_images # it says that it was compiled
	if [[ $command == *"run ./flows.c"* ]]; then edits "$where" "$command"; else
		run_one "$where" "$command"; fi
	[ -z "$shown" ] || printed "$where" "$(sed -E "s/${UNTOLD:-^$}//" <<<"$shown")" "$(cat "$WORK/stdout" "$TALK")"
	[[ -z $shown && $command != *"skbscope cache"* ]] || share_images
done 3<"$WORK/said"

# --- what is no command

for document in "${DOCUMENTS[@]}"; do
	for table in $(sed -n '/^```c$/,/^```$/s/^BPF_[A-Z_]*(\([a-z_]*\),.*/\1/p' "$SOURCE/$document"); do
		program_of "$document" "$table" >shown.c
		check "$document: the program with $table is one" "$SKBSCOPE" check ./shown.c
	done
done

# Members of JSON: those that a run writes are those that the documents have.
members() { # FILTER: which leads to objects
	gojq -r "$1 | keys[]" "$WORK/stdout" | sort -u
}
own_programs
start "skbscope run ./guard.c -i eth0 --per-cpu --count 2 --interval 100ms -j"
within 60 ended
written=$(members '., .hooks[0], .tables[], .verdicts[0], .losses[0]')
equal "the manual has the members of a reading" \
	"$(section docs/skbscope.8.scd "A JSON reading" "# EXIT" | grep -oE '\*[a-z_]+\*' | tr -d '*' | sort -u)" \
	"$(printf '%s\n' $written cpus rates recording text | sort -u)"
equal "the first reading has rates and an interval, since the program was attached" \
	"$(head -n 1 "$WORK/stdout" | gojq '.interval_ns > 0 and (.tables.flows.rows[0].rates.packets > 0)')" true
documented() { # SENTENCE FIRST LAST MEMBER…
	local text member
	text=$(section docs/output.md "$2" "$3")
	for member in "${@:4}"; do check "$1: $member" grep -qF "\`$member\`" <<<"$text"; done
}
# shellcheck disable=SC2046
documented "docs/output.md has the members of a reading" "One object and" "## Diff" \
	$written $(gojq -r '.tables.ip_protocols.rows[0] | keys[] | select(. == ("text", "rates", "cpus"))' "$WORK/stdout")
cp "$SOURCE/test/cli/documents/flows.c" .
start "skbscope diff ./flows.c ./flows-new.c -i eth0 --once --interval 100ms -j"
within 60 ended
# shellcheck disable=SC2046
documented "docs/output.md has the members of a comparison" "As JSON, \`same" "^the end" \
	$(members '., .old, .tables[], .tables.flows.rows[0], .verdicts[0]')

source "$SOURCE/cmake/packages.sh"
for package in "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${DEBIAN_PACKAGES[@]}" "${KERNEL_PACKAGES[@]}"; do
	check "docs/dependencies.md has $package" grep -qwF -- "$package" "$SOURCE/docs/dependencies.md"
done
finish
