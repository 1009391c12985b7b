/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in the manner of public ones, each for a kind of name that it expects from the
 * kernel's headers: macros, member macros and inline functions are in no BTF, so the small
 * tree has to have them. None of these may need the kernel's own headers. All of a kind in one
 * program; when tests soak, and where that one is not fine, each alone: so no row is served by
 * the headers of another.
 */
#include "harness.h"

#include <errno.h>
#include <skbscope/compile.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "program/compiler.h"

/* What of the small tree a program needs. */
enum need { PLAIN, KERNEL_TYPES };

/* The body of one function of this parameter, below these headers. */
struct row {
	const char *name, *includes, *parameter, *body;
	enum need need;
};

#define I(header) "#include <" header ">\n"
#define PACKET "struct __sk_buff *skb"
#define PROBE "struct pt_regs *ctx, struct sock *sk"
#define PROBE_SKB "struct pt_regs *ctx, struct sk_buff *skb"

static const struct row rows[] = {
	/* strings */
	{ "strcpy", "", PACKET, "char to[8]; strcpy(to, \"abc\"); key = to[1];", PLAIN },
	{ "strncpy", I("linux/string.h"), PACKET,
	  "char to[8]; strncpy(to, \"abc\", sizeof(to)); key = to[7];", PLAIN },
	{ "bzero", I("string.h"), PACKET,
	  "struct { u32 a; u8 b; } k; bzero(&k, sizeof(k)); k.b = 1; key = k.a;", PLAIN },
	{ "strlen", "", PACKET, "key = strlen(\"abc\");", PLAIN },
	{ "strcmp", I("string.h"), PACKET,
	  "key = strcmp(\"a\", \"b\") + strncmp(\"ab\", \"ac\", 1);", PLAIN },
	{ "a strlen of its own",
	  "static inline int strlen(const char *s) { return s[0] ? 1 : 0; }\n", PACKET,
	  "char text[4] = {}; text[0] = skb->len; key = strlen(text);", KERNEL_TYPES },
	/* sockets */
	{ "a socket's family and addresses", I("net/sock.h"), PROBE,
	  "if (sk->sk_family == AF_INET) key = sk->sk_daddr ^ sk->sk_rcv_saddr;", KERNEL_TYPES },
	{ "a socket's ports", I("net/sock.h"), PROBE,
	  "u16 from = sk->sk_num, to = sk->sk_dport; key = from + ntohs(to);", KERNEL_TYPES },
	{ "a socket's state", I("net/sock.h") I("net/tcp_states.h"), PROBE,
	  "u8 state = sk->sk_state; key = state == TCP_LISTEN;", KERNEL_TYPES },
	{ "a socket's IPv6 addresses", I("net/sock.h"), PROBE,
	  "struct in6_addr a = sk->sk_v6_daddr; key = a.s6_addr32[3];", KERNEL_TYPES },
	{ "a socket's device", I("net/sock.h"), PROBE, "key = sk->sk_bound_dev_if;", KERNEL_TYPES },
	{ "inet_sk", I("net/inet_sock.h"), PROBE, "u16 port = inet_sk(sk)->inet_sport; key = port;",
	  KERNEL_TYPES },
	{ "inet_sock's macros", I("net/inet_sock.h"), PROBE,
	  "struct inet_sock *in = inet_sk(sk); u16 port = in->inet_dport; "
	  "key = in->inet_daddr + in->inet_rcv_saddr + port + in->inet_num;",
	  KERNEL_TYPES },
	{ "tcp_sk", I("linux/tcp.h"), PROBE,
	  "struct tcp_sock *tp = tcp_sk(sk); key = tp->srtt_us >> 3;", KERNEL_TYPES },
	{ "tcp_sk at once", I("net/tcp.h"), PROBE, "key = tcp_sk(sk)->snd_cwnd;", KERNEL_TYPES },
	{ "inet_csk", I("net/inet_connection_sock.h"), PROBE, "key = inet_csk(sk)->icsk_rto;",
	  KERNEL_TYPES },
	{ "udp_sk", I("linux/udp.h"), PROBE, "key = udp_sk(sk)->len;", KERNEL_TYPES },
	{ "what is in flight", I("net/tcp.h"), PROBE,
	  "struct tcp_sock *tp = tcp_sk(sk); key = tcp_packets_in_flight(tp);", KERNEL_TYPES },
	{ "request sockets", I("net/inet_sock.h"), "struct pt_regs *ctx, struct request_sock *req",
	  "struct inet_request_sock *ireq = (struct inet_request_sock *)req; "
	  "key = ireq->ir_rmt_addr + ireq->ir_num;",
	  KERNEL_TYPES },
	{ "time-wait sockets", I("net/inet_timewait_sock.h"), PROBE,
	  "struct inet_timewait_sock *tw = inet_twsk(sk); key = tw->tw_daddr;", KERNEL_TYPES },
	/* the kernel's own sk_buff */
	{ "ip_hdr", I("linux/ip.h"), PROBE_SKB, "struct iphdr *ip = ip_hdr(skb); key = ip->saddr;",
	  KERNEL_TYPES },
	{ "tcp_hdr", I("net/tcp.h"), PROBE_SKB,
	  "struct tcphdr *tcp = tcp_hdr(skb); u16 port = tcp->source; key = port;", KERNEL_TYPES },
	{ "udp_hdr", I("linux/udp.h"), PROBE_SKB, "u16 port = udp_hdr(skb)->dest; key = port;",
	  KERNEL_TYPES },
	{ "eth_hdr", I("linux/if_ether.h"), PROBE_SKB,
	  "struct ethhdr *eth = eth_hdr(skb); u16 type = eth->h_proto; key = type;", KERNEL_TYPES },
	{ "header offsets", I("linux/skbuff.h"), PROBE_SKB,
	  "key = (u64)skb_network_header(skb) + skb_headlen(skb) + skb_is_nonlinear(skb);",
	  KERNEL_TYPES },
	{ "gso", I("linux/skbuff.h"), PROBE_SKB, "key = skb_shinfo(skb)->gso_size;", KERNEL_TYPES },
	{ "queues", I("linux/skbuff.h"), PROBE_SKB,
	  "if (skb_rx_queue_recorded(skb)) key = skb_get_rx_queue(skb);", KERNEL_TYPES },
	{ "TCP_SKB_CB", I("net/tcp.h"), PROBE_SKB, "key = TCP_SKB_CB(skb)->seq;", KERNEL_TYPES },
	/* protocols on packets */
	{ "VLAN depth", I("linux/if_vlan.h"), PACKET,
	  "key = VLAN_MAX_DEPTH + (skb->vlan_tci & VLAN_VID_MASK);", PLAIN },
	{ "fragments", I("net/ip.h"), PACKET,
	  "u16 off = 0; bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, frag_off), "
	  "&off, 2); key = (off & htons(IP_MF | IP_OFFSET)) ? 1 : off & htons(IP_DF);",
	  PLAIN },
	{ "TCP options", I("net/tcp.h"), PACKET,
	  "key = TCPOPT_TIMESTAMP + TCPOLEN_TSTAMP_ALIGNED + TCPOPT_FASTOPEN + TCPHDR_SYN;",
	  PLAIN },
	{ "flow labels", I("net/ipv6.h"), PACKET,
	  "struct ipv6hdr ip; bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)); "
	  "key = ip6_flowlabel(&ip) & IPV6_FLOWLABEL_MASK;",
	  PLAIN },
	{ "addresses", I("linux/in.h"), PACKET,
	  "key = ipv4_is_multicast(skb->len) + (skb->len == INADDR_LOOPBACK) + AF_INET6;", PLAIN },
	{ "VXLAN", I("net/vxlan.h"), PACKET,
	  "struct vxlanhdr h; bpf_skb_load_bytes(skb, 42, &h, sizeof(h)); key = h.vx_vni;", PLAIN },
	{ "GRE", I("net/gre.h"), PACKET,
	  "struct gre_base_hdr h; bpf_skb_load_bytes(skb, 34, &h, sizeof(h)); key = h.flags;",
	  PLAIN },
	{ "Geneve", I("net/geneve.h"), PACKET,
	  "struct genevehdr h; bpf_skb_load_bytes(skb, 42, &h, sizeof(h)); key = h.vni[0];",
	  PLAIN },
	{ "MPLS", I("net/mpls.h"), PACKET,
	  "struct mpls_shim_hdr h; bpf_skb_load_bytes(skb, 14, &h, sizeof(h)); "
	  "key = ntohl(h.label_stack_entry) >> MPLS_LS_LABEL_SHIFT;",
	  PLAIN },
	{ "ERSPAN", I("net/erspan.h"), PACKET,
	  "struct erspan_base_hdr h; bpf_skb_load_bytes(skb, 42, &h, sizeof(h)); "
	  "_Static_assert(sizeof(h) == 4, \"\"); "
	  "key = get_session_id(&h) + get_vlan(&h) + erspan_hdr_len(h.ver);",
	  PLAIN },
	{ "802.11", I("linux/ieee80211.h"), PACKET,
	  "struct ieee80211_hdr h; bpf_skb_load_bytes(skb, 0, &h, sizeof(h)); "
	  "_Static_assert(sizeof(h) == 30 && sizeof(struct ieee80211_hdr_3addr) == 24 && "
	  "sizeof(struct ieee80211_qos_hdr) == 26 && "
	  "offsetof(struct ieee80211_mgmt, u.beacon.variable) == 36, \"\"); "
	  "_Static_assert(ieee80211_is_beacon(cpu_to_le16(0x0080)) && "
	  "!ieee80211_is_beacon(cpu_to_le16(0x0088)) && ieee80211_is_data_qos(cpu_to_le16(0x0188)) "
	  "&& "
	  "ieee80211_is_data_present(cpu_to_le16(8)) && "
	  "!ieee80211_is_data_present(cpu_to_le16(0xc8)) && "
	  "ieee80211_has_a4(cpu_to_le16(0x0308)) && !ieee80211_has_a4(cpu_to_le16(0x0108)), \"\"); "
	  "key = ieee80211_get_SA(&h)[5] + IEEE80211_SEQ_TO_SN(le16_to_cpu(h.seq_ctrl));",
	  PLAIN },
	{ "cfg80211", I("net/cfg80211.h"), PACKET,
	  "key = NL80211_IFTYPE_STATION + (skb->len == IEEE80211_MAX_FRAME_LEN);", PLAIN },
	/* arithmetic, bits, time */
	{ "a struct from its member", I("linux/kernel.h"), PACKET,
	  "struct pair { u32 a, b; } p = { 1, skb->len }; key = container_of(&p.b, struct pair, "
	  "b)->a;",
	  PLAIN },
	{ "bit fields", I("linux/bitfield.h"), PACKET,
	  "key = FIELD_GET(GENMASK(11, 4), skb->len) + FIELD_PREP(0xf0, 3);", PLAIN },
	{ "bit maps", I("linux/bitops.h"), PACKET,
	  "unsigned long map[2] = {}; __set_bit(65, map); key = test_bit(65, map) + BIT_WORD(64);",
	  PLAIN },
	{ "constants with a suffix", I("linux/const.h") I("linux/pkt_cls.h"), PACKET,
	  "key = _AC(1, UL) + TC_ACT_OK;", PLAIN },
	{ "time", I("linux/ktime.h") I("linux/jiffies.h"), PACKET,
	  "u64 now = bpf_ktime_get_ns(); key = ktime_to_us(now) + time_after64(now, NSEC_PER_SEC);",
	  PLAIN },
	{ "rounding", I("linux/kernel.h"), PACKET,
	  "key = min_t(u32, skb->len, 9) + DIV_ROUND_UP(skb->len, 8) + mult_frac(skb->len, 3, 4);",
	  PLAIN },
	{ "options of the build", I("linux/kconfig.h"), PACKET, "key = IS_ENABLED(CONFIG_IPV6);",
	  PLAIN },
	{ "lists", I("linux/list.h"), PACKET,
	  "struct node { u32 a; struct list_head list; } n = { skb->len }; "
	  "key = list_entry(&n.list, struct node, list)->a;",
	  PLAIN },
	{ "ticks", I("linux/jiffies.h"), PACKET,
	  "_Static_assert(HZ >= 24 && HZ <= 1200, \"HZ\"); key = TICK_NSEC;", PLAIN },
	{ "the tag of a VLAN", I("linux/if_vlan.h"), PACKET,
	  "key = skb_vlan_tag_present(skb) + skb_vlan_tag_get_id(skb);", PLAIN },
	{ "limits", I("linux/limits.h") I("linux/sizes.h"), PACKET, "key = PATH_MAX + SZ_4K;",
	  PLAIN },
	{ "tables of the kernel's", I("linux/hashtable.h"), PACKET,
	  "DECLARE_HASHTABLE(heads, 3); key = HASH_SIZE(heads);", PLAIN },
	{ "headers that only lead to types",
	  I("linux/seqlock.h") I("linux/ratelimit.h") I("net/xfrm.h") I("net/gro.h")
		  I("net/sctp/sctp.h") I("net/ip6_tunnel.h") I("linux/sched/signal.h"),
	  PACKET, "key = skb->len;", PLAIN },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct outcome compile_text(const struct buffer *text)
{
	const struct skbscope_compile_options options = { .size = sizeof(options),
							  .timeout_ms = 30000 * test_slowness() };
	struct outcome outcome = { .code = -ENOMEM };
	struct skbscope_source *source = NULL;

	if (text->failed || skbscope_diagnostics_new(&outcome.diagnostics) < 0 ||
	    skbscope_source_from_text("mine.c", text->data, text->length, &source, &outcome.error) <
		    0)
		return outcome;
	outcome.code = skbscope_compiler_compile(test_compiler(), source, &options, &outcome.image,
						 NULL, outcome.diagnostics, &outcome.error);
	skbscope_source_free(source);
	return outcome;
}

static void put_function(size_t number, const char *parameter, const char *body,
			 struct buffer *text)
{
	buffer_printf(text,
		      "int look%zu(%s)\n{\n\tu32 key = 0;\n\t%s\n"
		      "\ttable.increment(key);\n\treturn -1;\n}\n",
		      number, parameter, body);
}

static struct outcome compile(const char *includes, const char *parameter, const char *body)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_printf(&text, "%sBPF_HASH(table, u32, u64);\n", includes);
	put_function(0, parameter, body, &text);
	return compile_text(&text);
}

