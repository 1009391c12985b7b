#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever is asked wrongly gets a sentence, the right exit status, and nothing
# attached. What needs interfaces of its own is in test/net.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"

own_network && own_images && has_network=1
good=$SOURCE/programs/packet_count.c
cp "$good" "$WORK/packet_count.c"

# --- the command line itself ---
refused "no command is misuse" 2 "Usage" "$SKBSCOPE"
refused "an unknown command gets the near one" 2 "did you mean 'check'?" "$SKBSCOPE" chekc "$good"
refused "so does a word that is nearly a program" 2 "did you mean 'talkers'?" "$SKBSCOPE" talker
(cd "$WORK" && refused "a file of this directory is no command" 2 "skbscope run packet_count.c" \
	"$SKBSCOPE" packet_count.c)
(cd "$WORK" && mkdir nearby && echo 'int f(' >nearby/flaw.c && cd nearby &&
	refused "nor without its ending" 2 "no program is called 'flaw'" "$SKBSCOPE" flaw &&
	refused "a path is run" 3 "flaw.c:1" "$SKBSCOPE" ./flaw.c -i lo)
refused "a bundled program is run" 2 "--interval needs an argument" \
	"$SKBSCOPE" packet_count --interval
refused "an unknown option gets the near one" 2 "did you mean '--interval'?" \
	"$SKBSCOPE" run "$good" --intreval 2s
refused "an abbreviated option is refused" 2 "--enforce" "$SKBSCOPE" run "$good" --enf
refused "an option of another command is refused" 2 "unknown option '-i'" \
	"$SKBSCOPE" list -i lo
refused "a missing program is asked for" 2 "missing argument PROGRAM" "$SKBSCOPE" run
refused "or the text of one" 2 "-e TEXT" "$SKBSCOPE" run -i lo
refused "a text and a program are one too many" 2 "give one of them" "$SKBSCOPE" check -e 'u32 a;' "$good"
refused "a text and stdin are one too many" 2 "give one of them" "$SKBSCOPE" check -e 'u32 a;' -
refused "nor are two texts one program" 2 "-e is given twice: 'u32 a;' and 'u32 b;'" \
	"$SKBSCOPE" run -i lo -e 'u32 a;' -e 'u32 b;'
refused "nor can two captures be read" 2 "--read is given twice" "$SKBSCOPE" run "$good" -r a --read b
refused "whose packets are outgoing is said of captures" 2 "--local says whose packets are outgoing in a capture" \
	"$SKBSCOPE" run "$good" -i lo --local 10.0.0.0/8
refused "a text of nothing is refused" 2 "-e takes TEXT" "$SKBSCOPE" check -e ''
refused "a text of blanks is no program" 1 "'-e' is empty" "$SKBSCOPE" check -e ' '
refused "nothing on stdin is no program" 1 "'-' is empty" "$SKBSCOPE" check - </dev/null
refused "binary junk on stdin is no program" 1 "binary" "$SKBSCOPE" check - </bin/true
refused "a closed stdin is no program" 1 "" "$SKBSCOPE" check - <&-
contains "a terminal is no program" \
	"$(script -qec "$SKBSCOPE check -" /dev/null </dev/null 2>&1; echo "status $?")" "which is a terminal"
refused "a diff has one text" 2 "unknown option '-e'" "$SKBSCOPE" diff -e 'u32 a;' "$good"
refused "a program has no second operand" 2 "unexpected argument '$good'" "$SKBSCOPE" show "$good" "$good"
refused "an interval of nothing is refused" 2 "--interval" "$SKBSCOPE" run "$good" --interval 0
refused "so is that much time for compiling" 2 "--compile-limit" "$SKBSCOPE" check "$good" --compile-limit 0
refused "the environment's, too" 2 "SKBSCOPE_COMPILE_LIMIT: 'never'" \
	env SKBSCOPE_COMPILE_LIMIT=never "$SKBSCOPE" check "$good"
refused "a compiler that takes longer is ended" 1 "longer --compile-limit" \
	env SKBSCOPE_COMPILE_LIMIT=1h "$SKBSCOPE" check "$good" --no-cache --compile-limit 1ms
