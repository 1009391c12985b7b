#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What check says of programs that compile and do something else than their author thinks:
# one input for which it must speak, and one for which it must be silent.
# shellcheck source=test/cli/lib.sh
source "$(dirname "$0")/lib.sh"
own_network || { echo "skipped: verifying needs root and a namespace"; exit 77; }

# checked TEXT: STATUS, OUTPUT and ERRORS of check.
checked() {
	printf '#include <uapi/linux/bpf.h>\n#include <uapi/linux/pkt_cls.h>\n%s\n' "$1" \
		>"$WORK/alone.c"
	OUTPUT=$("$SKBSCOPE" check "$WORK/alone.c" 2>"$WORK/errors")
	STATUS=$?
	ERRORS=$(<"$WORK/errors")
}

# What compiles is checked together, a section in one file, where each case's functions, tables
# and structs have names of their own. What is said of a line is said of the case that has it.
CASES=() EXPECTED=()

says() { # SENTENCE WORDS TEXT
	CASES+=("$3")
	also "$1: it is said" "$2"
}

also() { # SENTENCE WORDS: of the case before
	EXPECTED+=(contains "$((${#CASES[@]} - 1))" "$1" "$2")
}

silent() { # SENTENCE WORDS TEXT
	CASES+=("$3")
	EXPECTED+=(lacks "$((${#CASES[@]} - 1))" "$1: nothing is said" "$2")
}

# Of texts that end with NUL: in the first, names with 0 behind them, in the second with 1, …
own_names() {
	perl -0pe 's/\b(f|g|t|e|j|nets|count)\b/$1.($.-1)/eg; s/\bstruct (k|v|p|big)\b/$&.($.-1)/eg'
}