static const char *first_message(const struct outcome *outcome)
{
	return skbscope_diagnostics_count(outcome->diagnostics)
		       ? skbscope_diagnostics_get(outcome->diagnostics, 0)->message
		       : outcome->error.message;
}

static bool is_fine(const struct outcome *outcome, enum need need)
{
	return outcome->code == 0 && outcome->image->headers == SKBSCOPE_HEADERS_UAPI &&
	       outcome->image->kernel_types == (need == KERNEL_TYPES) &&
	       skbscope_diagnostics_count(outcome->diagnostics) == 0;
}

/* It brings what another row has from a header. */
static bool stands_alone(const struct row *row)
{
	return row->includes[0] && row->includes[0] != '#';
}

static bool are_fine_together(enum need need)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(outcome_clear) struct outcome outcome = { 0 };

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].need == need && !stands_alone(&rows[i]))
			buffer_string(&text, rows[i].includes);
	buffer_string(&text, "BPF_HASH(table, u32, u64);\n");
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].need == need && !stands_alone(&rows[i]))
			put_function(i, rows[i].parameter, rows[i].body, &text);
	outcome = compile_text(&text);
	if (!is_fine(&outcome, need))
		printf("together: %s\n", first_message(&outcome));
	return is_fine(&outcome, need);
}