refused "an unknown output format is refused" 2 "'xml'" "$SKBSCOPE" run "$good" --output xml
refused "misspelt headers get the near choice" 2 "did you mean 'kernel'?" \
	"$SKBSCOPE" check "$good" --headers kernle
refused "an include directory that is not there is refused" 2 "include directory" \
	"$SKBSCOPE" check "$good" -I "$WORK/nowhere"

refused "a diff needs two programs" 2 "missing argument NEW" "$SKBSCOPE" diff "$good"
refused "an export needs a program" 2 "missing argument PROGRAM" "$SKBSCOPE" export
refused "and a file" 2 "missing argument FILE" "$SKBSCOPE" export "$good"
refused "a cache can be listed and cleared" 2 "did you mean 'clear'?" "$SKBSCOPE" cache claer
refused "an option of run is none of diff" 2 "unknown option '--watch'" \
	"$SKBSCOPE" diff "$good" "$good" --watch

# --- what no table can hold ---
cat >"$WORK/tables.c" <<-'END'
	#include <uapi/linux/bpf.h>
	#include <skbscope/types.h>
	struct net { u32 prefixlen; ipv4_t addr; };
	struct rule { u8 level; bytes_t limit; };
	BPF_LPM_TRIE(nets, struct net, struct rule, 4);
	BPF_ARRAY(slots, u32, 4);
	BPF_PERF_OUTPUT(events);
	int f(struct __sk_buff *skb)
	{
		struct net net = { 32, 1 };
		int zero = 0;
		if (nets.lookup(&net) && slots.lookup(&zero))
			events.perf_submit(skb, &net, sizeof(net));
		return -1;
	}
END
refuses_set() { # SENTENCE PART --set
	refused "$1" 2 "$2" "$SKBSCOPE" run -i lo "$WORK/tables.c" --set "$3"
}
refuses_set "a table that is not there gets the near one" "did you mean 'nets'?" 'net[10.0.0.1]=1'
refuses_set "events are not set" "'events' is a table of events, which has no rows to set" 'events[1]=1'
refuses_set "a key of another type is told with its column" \
	"column 6: 'addr' takes an IPv4 address, not 'eth0'" 'nets[eth0]={level=1}'
refuses_set "a network with host bits gets the right one" "the network is 10.0.0.0/8" 'nets[10.0.0.1/8]={level=1}'
refuses_set "a value out of range" "'level' takes a number from 0 to 255, not '256'" 'nets[10.0.0.1]={level=256}'
refuses_set "a member that is not there gets the near one" "did you mean 'limit'?" 'nets[10.0.0.1]={limt=1}'
refuses_set "a value without its members is told them" "write {level=…, limit=…}" 'nets[10.0.0.1]=1'
refuses_set "a unit of something else" "'limit' takes a size such as 64KiB, not '10ms'" 'nets[10.0.0.1]={limit=10ms}'
refuses_set "a slot that is not there" "slots 0 to 3, and no 4" 'slots[4]=1'
refuses_set "a star is for arrays" "only an array has a row for every key" 'nets[*]={level=1}'
refuses_set "a bracket that stays open" "the bracket of the key is not closed" 'nets[10.0.0.1={level=1}'
refuses_set "a value without a key" "write TABLE[KEY]=VALUE" 'nets=1'
refuses_set "a file of no name" "there is no file behind '@'" 'nets=@'
refused "a device" 1 "'/dev/zero' is not a file" "$SKBSCOPE" run -i lo "$WORK/tables.c" --set "nets=@/dev/zero"
refused "a file that is not there" 1 "cannot read '$WORK/nowhere'" \
	"$SKBSCOPE" run -i lo "$WORK/tables.c" --set "nets=@$WORK/nowhere"
refused "a directory is no file" 1 "Is a directory" "$SKBSCOPE" run -i lo "$WORK/tables.c" --set "nets=@$WORK"
{
	for ((i = 1; i < 1000; i++)); do echo "10.$((i / 250)).$((i % 250)).0/24 # $i"; done
	echo "10.9.0.0/24 = {level=-1}"
} >"$WORK/rows"
refuses_set "an error on line 1000" "$WORK/rows:1000:22: 'level' takes a number from 0 to 255, not '-1'" "nets=@$WORK/rows"
sed -i '$d' "$WORK/rows"
refuses_set "more rows than there is room for" "$WORK/rows:5: the table 'nets' has room for 4 rows, not for 999" \
	"nets=@$WORK/rows"