# Of each case what is said on stderr, and what is said of none; each ends with NUL.
of_each_case() { # CASES, ERRORS
	perl -e 'local $/ = "\0"; open(F, shift); my ($line, $n, @of) = (3, 0);
		while (<F>) { chomp; @of[$line .. $line + tr/\n//] = ($n) x (1 + tr/\n//); $line += 1 + tr/\n//; $n++ }
		$/ = "\n"; open(F, shift); my ($which, @said) = $n;
		while (<F>) { $which = /^\S*program\.c:(\d+)/ ? $of[$1] // $n : $n if /^\S/; $said[$which] .= $_ }
		print $_ // "", "\0" for @said[0 .. $n]' "$@"
}

together() { # SECTION
	local i words=()
	printf '%s\0' "${CASES[@]}" | own_names >"$WORK/cases"
	{
		printf '%s\n' '#include <uapi/linux/bpf.h>' '#include <uapi/linux/pkt_cls.h>'
		tr '\0' '\n' <"$WORK/cases"
	} >"$WORK/program.c"
	OUTPUT=$("$SKBSCOPE" check "$WORK/program.c" 2>"$WORK/errors")
	equal "$1: check succeeds" $? 0 || cat "$WORK/errors"
	contains "$1: all is verified" "$OUTPUT" "every function"
	mapfile -d '' SAID < <(of_each_case "$WORK/cases" "$WORK/errors")
	equal "$1: what is said is said of a case" "${SAID[-1]-none}" ""
	for ((i = 0; i < ${#EXPECTED[@]}; i += 4)); do words[EXPECTED[i + 1]]+=${EXPECTED[i + 3]}$'\n'; done
	mapfile -d '' words < <(printf '%s\0' "${words[@]}" | own_names)
	for ((i = 0; i < ${#EXPECTED[@]}; i += 4)); do
		local case=${EXPECTED[i + 1]}
		"${EXPECTED[i]}" "${EXPECTED[i + 2]}" "${SAID[case]}" "${words[case]%%$'\n'*}"
		words[case]=${words[case]#*$'\n'}
	done
	CASES=() EXPECTED=()
}

# What a program as a whole decides: its only function, its tags, what it does not compile for.
says_alone() { # SENTENCE WORDS TEXT
	checked "$3"
	equal "$1: check succeeds" "$STATUS" 0
	contains "$1: it is said" "$ERRORS" "$2"
}

silent_alone() { # SENTENCE WORDS TEXT
	checked "$3"
	equal "$1: check succeeds" "$STATUS" 0
	lacks "$1: nothing is said" "$ERRORS" "$2"
}

tc='int count(struct __sk_buff *skb) { return 0; }'

# --- functions of other kinds

foreign() { # SENTENCE WORDS TEXT
	checked "$3"
	equal "$1: check fails" "$STATUS" 2
	contains "$1: says what it is" "$ERRORS" "$2"
	refute "$1: no verifier's hints" grep -q "verifier" <<<"$ERRORS"
}

foreign "an XDP program alone" "XDP program" 'int f(struct xdp_md *c) { return XDP_PASS; }'
contains "an XDP program alone: what to write" "$ERRORS" "TC_ACT_UNSPEC for XDP_PASS"
foreign "a kprobe's registers" "kprobe" '#include <uapi/linux/ptrace.h>
int f(struct pt_regs *c) { return 0; }'
foreign "a tracepoint's arguments" "a probe" 'TRACEPOINT_PROBE(net, netif_rx) { return args->len; }'
foreign "a probe by its name" "a probe" 'int kprobe__tcp_v4_connect(void *c) { return 0; }'
foreign "a sock_ops program" "sock_ops" 'int f(struct bpf_sock_ops *c) { return 1; }'
foreign "an sk_msg program" "sk_msg" 'typedef const struct sk_msg_md T; int f(T *c) { return 1; }'
foreign "a misspelt context" "does not take the struct __sk_buff" \
	'int f(struct __sk_buf *c) { return 0; }'
foreign "a number as parameter" "takes a number" 'int f(int c) { return 0; }'
says_alone "an XDP program beside a tc program" "'f' is an XDP program" \
	"int f(struct xdp_md *c) { return XDP_PASS; } $tc"
contains "an XDP program beside a tc program: what was verified" "$OUTPUT" "1 of 2 functions"
refute "a tc program alone: all are verified" grep -q "1 of 1" <<<"$OUTPUT"
for text in "$tc" 'int f(void *c) { return 0; }' 'int f(void) { return 0; }' \
	'typedef struct __sk_buff T; int f(T *c) { return 0; }'; do
	silent_alone "'${text%% \{*}'" "tc program" "$text"
	contains "'${text%% \{*}': verified" "$OUTPUT" "every function"
done

says_alone "a function that returns nothing" "returns nothing" \
	"void f(struct __sk_buff *skb) { } $tc"

# --- what is never so

says "a protocol in host order" "never 0x0800" \
	'#include <linux/if_ether.h>
int f(struct __sk_buff *skb) { return skb->protocol == ETH_P_IP ? 0 : -1; }'
also "a protocol in host order: what to write" "htons(0x0800)"
says "a protocol in host order, in a u16" "never 0x86dd" \
	'int f(struct __sk_buff *skb) { u16 p = skb->protocol; switch (p) { case 0x86dd: return 0;
case 5: return 1; } return -1; }'
silent "a protocol in network order" "network byte order" \
	'int f(struct __sk_buff *skb) { return skb->protocol == htons(0x0800) ? 0 : -1; }'
silent "a protocol that was converted" "network byte order" \
	'int f(struct __sk_buff *skb) { return ntohs(skb->protocol) == 0x0800 ? 0 : -1; }'
silent "another field with that number" "network byte order" \
	'int f(struct __sk_buff *skb) { return skb->len == 0x0800 ? 0 : -1; }'
says "PACKET_OUTGOING" "PACKET_OUTGOING" \
	'int f(struct __sk_buff *skb) { return skb->pkt_type == 4 ? 0 : -1; }'
silent "PACKET_HOST" "PACKET_OUTGOING" \
	'int f(struct __sk_buff *skb) { return skb->pkt_type == 0 ? 0 : -1; }'
# TEXT reads four bytes behind the headers.
payload() { # CONDITION [BEFORE]
	printf '%s' "#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
int f(struct __sk_buff *skb) {
	${2-}
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1);
	if ((void *)(tcp + 1) > end) return -1;
	u8 *text = data + 34 + tcp->doff * 4;
	if ((void *)(text + 4) > end) return -1;
	return $1 ? 0 : -1;
}"
}
says "letters looked for in the payload" "linear part" "$(payload "text[0] == 'G' && text[1] == 'E'")"
says "a word looked for in the payload" "linear part" "$(payload "*(u32 *)text == 0x20544547")"
silent "after pulling it in" "linear part" \
	"$(payload "text[0] == 'G'" 'bpf_skb_pull_data(skb, skb->len);')"
silent "a number behind the headers" "linear part" "$(payload "text[0] == 6")"
silent "a header's field that happens to be a letter" "linear part" "$(payload "ip->protocol == 89")"

# Numbers of the packet as they lie there.
says "a port in host order" "compared with 443 as if it was not" "$(payload "tcp->dest == 443")"
also "a port in host order: what to write" "htons(443)"
says "a port of a copied header" "compared with 53" '#include <linux/udp.h>
int f(struct __sk_buff *skb) { struct udphdr udp = {}; bpf_skb_load_bytes(skb, 34, &udp, 8);
return udp.dest == 53 ? 0 : -1; }'
says "a packed header's protocol" "compared with 0x0800" \
	"$(payload '((struct ethhdr *)data)->h_proto == ETH_P_IP')"
says "a tag's protocol" "never 0x8100" \
	'int f(struct __sk_buff *skb) { return skb->vlan_proto == 0x8100 ? 0 : -1; }'
for right in 'tcp->dest == htons(443)' 'ntohs(tcp->dest) == 443' 'ip->frag_off == htons(0x4000)' \
	'((struct ethhdr *)data)->h_proto == htons(ETH_P_IP)' 'ip->ttl == 53' \
	'((((u8 *)data)[12] << 8) | ((u8 *)data)[13]) == ETH_P_IP' 'ip->tot_len == htons(84)'; do
	silent "'$right'" "byte order" "$(payload "$right")"
done

# One store of two branches has no line of its own.
says "a store that clang made of two" "what follows writes into the packet: clang made one" \
	"$(payload 'skb->len > 100' 'u8 *to = (void *)(long)skb->data;
	if ((void *)to + 14 > (void *)(long)skb->data_end) return -1;
	if (skb->mark)
		to[0] = 3;
	else
		to[0] = 5;')"
also "a store that clang made of two: where they are" "if (skb->mark)"
says "a store of its own" "this writes into the packet" \
	"$(payload 'skb->len > 100' 'u8 *to = (void *)(long)skb->data;
	if ((void *)to + 14 > (void *)(long)skb->data_end) return -1;
	if (skb->mark)
		to[0] = 3;')"
says "an increment that clang made of two" "the increment is not atomic: clang made one" \
	'BPF_ARRAY(t, u64, 1);
int f(struct __sk_buff *skb) { int k = 0; u64 *v = t.lookup(&k); if (!v) return -1;
if (skb->mark)
	*v += 1;
else
	*v += 5;
return -1; }'

says "a variable that is set on one path only" "is used uninitialized" \
	'BPF_HASH(t, u32, u64, 8);
int f(struct __sk_buff *skb) { u32 k; if (skb->len > 500) k = 7; t.atomic_increment(k); return -1; }'
silent "one that is set on both" "uninitialized" \
	'BPF_HASH(t, u32, u64, 8);
int f(struct __sk_buff *skb) { u32 k; if (skb->len > 500) k = 7; else k = 8; t.atomic_increment(k);
return -1; }'

together "what is never so"

# --- numbers that are others than they seem

types='#include <skbscope/types.h>'
says "two CPUs create a key" "two CPUs that meet a new key at once" "$types
BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->len; u64 one = 1, *v = t.lookup(&k);
if (v) lock_xadd(v, 1); else t.update(&k, &one); return -1; }"
also "two CPUs create a key: which table" "counts in 't' can be lost"
says "two CPUs create a struct of counts" "two CPUs that meet" "$types
struct v { u64 packets, bytes; }; BPF_HASH(t, u32, struct v);
int f(struct __sk_buff *skb) { u32 k = skb->len; struct v n = { 1, skb->len }, *v = t.lookup(&k);
if (v) { lock_xadd(&v->packets, 1); lock_xadd(&v->bytes, skb->len); } else t.update(&k, &n); return -1; }"
says "atomic_increment" "two CPUs that meet" "BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->len; t.atomic_increment(k); return -1; }"
silent "lookup_or_try_init and lock_xadd" "warning" "BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->len; u64 zero = 0, *v = t.lookup_or_try_init(&k, &zero);
if (v) lock_xadd(v, 1); return -1; }"
silent "a first count on one CPU" "warning" "BPF_PERCPU_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->len; u64 one = 1, *v = t.lookup(&k);
if (v) (*v)++; else t.update(&k, &one); return -1; }"
silent "a time is no count" "two CPUs" "BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->len; u64 now = bpf_ktime_get_ns(), *v = t.lookup(&k);
if (!v) t.update(&k, &now); return -1; }"

holes='struct k { u8 type; u32 length; }; BPF_PERCPU_HASH(t, struct k, u64);'
count='u64 zero = 0, *v = t.lookup_or_try_init(&k, &zero); if (v) (*v)++; return -1; }'
says "a key with padding from a packet" "3 bytes of padding" "$holes
int f(struct __sk_buff *skb) { struct k k; bpf_skb_load_bytes(skb, 0, &k, sizeof(k)); k.type = 1; $count"
silent "a key that starts with zeros" "padding" "$holes
int f(struct __sk_buff *skb) { struct k k = {}; k.type = skb->pkt_type; k.length = skb->len; $count"
silent "a member that is loaded beside the padding" "padding" \
	"struct k { u32 a; u16 b; }; BPF_PERCPU_HASH(t, struct k, u64);
int f(struct __sk_buff *skb) { struct k k = {}; bpf_skb_load_bytes(skb, 36, &k.b, 2); $count"
says "a member that is loaded with the padding" "padding" \
	"struct k { u32 a; u16 b; }; BPF_PERCPU_HASH(t, struct k, u64);
int f(struct __sk_buff *skb) { struct k k = {}; bpf_skb_load_bytes(skb, 36, &k.b, 4); $count"
says "a member of a key that nothing sets" "'b' of the key of 't' is set nowhere" \
	"struct k { u32 a, b; }; BPF_PERCPU_HASH(t, struct k, u64);
int f(struct __sk_buff *skb) { struct k k; k.a = skb->len; $count"
silent "one that is set on one way" "set nowhere" "struct k { u32 a, b; }; BPF_PERCPU_HASH(t, struct k, u64);
int f(struct __sk_buff *skb) { struct k k; k.a = skb->len; if (skb->mark) k.b = skb->mark; $count"
silent "one that a helper sets" "set nowhere" "struct k { u32 a, b; }; BPF_PERCPU_HASH(t, struct k, u64);
int f(struct __sk_buff *skb) { struct k k; k.a = skb->len; bpf_skb_load_bytes(skb, 26, &k.b, 4); $count"
silent "a key without padding" "padding" "BPF_PERCPU_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->len; $count"

says "an address in host order" "in host order" "$types
BPF_PERCPU_HASH(t, ipv4_t, u64);
int f(struct __sk_buff *skb) { ipv4_t k = load_word(skb, 26); $count"
also "an address in host order: which type" ipv4_host_t
says "a port in host order" "declare it port_t" "$types
BPF_PERCPU_HASH(t, port_be_t, u64);
int f(struct __sk_buff *skb) { port_be_t k = load_half(skb, 36); $count"
silent "an address in host order of that type" "host order" "$types
BPF_PERCPU_HASH(t, ipv4_host_t, u64);
int f(struct __sk_buff *skb) { ipv4_host_t k = load_word(skb, 26); $count"
# Through data and data_end, as most programs read a header.
tcp_key() { # STRUCT STATEMENT
	printf '%s' "$types
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
struct k { $1 }; BPF_PERCPU_HASH(t, struct k, u64);
int f(struct __sk_buff *skb) {
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct k k = {};
	if ((void *)(tcp + 1) > end) return -1;
	$2
	$count"
}
says "ports as they lie in the packet" "'sport' of 't' is shown as of host byte order" \
	"$(tcp_key 'u16 sport, dport;' 'k.sport = tcp->source; k.dport = tcp->dest;')"
also "ports as they lie in the packet: which type" port_be_t
says "one port" "'dst_port' of 't'" \
	"$(tcp_key 'u32 address; u16 dst_port, pad;' 'k.address = ip->saddr; k.dst_port = tcp->dest;')"
says "a port in 32 bits" "'port' of 't'" "$(tcp_key 'u32 port;' 'k.port = tcp->dest;')"
says "a port in a type of host order" "'to' of 't'" "$(tcp_key 'port_t to;' 'k.to = tcp->dest;')"
says "a number without a name" "in network order" "$types
BPF_PERCPU_HASH(t, u16, u64);
int f(struct __sk_buff *skb) { u16 k = 0; bpf_skb_load_bytes(skb, 36, &k, 2); $count"
also "a number without a name: which type" __be16
says "an address in a type of host order" "declare it ipv4_t" \
	"$(tcp_key 'ipv4_host_t from;' 'k.from = ip->saddr;')"
silent "ports that are converted" "order" \
	"$(tcp_key 'u16 sport, dport;' 'k.sport = ntohs(tcp->source); k.dport = ntohs(tcp->dest);')"
silent "ports of that type" "order" \
	"$(tcp_key 'port_be_t sport; __be16 dport;' 'k.sport = tcp->source; k.dport = tcp->dest;')"
silent "a port converted on one path" "order" \
	"$(tcp_key 'u16 port;' 'k.port = tcp->dest; if (skb->len > 99) k.port = ntohs(k.port);')"
silent "an address as most programs have it" "order" "$(tcp_key 'u32 saddr;' 'k.saddr = ip->saddr;')"
silent "bytes of the packet" "order" "$(tcp_key 'u8 ttl, protocol;' 'k.ttl = ip->ttl; k.protocol = ip->protocol;')"
silent "a sum that is shown in hexadecimal" "order" "$(tcp_key 'hex16_t sum;' 'k.sum = tcp->check;')"
silent "a port that load_half() converted" "order" "$types
BPF_PERCPU_HASH(t, u16, u64);
int f(struct __sk_buff *skb) { u16 k = load_half(skb, 36); $count"
silent "an address that is converted" "host order" "$types
BPF_PERCPU_HASH(t, ipv4_t, u64);
int f(struct __sk_buff *skb) { ipv4_t k = bpf_htonl(load_word(skb, 26)); $count"

compared() { # STATEMENT
	tcp_key 'u32 len;' "$1 k.len = skb->len;"
}
says "an address as it is spoken of" "that is 1.0.0.10 there" "$(compared 'if (ip->saddr == 0x0a000001) return 2;')"
also "an address as it is spoken of: what to write" "htonl(0x0a000001)"
silent "an address as it lies there" "byte order" \
	"$(compared 'if (ip->saddr == 0x0a01a8c0 || ip->daddr == htonl(0x0a000001)) return 2;')"
says "a port that is converted on both sides" "is compared with 443 as if it was not" \
	"$(compared 'if (ntohs(tcp->dest) == htons(443)) return 2;')"
says "a port that load_half() converted" "is compared with htons(443)" \
	"$(compared 'if (load_half(skb, 36) == htons(443)) return 2;')"
also "a port that load_half() converted: what to write" "compare with 443 itself"
silent "a length" "byte order" "$(compared 'if (ntohs(tcp->dest) == 8) return 2;')"
says "a type that load_half() converted" "is compared with htons(0x0800)" \
	"$(compared 'if (load_half(skb, 12) == htons(ETH_P_IP)) return 2;')"
silent "the type as load_half() gives it" "byte order" "$(compared 'if (load_half(skb, 12) == ETH_P_IP) return 2;')"

member() { # TYPE STATEMENT
	echo "$types
struct v { u64 packets; $1 m; }; BPF_PERCPU_ARRAY(t, struct v, 1);
int f(struct __sk_buff *skb) { int zero = 0; struct v *v = t.lookup(&zero); if (!v) return -1;
v->packets++; $2 return -1; }"
}
longest='if (skb->len > v->m) v->m = skb->len;'
silent "a maximum is one of all CPUs" "warning" "$(member u32 "$longest")"
silent "so is a minimum" "warning" "$(member u32 'if (!v->m || skb->len < v->m) v->m = skb->len;')"
silent "a last time is the latest" "warning" "$(member u64 'v->m = bpf_ktime_get_ns();')"
silent "a first time is the earliest" "warning" "$(member u64 'if (!v->m) v->m = bpf_ktime_get_ns();')"
says "the last length is one CPU's" "'m' of 't' is set, and not only added to" "$(member u32 'v->m = skb->len;')"
says "so is the first" "'m' of 't' is set, and not only added to" "$(member u32 'if (!v->m) v->m = skb->len;')"
silent "the last length in a table that is not shown" "warning" "/* @hide t */
$(member u32 'v->m = skb->len;')"
says "an average is added up over the CPUs" "'m' of 't' is set, and not only added to" \
	"$(member u64 'v->m = v->m - (v->m >> 3) + (skb->len >> 3);')"
says "so is another" "'m' of 't' is set, and not only added to" \
	"$(member u64 'v->m = (v->m * 7 + skb->len) / 8;')"
allowance='u64 m = v->m + 10; if (m > 9000) m = 9000; if (m < skb->len) return -1; v->m = m - skb->len;'
says "so is an allowance" "'m' of 't' is set here and added to elsewhere" "$(member u64 "$allowance")"
says "so is what begins anew" "'m' of 't' is set here and added to elsewhere" \
	"$(member u64 'if (skb->mark) v->m = skb->len; else v->m += skb->len;')"
silent "an allowance that says that it is an amount" "warning" "$(member count_t "$allowance")"
silent "or none" "warning" "$(member level_t "$allowance")"
silent "what goes up and down" "warning" "$(member u64 'if (skb->mark) v->m--; else v->m++;')"
silent "what counts in pieces" "warning" "$(member u64 'v->m += skb->len >> 6; v->m += skb->mark * 3;')"
silent "bits that are set" "warning" "$(member u32 'v->m |= 1 << (skb->len & 31);')"
silent "a maximum that says so" "warning" "$(member max_t "$longest")"
silent "an amount" "warning" "$(member u64 'v->m += skb->len;')"
silent "an amount that is set to 0" "warning" "$(member u64 'v->m += skb->len; if (v->m > 99) v->m = 0;')"
silent "a type that is no amount" "warning" "$(member level_t 'v->m = skb->len;')"

begun() { # STATEMENTS
	echo "$types
BPF_HASH(t, u32, u64);
int f(struct __sk_buff *skb) { u32 k = skb->protocol; u64 n = skb->len, zero = 0, *v; $1 return -1; }"
}
first="two CPUs that meet a new key at once, one loses"
says "a first count of bytes" "$first" "$(begun 'v = t.lookup(&k); if (v) lock_xadd(v, n); else t.update(&k, &n);')"
says "a 0 that may come after a count" "$first" \
	"$(begun 'v = t.lookup(&k); if (!v) { t.update(&k, &zero); v = t.lookup(&k); } if (v) lock_xadd(v, 1);')"
silent "a 0 where there is none" "warning" \
	"$(begun 'v = t.lookup(&k); if (!v) { t.insert(&k, &zero); v = t.lookup(&k); } if (v) lock_xadd(v, 1);')"
silent "a 0 to begin anew" "$first" \
	"$(begun 'v = t.lookup_or_try_init(&k, &zero); if (!v) return -1; lock_xadd(v, 1); if (*v > 9) t.update(&k, &zero);')"
silent "a constant beside the count" "warning" \
	"struct v { u64 packets; u32 kind; }; BPF_HASH(t, u32, struct v);
int f(struct __sk_buff *skb) { u32 k = skb->len; struct v first = { .kind = 3 };
struct v *v = t.lookup_or_try_init(&k, &first); if (v) lock_xadd(&v->packets, 1); return -1; }"
silent "what was seen is no count" "$first" "$(begun 'n = 1; if (!t.lookup(&k)) t.update(&k, &n);')"

shared() { # TYPE STATEMENT
	echo "$types
struct v { u64 packets; $1 m; }; BPF_HASH(t, u32, struct v);
int f(struct __sk_buff *skb) { u32 k = 0; struct v *v = t.lookup(&k), zero = {}; u64 now = bpf_ktime_get_ns();
if (!v) v = t.lookup_or_try_init(&k, &zero); if (!v) return -1;
lock_xadd(&v->packets, 1); $2 return -1; }"
}
extreme="a maximum or minimum in 't' can be lost"
says "a maximum that CPUs share" "$extreme" "$(shared u32 "$longest")"
says "a minimum that CPUs share" "$extreme" "$(shared u32 'if (skb->len < v->m) v->m = skb->len;')"
says "a minimum of those that are not 0" "$extreme" \
	"$(shared u32 'if (!v->m || skb->len - 14 < v->m) v->m = skb->len - 14;')"
says "a maximum without a branch" "$extreme" "$(shared u64 'v->m = now > v->m ? now : v->m;')"
silent "a latest time" "$extreme" "$(shared u64 'v->m = now;')"
silent "a time that is over" "$extreme" "$(shared u64 'if (now - v->m > 1000) v->m = now;')"
silent "a maximum per CPU" "$extreme" "$(member u32 "$longest")"
silent "a comparison with another member" "$extreme" "$(shared u64 'if (now > v->packets) v->m = now;')"

together "numbers that are others than they seem"

# --- tables that the kernel refuses

refused() { # SENTENCE WORDS DECLARATION
	checked "$3 $tc"
	equal "$1: check fails" "$STATUS" 1
	contains "$1: says what it asks" "$ERRORS" "$2"
}

refused "an lpm_trie that is allocated ahead" "BPF_LPM_TRIE" \
	'struct p { u32 l, a; }; BPF_TABLE("lpm_trie", struct p, u64, nets, 64);'
refused "a value per CPU over 32 KiB" "32768 bytes" \
	'struct big { char a[32769]; }; BPF_PERCPU_ARRAY(x, struct big, 1);'
refused "three pages of a ring buffer" "power of two" 'BPF_RINGBUF_OUTPUT(x, 3);'
refused "an array with a long key" "4 bytes" 'BPF_TABLE("array", u64, u64, x, 4);'
silent "an lpm_trie by its macro" "refuses" \
	"struct p { u32 l, a; }; BPF_LPM_TRIE(nets, struct p, u64, 64); $tc"
says "increment() of a hash" "write lookup_or_try_init(&key, &zero) and lock_xadd" \
	'BPF_HASH(t, u32, u64); int f(struct __sk_buff *skb) { u32 k = 1; t.increment(k); return -1; }'
says "increment() of an array" "write atomic_increment" \
	'BPF_ARRAY(t, u64, 4); int f(struct __sk_buff *skb) { int k = 1; t.increment(k); return -1; }'
silent "an increment of one's own" "atomic_increment" \
	'BPF_ARRAY(t, u64, 1); int f(struct __sk_buff *skb) { int k = 0; u64 *v = t.lookup(&k);
if (v) (*v)++; return -1; }'
silent_alone "a string that only is compared" "kernel will refuse" \
	'int f(struct __sk_buff *skb) { return skb->mark == (u32)(long)"x" ? 0 : -1; }'

together "tables that the kernel refuses"

# --- what nobody reads, and what nobody fills

in_body() { # TABLES BODY
	printf '%s\nint f(struct __sk_buff *skb) { u32 k = skb->len, zero = 0; u64 one = 1;\n%s\n%s' \
		"$1" "$2" 'return TC_ACT_UNSPEC; }'
}
silent "perf events" "nobody reads" \
	"$(in_body 'BPF_PERF_OUTPUT(e);' 'e.perf_submit_skb(skb, 0, &k, sizeof(k));')"
silent "events in a ring buffer" "nobody reads" \
	"$(in_body 'BPF_RINGBUF_OUTPUT(e, 8);' 'e.ringbuf_output(&k, sizeof(k), 0);')"
silent "prints" "does not show" "$(in_body '' 'bpf_trace_printk("x\n");')"
says "a print that asks for more than it has" "asks for more values than there are" \
	"$(in_body '' 'bpf_trace_printk("%d\n");')"
says "a program array without a program" "nothing fills the program array 'j'" \
	"$(in_body 'BPF_PROG_ARRAY(j, 4);' 'j.call(skb, 1);')"
also "a program array without a program: what to write" "@tail j["
silent_alone "a program array with its tag" "program array" "/* @ingress f
 * @tail j[1] g */
$(in_body 'BPF_PROG_ARRAY(j, 4);' 'j.call(skb, 1);')
int g(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }"
says_alone "a slot without a program" "nothing fills slot 2 of the program array 'j'" "/* @ingress f
 * @tail j[1] g */
$(in_body 'BPF_PROG_ARRAY(j, 4);' 'if (k > 99) j.call(skb, 1); j.call(skb, 2);')
int g(struct __sk_buff *skb) { return TC_ACT_UNSPEC; }"
says "a hash that is only looked up" "'t' is only looked up" \
	"$(in_body 'BPF_HASH(t, u32, u64);' 'u64 *v = t.lookup(&k); if (v) lock_xadd(v, 1);')"
also "a hash that is only looked up: how to fill it" "hint: --set 't[1]'"
says "a list of prefixes" "'t' is only looked up" \
	"$(in_body 'BPF_LPM_TRIE(t, u64, u64, 8);' 'u64 *v = t.lookup(&one); if (v) k = *v;
if (k) t.delete(&one);')"
for fill in 't.update(&k, &one);' 't.insert(&k, &one);' 't.increment(k);' \
	'u64 *v = t.lookup_or_try_init(&k, &one); if (v) lock_xadd(v, 1);'; do
	silent "a hash filled by '$fill'" "only looked up" \
		"$(in_body 'BPF_HASH(t, u32, u64);' "if (t.lookup(&k)) k++; $fill")"
done
says "an array that is only read" "'t' is only read" "$(in_body 'BPF_ARRAY(t, u64, 1);' \
	'u64 *v = t.lookup(&zero); if (v && *v) bpf_skb_pull_data(skb, 0);')"
silent "an array that is only read, and tagged as internal" "only read" "/* @hide t */
$(in_body 'BPF_ARRAY(t, u64, 1);' 'u64 *v = t.lookup(&zero); if (v && *v) bpf_skb_pull_data(skb, 0);')"
silent "an array that counts" "only read" \
	"$(in_body 'BPF_ARRAY(t, u64, 1);' 'u64 *v = t.lookup(&zero); if (v) lock_xadd(v, 1);')"
silent "an array that a helper writes into" "only read" "$(in_body 'BPF_ARRAY(t, u64, 1);' \
	'u64 *v = t.lookup(&zero); if (v) bpf_skb_load_bytes(skb, 0, v, 8);')"
silent "a table that is not used" "only" "$(in_body 'BPF_HASH(t, u32, u64);' '')"
silent_alone "a table that another function fills" "only looked up" "/* @ingress f
 * @egress g */
$(in_body 'BPF_HASH(t, u32, u64);' 'if (t.lookup(&k)) return 0;')
int g(struct __sk_buff *skb) { u32 k = skb->len; t.increment(k); return TC_ACT_UNSPEC; }"
says_alone "a table that only a probe would fill" "'t' is only looked up" \
	"#include <uapi/linux/ptrace.h>
$(in_body 'BPF_HASH(t, u32, u64);' 'if (t.lookup(&k)) return 0;')
int g(struct pt_regs *c) { u32 k = 1; t.increment(k); return 0; }"

index() { # STATEMENTS
	echo "BPF_PERCPU_ARRAY(t, u64, 100);
int f(struct __sk_buff *skb) { int i = skb->len; $1 u64 *v = t.lookup(&i); if (v) (*v)++; return -1; }"
}
says "a length is an array's index" "'t' has 100 slots, and skb->len can be out of that range" "$(index '')"
silent "a length that is compared" "slots" "$(index 'if (i >= 100) i = 99;')"
silent "a length that is compared, and else not counted" "slots" "$(index 'if (i > 90) return -1;')"
silent "a length that is masked" "slots" "$(index 'i &= 63;')"

packet_index() { # SLOTS STATEMENTS
	echo "BPF_PERCPU_ARRAY(t, u64, $1);
int f(struct __sk_buff *skb) { u32 i = 0; u16 port = 0; $2
u64 *v = t.lookup(&i); if (v) (*v)++; return -1; }"
}
load='bpf_skb_load_bytes(skb, 36, &port, 2);'
says "a port is an array's index" "a number from the packet can be out of that range" \
	"$(packet_index 1024 "$load i = ntohs(port);")"
says "a word is an array's index" "out of that range" "$(packet_index 64 'i = load_word(skb, 26);')"
says "a word that is loaded there" "out of that range" \
	"$(packet_index 64 'bpf_skb_load_bytes(skb, 26, &i, 4);')"
silent "a port with room for all" "out of that range" "$(packet_index 65536 "$load i = ntohs(port);")"
silent "a port that is compared" "out of that range" \
	"$(packet_index 1024 "$load i = ntohs(port); if (i >= 1024) return -1;")"
silent "a port that is masked" "out of that range" "$(packet_index 1024 "$load i = ntohs(port) & 1023;")"
silent "a port that is divided" "out of that range" "$(packet_index 1024 "$load i = ntohs(port) / 64;")"
silent "a byte" "out of that range" "$(packet_index 256 'u8 b = 0; bpf_skb_load_bytes(skb, 23, &b, 1); i = b;')"

silent "what jiffies' hint says" "error" 'int f(struct __sk_buff *skb) { return bpf_jiffies64() & 1; }'
together "what nobody reads, and what nobody fills"

checked 'int f(struct __sk_buff *skb) { return jiffies & 1; }'
contains "jiffies: what to write" "$ERRORS" "bpf_jiffies64()"
checked 'int f(struct __sk_buff *skb) { return skb_vlan_tag_present(skb); }'
contains "a VLAN's tag without its header: what to write" "$ERRORS" "skb->vlan_present"

# --- what is typed in place of a file ---
typed() { ERRORS=$("$SKBSCOPE" check -e "$1" 2>&1 >"$WORK/stdout"); STATUS=$?; }
typed 'BPF_HISTOGRAM(sizes); sizes.atomic_increment(bpf_log2l(skb->len));'
equal "a text is the body of a function: it compiles" "$STATUS" 0
contains "a text is the body of a function" "$(cat "$WORK/stdout")" "-e (-e)"
typed $'struct key { eth_proto_t proto; };\nBPF_HASH(a, struct key);\nstruct key k = { skb->protocol }; a.increment(k);'
equal "a type stands before the table that has it" "$STATUS" 0
typed $'#define ONE 1\nBPF_HASH(a); if (skb->len > ONE)\n\treturn TC_ACT_SHOT;'
contains "its line is told" "$ERRORS" "-e:3:"
contains "its text is told" "$ERRORS" '3 |  return TC_ACT_SHOT;'
typed $'BPF_HASH(a, u32);\nu32 key = 0; a.increment(kye);'
equal "a text that does not compile" "$STATUS" 3
contains "a mistake is at the text's own line and column" "$ERRORS" "-e:2:26: error: use of undeclared"
contains "a mistake is quoted as it was typed" "$ERRORS" "2 | u32 key = 0; a.increment(kye);"
typed 'u64 k = 0, *v; BPF_HASH(a); v = a.lookup(&k); *v = 1;'
[ "$STATUS" != 4 ] || contains "what the verifier refuses is quoted as it was typed" "$ERRORS" \
	"1 | u64 k = 0, *v; BPF_HASH(a); v = a.lookup(&k); *v = 1;"
ERRORS=$(echo 'int g(struct __sk_buff *skb) { return nothing; }' | "$SKBSCOPE" check - 2>&1)
contains "a program on stdin is one as it is" "$ERRORS" "-:1:39: error: use of undeclared identifier 'nothing'"
contains "what a text becomes can be seen" "$("$SKBSCOPE" show --source -e 'BPF_HASH(a); a.increment(skb->len);')" \
	"int f(struct __sk_buff *skb) {"

finish