static void check_each(enum need need, bool all)
{
	for (size_t i = 0; i < ROWS; i++) {
		AUTO(outcome_clear) struct outcome outcome = { 0 };

		if (rows[i].need != need || !(all || stands_alone(&rows[i])))
			continue;
		outcome = compile(rows[i].includes, rows[i].parameter, rows[i].body);
		if (!is_fine(&outcome, need))
			fprintf(stderr, "%s: %s\n", rows[i].name, first_message(&outcome));
		CHECK(is_fine(&outcome, need));
	}
}

TEST(a_program_needs_no_headers_of_the_kernel_for_its_macros)
{
	const bool soaks = getenv("SKBSCOPE_TEST_SOAK");

	for (enum need need = PLAIN; need <= KERNEL_TYPES; need++)
		check_each(need, soaks || !are_fine_together(need));
}

/* In a header of the tree, nothing is anybody's fault but the tree's. */
TEST(no_header_of_the_tree_has_a_warning)
{
	AUTO(outcome_clear)
	struct outcome outcome =
		compile(I("linux/pkt_cls.h") I("linux/if_vlan.h") I("net/tcp.h") I("net/udp.h")
				I("net/ip.h") I("net/vxlan.h") I("net/geneve.h") I("net/gre.h")
					I("net/mpls.h") I("net/erspan.h") I("net/cfg80211.h")
						I("linux/etherdevice.h") I("linux/bitfield.h")
							I("linux/kdev_t.h"),
			PACKET, "key = nothing;");

	CHECK(outcome.code < 0);
	for (size_t i = 0; i < skbscope_diagnostics_count(outcome.diagnostics); i++)
		CHECK_NUMBER(skbscope_diagnostics_get(outcome.diagnostics, i)->severity,
			     SKBSCOPE_SEVERITY_ERROR);
	CHECK(!strstr(skbscope_diagnostics_log(outcome.diagnostics), "warning"));
}