printf '10.0.0.0/8\n\n10.0.0.0/8 = {level=1}\n' >"$WORK/rows"
refuses_set "a key that is there twice" "$WORK/rows:3: this key is in line 1 already" "nets=@$WORK/rows"
refused "a diff wants the table in one of the two" 2 "has no table 'net'" \
	"$SKBSCOPE" diff -i lo "$WORK/tables.c" "$good" --set 'net[1]=1'

# --- expressions that are none ---
refuses_filter() { # SENTENCE PART WORD…
	refused "$1" 2 "$2" "$SKBSCOPE" run -i lo "$good" "${@:3}"
}
refuses_filter "libpcap's words are told, and the place" \
	"'tcp prot 4' is refused: can't parse filter expression: syntax error at 'prot', behind 'tcp'" tcp prot 4
refuses_filter "so is the end" "syntax error at its end, behind 'tcp and'" tcp and
refuses_filter "and the beginning" "syntax error at ')'" ")"
refuses_filter "and a place far behind" "syntax error at 'nand', behind '…or host 10.0.0.23'" \
	"$(printf 'host 10.0.0.%s or ' {1..22})host 10.0.0.23 nand udp"
refuses_filter "another program is no expression" "one program is run" "$good"
refused "nor is one behind a text" 2 "one program is run" "$SKBSCOPE" run -i lo -e 'u32 a;' "$good"
refuses_filter "what is wrong with a word is said of the word" "unknown port 'nosuch'" port nosuch
refuses_filter "an interface is no expression" "write -i lo" lo
refuses_filter "a host's name is not looked up" "names are not looked up here: write the address" host no.such.host
refuses_filter "what needs a loop is refused" "'protochain' needs a loop" ip6 protochain 58
refuses_filter "an expression that nothing matches is none" "expression rejects all packets" "ip and arp"
refuses_filter "a huge expression is refused" "longer than 65536 bytes" "$(printf 'tcp or %.0s' {1..10000}) udp"
refused "so it is for diff" 2 "write -i lo" "$SKBSCOPE" diff -i lo "$good" "$good" lo

# --- programs that are none ---
refused "an unknown bundled program gets the near one" 1 "did you mean 'packet_count'?" \
	"$SKBSCOPE" check packet_cuont
refused "a misspelt path gets the near file" 1 "$WORK/packet_count.c" \
	"$SKBSCOPE" check "$WORK/packet_coun.c"
refused "a directory is no program" 1 "is a directory" "$SKBSCOPE" check "$WORK/"
head -c 4096 /dev/urandom >"$WORK/junk.c"
refused "binary junk is no program" 1 "binary" "$SKBSCOPE" check "$WORK/junk.c"
refused "an executable is no program" 1 "ELF" "$SKBSCOPE" check /bin/true
: >"$WORK/empty.c"
refused "an empty file is no program" 1 "is empty" "$SKBSCOPE" check "$WORK/empty.c"
yes 'int more_and_more;' | head -c 10485760 >"$WORK/big.c"
refused "ten megabytes are no program" 1 "larger than 1024 KiB" "$SKBSCOPE" check "$WORK/big.c"
rm "$WORK/big.c"
refused "an endless device is no program" 1 "not a file" "$SKBSCOPE" check /dev/zero
mkfifo "$WORK/pipe.h" "$WORK/pipe.c"
refused "a pipe is no network namespace" 1 "not a network namespace" \
	timeout 10 "$SKBSCOPE" run -i lo --netns "$WORK/pipe.h" packet_count
for name in /dev/zero "$WORK/pipe.h"; do
	printf '#include <uapi/linux/bpf.h>\n#include "%s"\nint f(struct __sk_buff *skb) { return 0; }\n' \
		"$name" >"$WORK/includes.c"
	[ "$name" = /dev/zero ] || [ "$(id -u)" != 0 ] || chown 1234 "$name" "$WORK/pipe.c"
	refused "'${name##*/}' is no include" 3 "only files are included" \
		"$SKBSCOPE" check "$WORK/includes.c"
done
if [ "$(id -u)" = 0 ]; then
	refused "a stranger's pipe is no program" 1 "not a file" "$SKBSCOPE" check "$WORK/pipe.c"
	contains "list does not wait for one" "$(limited 60 "$SKBSCOPE" list --program-path "$WORK")" \
		"pipe.c' is not a file"
fi
rm "$WORK/pipe.h" "$WORK/pipe.c"

# --- caches that are none ---
compiles_and_says() { # SENTENCE PART
	local said
	said=$("$SKBSCOPE" check -v "$WORK/packet_count.c" 2>&1)
	equal "$1: it compiles all the same" $? 0
	contains "$1: -v says why" "$said" "$2"
}
if [ -n "${has_network:-}" ]; then
	cache=$IMAGES # in a mount namespace of our own
	rm -rf $cache
	: >$cache
	compiles_and_says "a cache that is a file" "cache: not used, its path is not a directory"
	for command in "run -v -i lo --once --interval 20ms" "show -v" "check -v -j" \
		"diff -v -i lo --count 1 --interval 20ms $WORK/packet_count.c"; do
		contains "${command%% *} -v says it too" \
			"$("$SKBSCOPE" $command "$WORK/packet_count.c" 2>&1 >/dev/null)" \
			"cache: not used, its path is not a directory"
	done
	lacks "without -v nobody does" \
		"$("$SKBSCOPE" show "$WORK/packet_count.c" 2>&1)" "cache: not used"
	rm $cache
	mkdir -m 777 $cache
	compiles_and_says "a cache that all can write" "others can write to it"
	chmod 700 $cache
	chown 1 $cache
	compiles_and_says "a cache of somebody else" "belongs to another user"
	chown 0 $cache
	mount -t tmpfs -o size=4k,mode=700 skbscope-test $cache
	compiles_and_says "a cache with no room" "full"
	mount -o remount,ro $cache
	compiles_and_says "a cache that is read-only" "read-only"
	umount $cache
	"$SKBSCOPE" check "$WORK/packet_count.c" >/dev/null 2>&1
	check "a program is listed by its whole path, wherever it was named from" \
		bash -c "cd '$WORK' && '$SKBSCOPE' check ./packet_count.c -D LISTED &&
			'$SKBSCOPE' cache list | grep -c '^  $WORK/packet_count.c ' | grep -qx 2"
	for entry in "$cache"/*; do echo rubbish >"$entry"; done
	compiles_and_says "an entry that is rubbish" "damaged"
	lacks "and then there is nothing to say any more" \
		"$("$SKBSCOPE" check -v "$WORK/packet_count.c" 2>&1)" "cache: not used"
fi

# --- hostile macros ---
refused "a macro needs a name" 2 "not a name in C" "$SKBSCOPE" check "$good" -D '-include=/etc/shadow'
refused "-D lists no interfaces" 2 "ip -br link" "$SKBSCOPE" run "$good" -D -i lo
refused "a macro with a line break is refused" 2 "line break" \
	"$SKBSCOPE" check "$good" -D $'A=1\n#include "/etc/shadow"'
refused "an endless macro is refused" 2 "4096" \
	"$SKBSCOPE" check "$good" -D "A=$(head -c 5000 /dev/zero | tr '\0' 1)"
check "a macro that looks like options is only a macro" \
	"$SKBSCOPE" check "$good" -D 'A=1 -include /etc/shadow'

# --- programs of several files ---
cat >"$WORK/one.c" <<-'END'
	/* one */
	BPF_TABLE_PUBLIC("hash", u32, u64, shared, 23);
	int one(struct __sk_buff *skb) { return 0; }
END
cat >"$WORK/two.c" <<-'END'
	/* two
	   @with three.c */
	BPF_TABLE("extern", u32, u64, shared, 23);
	int two(struct __sk_buff *skb) { u32 key = 1; shared.increment(key); return 0; }
END
cat >"$WORK/three.c" <<-'END'
	/* three
	   @with two.c
	   @with one.c */
	int three(struct __sk_buff *skb) { return 0; }
END
one=$WORK/one.c two=$WORK/two.c
refused "a second file that is not there" 1 "there is no file '$WORK/four.c'" \
	"$SKBSCOPE" check "$one" --with "$WORK/four.c"
refused "the program is not its own second file" 2 "part of the program already" \
	"$SKBSCOPE" check "$one" --with "$WORK/../${WORK##*/}/one.c"