TEST(a_misspelt_macro_is_an_error_that_names_it)
{
	static const struct {
		const char *includes, *parameter, *body, *message;
	} wrong[] = {
		{ I("net/sock.h"), PROBE, "key = sk->sk_famly;",
		  "no member named 'sk_famly' in 'struct sock'" },
		{ I("linux/if_vlan.h"), PACKET, "key = VLAN_MAX_DEPHT;", "'VLAN_MAX_DEPHT'" },
		{ I("net/inet_sock.h"), PROBE, "u16 port = inet_ks(sk)->inet_sport; key = port;",
		  "'inet_ks'" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		AUTO(outcome_clear)
		struct outcome outcome =
			compile(wrong[i].includes, wrong[i].parameter, wrong[i].body);

		CHECK(outcome.code < 0);
		CHECK_CONTAINS(first_message(&outcome), wrong[i].message);
	}
}

/* A member macro is the header's own: programs name their fields so. */
TEST(a_header_does_not_bring_the_macros_of_another)
{
	AUTO(outcome_clear)
	struct outcome outcome = compile(
		I("linux/skbuff.h") I("linux/ip.h") I("linux/if_vlan.h"), PACKET,
		"struct event { u16 sk_family, inet_num; } e = { 1, 2 }; key = e.inet_num;");

	CHECK_NUMBER(outcome.code, 0);
}