refused "a second file is given once" 2 "part of the program already" \
	"$SKBSCOPE" check "$one" --with "$two" --with "$two"
refused "stdin is no second file" 2 "'-' is stdin" "$SKBSCOPE" check "$one" --with - </dev/null
refused "a directory is no second file" 1 "is a directory" "$SKBSCOPE" check "$one" --with "$WORK/"
refused "a second file of junk" 1 "binary" "$SKBSCOPE" check "$one" --with "$WORK/junk.c"
# Files may name each other.
for file in two three; do
	output=$("$SKBSCOPE" show -j "$WORK/$file.c" 2>&1)
	contains "$file names the others, which name it: their table is there" "$output" '"shared"'
	equal "$file names the others: each is read once" \
		"$(gojq '.with | length' <<<"$output")" 2
done
sed 's/one.c/four.c/' "$WORK/three.c" >"$WORK/five.c"
refused "a tag that names no file" 1 "five.c: @with four.c: there is no file '$WORK/four.c'" \
	"$SKBSCOPE" check "$WORK/five.c"
echo 'int one(struct __sk_buff *skb) { return 1; }' >"$WORK/six.c"
refused "a function that is there twice" 3 "both have a function 'one'" \
	"$SKBSCOPE" check "$one" --with "$WORK/six.c"
printf 'BPF_TABLE("extern", u32, struct { u32 a[3]; }, shared, 1);\nint f(struct __sk_buff *s) { return 0; }\n' \
	>"$WORK/seven.c"
refused "an extern table of another shape" 3 "values of 12 bytes" \
	"$SKBSCOPE" check "$one" --with "$WORK/seven.c"
refused "an extern table that nobody has" 3 "seven.c:1:" "$SKBSCOPE" check "$WORK/seven.c"
contains "an extern table that nobody has: what to do" "$(cat "$WORK/stderr")" "--with FILE"
printf '/* @with */\nint f(struct __sk_buff *s) { return 0; }\n' >"$WORK/eight.c"
refused "a tag that names nothing" 1 "a tag that cannot be understood" \
	"$SKBSCOPE" check "$WORK/eight.c"

# --- programs that do not compile ---
compile_error() { # SENTENCE PART, source on stdin
	cat >"$WORK/broken.c"
	refused "$1" 3 "$2" "$SKBSCOPE" check "$WORK/broken.c"
}
compile_error "a syntax error has file and line" "$WORK/broken.c:2" <<-'END'
	int count(struct __sk_buff *skb) {
	return 0 }
END
compile_error "an unknown map type is an error" "broken.c:1" <<-'END'
	BPF_TABLE("no_such_map", u32, u64, counts, 23);
	int count(struct __sk_buff *skb) { return 0; }
END
compile_error "a program without a function is an error" "function" <<-'END'
	BPF_HASH(counts, u32, u64);
END

compile_error "two tables of one name are an error" "name" <<-'END'
	BPF_HASH(counts, u32, u64);
	BPF_HASH(counts, u32, u64);
	int count(struct __sk_buff *skb) { return 0; }
END
compile_error "a second parameter is an error" "struct __sk_buff *skb" <<-'END'
	int count(struct __sk_buff *skb, int direction) { return skb->len + direction; }
END
compile_error "a large stack is an error with a way out" "BPF_PERCPU_ARRAY" <<-'END'
	BPF_ARRAY(out, char, 1);
	int count(struct __sk_buff *skb)
	{
		char packet[600];

		bpf_skb_load_bytes(skb, 0, packet, sizeof(packet));
		out.update(&(int){ 0 }, &packet[599]);
		return 0;
	}
END
echo '#include "round.h"' >"$WORK/round.h"
compile_error "an endless include is an error" "broken.c" <<-'END'
	#include "round.h"
	int count(struct __sk_buff *skb) { return 0; }
END
if [ "$(id -u)" = 0 ]; then
	echo 'int a_secret_of_roots;' >"$WORK/secret.h"
	chmod 600 "$WORK/secret.h"
	compile_error "an include that only root may read is refused" "secret.h" <<-'END'
		#include "secret.h"
		int count(struct __sk_buff *skb) { return 0; }
	END
	equal "and what is in it is not told" "$(grep -c roots "$WORK/stderr")" 0
	compile_error "nor does the compiler read the shadow file" "shadow" <<-'END'
		#include "/etc/shadow"
		int count(struct __sk_buff *skb) { return 0; }
	END
	equal "not a line of it" "$(grep -c 'root:' "$WORK/stderr")" 0
fi

# --- stdout ---
closed=(sh -c 'exec "$@" >&-' closed)
full=(sh -c 'exec "$@" >/dev/full' full)
refused "a closed stdout is an error" 1 "it is closed" "${closed[@]}" "$SKBSCOPE" list
refused "a full disk is an error" 1 "No space left" "${full[@]}" "$SKBSCOPE" list
refused "help to a full disk is an error" 1 "No space left" "${full[@]}" "$SKBSCOPE" --help

# --- privilege ---
if [ -n "${has_network:-}" ]; then
	nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)
	if "${nobody[@]}" test -x "$SKBSCOPE"; then
		refused "running without privilege says what to do" 1 "sudo" \
			"${nobody[@]}" "$SKBSCOPE" run packet_count -i lo --once
		output=$("${nobody[@]}" "$SKBSCOPE" check packet_count 2>&1)
		equal "checking without privilege succeeds" $? 0
		contains "checking without privilege says that it only compiled" "$output" \
			"compiled only"
		check "showing needs no privilege" "${nobody[@]}" "$SKBSCOPE" show packet_count
	fi
	before=$(bpftool -j net show 2>/dev/null)
	refused "an interface that is not there is named" 1 "eht23" \
		"$SKBSCOPE" run packet_count -i eht23 --once
	refused "one wrong interface attaches none" 1 "eht23" \
		"$SKBSCOPE" run packet_count -i lo -i eht23 --once
	cat >"$WORK/broken.c" <<-'END'
		BPF_HASH(counts, u32, u64);
		int count(struct __sk_buff *skb)
		{
			u32 key = 0;
			u64 *value = counts.lookup(&key);

			(*value)++;
			return 0;
		}
	END
	refused "what the verifier refuses has its own exit status and the line" 4 "broken.c:7" \
		"$SKBSCOPE" run "$WORK/broken.c" -i lo --once
	contains "and a hint" "$(cat "$WORK/stderr")" "if ("
	refused "checking finds the same" 4 "broken.c:7" "$SKBSCOPE" check "$WORK/broken.c"
	cat >"$WORK/broken.c" <<-'END'
		struct page { u64 words[512]; };
		BPF_ARRAY(huge, struct page, 0x7fffffff);
		int count(struct __sk_buff *skb) { return 0; }
	END
	refused "a table too large for this machine is named" 1 "huge" \
		"$SKBSCOPE" run "$WORK/broken.c" -i lo --once
	cat >"$WORK/broken.c" <<-'END'
		int count(struct __sk_buff *skb)
		{
			skb->mark = 23;
			return 0;
		}
	END
	refused "a program that changes packets needs --enforce" 2 "--enforce" \
		"$SKBSCOPE" run "$WORK/broken.c" -i lo --once
	cat >"$WORK/broken.c" <<-'END'
		int one(struct __sk_buff *skb) { return 0; }
		int two(struct __sk_buff *skb) { return 0; }
	END
	refused "two functions and no tags ask which" 2 "--ingress" \
		"$SKBSCOPE" run "$WORK/broken.c" -i lo --once
	refused "a namespace that is not there is named" 1 "no-such-netns" \
		"$SKBSCOPE" run packet_count -i lo --netns no-such-netns --once
	refused "a function that is not there is named" 2 "count_pakets" \
		"$SKBSCOPE" run packet_count -i lo --ingress count_pakets --once
	refused "a column that is not there is named" 2 "nonsense" \
		"$SKBSCOPE" run packet_count -i lo --sort nonsense --once
	refused "running with a closed stdout is an error" 1 "stdout" \
		"${closed[@]}" "$SKBSCOPE" run packet_count -i lo --once
	refused "running into a full disk is an error" 1 "No space left" \
		"${full[@]}" "$SKBSCOPE" run packet_count -i lo --interval 10ms
	equal "nothing of all this stays attached" "$(bpftool -j net show 2>/dev/null)" "$before"
fi

finish
