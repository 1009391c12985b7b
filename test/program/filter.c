/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tcpdump expression in front of a function lets the packets through that libpcap's own
 * interpreter lets through: in test runs, on a veth, where the kernel takes tags off, and on a
 * tun. There tcpdump's own capture of the same packets is another judge.
 */
#define bpf_insn pcap_bpf_insn
#include <pcap/pcap.h>
#undef bpf_insn

#include "network.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/filter.h"
#include "image/rewrite.h"

#define FRAMES 600
#define FRAME_MAX 160
#define MATCHED 7
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const expressions[] = {
	"arp",
	"ip",
	"ip6",
	"vlan",
	"vlan 5",
	"vlan and ip",
	"vlan 5 and tcp port 80",
	"vlan and udp",
	"not vlan",
	"tcp",
	"udp",
	"icmp",
	"tcp port 80",
	"udp port 53",
	"port 80 or port 53",
	"tcp dst port 80",
	"src port 53",
	"host 10.0.0.1",
	"src host 10.0.0.1",
	"dst host 10.0.0.2",
	"net 10.0.0.0/8",
	"not net 10.0.0.0/8",
	"portrange 50-90",
	"ip6 host fe80::1",
	"ip6 and tcp port 80",
	"icmp6",
	"ether host 02:00:00:00:00:01",
	"ether src 02:00:00:00:00:02",
	"ether broadcast",
	"ether multicast",
	"ether proto 0x8100",
	"ether proto 0x88a8",
	"ether[0] & 1 != 0",
	"ip[8] < 64",
	"ip[6:2] & 0x1fff = 0",
	"tcp[13] & 2 != 0",
	"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	"len > 90",
	"less 60",
	"greater 100",
	"len >= 0",
	"ether[14:4] = 0x45000000",
	"ether[12:4] != 0",
	"ether[13:2] != 0",
	"ether[11:4] != 0",
	"ether[15] = 5",
	"ether[len - 1] != 0",
	"ether[14 + ether[20] % 8] > 7",
	"ether[10 + ether[20] % 8 : 2] > 700",
	"ether[7 + ether[20] % 11 : 4] > 0x10000000",
	"ip[0] * 2 / 3 > 40",
	"1 << ip[9] = 64",
	"vlan and vlan",
	"vlan and arp",
	"udp and not port 53 and net 10.0.0.0/8",
	"ip proto 17 or ip6 proto 17",
	"ether[70:2] > 500",
	"inbound",
};
/* For packets that begin with the IP header. */
static const char *const bare_expressions[] = {
	"ip",         "ip6",      "tcp port 80",   "host 10.0.0.1", "udp and not port 53",
	"ip[8] < 64", "len > 80", "icmp or icmp6",
};

static uint32_t state = 23;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % below;
}

struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t length;
};

static uint32_t put(struct frame *frame, uint32_t at, uint32_t value, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		frame->bytes[at + i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	return at + size;
}

static const uint32_t ports[] = { 80, 53, 443, 4660 };

static void make_ip(struct frame *frame, uint32_t at)
{
	static const uint32_t protocols[] = { 6, 17, 1 };
	const uint32_t options = draw(4) ? 0 : 4 * draw(3), next = at + 20 + options;

	put(frame, at, 0x45 + options / 4, 1);
	put(frame, at + 1, 0, 1);
	put(frame, at + 2, 40 + draw(30), 2);
	put(frame, at + 6, draw(5) ? 0 : draw(0x2000), 2);
	put(frame, at + 8, draw(2) ? 64 : 1 + draw(63), 1);
	put(frame, at + 9, protocols[draw(3)], 1);
	put(frame, at + 12, (draw(3) ? 0x0a000000 : 0xc0a80000) + 1 + draw(2), 4);
	put(frame, at + 16, (draw(3) ? 0x0a000000 : 0xc0a80000) + 1 + draw(2), 4);
	put(frame, next, ports[draw(4)], 2);
	put(frame, next + 2, ports[draw(4)], 2);
	put(frame, next + 12, 0x50, 1);
	put(frame, next + 13, draw(32), 1);
}

static void make_ip6(struct frame *frame, uint32_t at)
{
	static const uint32_t protocols[] = { 6, 17, 58 };

	put(frame, at, 0x60000000, 4);
	put(frame, at + 6, protocols[draw(3)], 1);
	put(frame, at + 8, 0xfe800000, 4);
	put(frame, at + 20, 1 + draw(2), 4);
	put(frame, at + 24, 0xfe800000, 4);
	put(frame, at + 36, 1 + draw(2), 4);
	put(frame, at + 40, ports[draw(4)], 2);
	put(frame, at + 42, ports[draw(4)], 2);
}

static void make_payload(struct frame *frame, uint32_t at, uint32_t type)
{
	if (type == ETH_P_IP)
		make_ip(frame, at);
	else if (type == ETH_P_IPV6)
		make_ip6(frame, at);
}

/* Any bytes with headers over them; tags whole, as the kernel drops frames cut in one. */
static void make_frame(struct frame *frame)
{
	static const uint32_t types[] = { ETH_P_IP, ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, 0x88cc };
	const uint32_t tags = draw(3) ? 0 : 1 + !draw(4), type = types[draw(5)];
	uint32_t at = 12;

	for (uint32_t i = 0; i < FRAME_MAX; i++)
		frame->bytes[i] = (uint8_t)draw(256);
	put(frame, 0, draw(5) ? 0x02000000 : 0xffffffff, 4);
	put(frame, 4, draw(5) ? 1 : 0xffff, 2);
	put(frame, 6, 0x02000000, 4);
	put(frame, 10, 1 + draw(2), 2);
	for (uint32_t i = 0; i < tags; i++) {
		at = put(frame, at, draw(4) || i ? ETH_P_8021Q : ETH_P_8021AD, 2);
		at = put(frame, at, draw(2) ? 5 : draw(4096), 2);
	}
	put(frame, at, type, 2);
	make_payload(frame, at + 2, type);
	frame->length = draw(4) ? FRAME_MAX - draw(60) : at + 2 + draw(40);
	if (frame->length < at + 6)
		frame->length = at + 6;
}

static struct frame frames[FRAMES];

static void make_frames(void)
{
	for (size_t i = 0; i < FRAMES; i++)
		make_frame(&frames[i]);
}

static bool libpcap_matches(const struct bpf_program *filter, const struct frame *frame)
{
	const struct pcap_pkthdr header = { .caplen = frame->length, .len = frame->length };

	return pcap_offline_filter(filter, &header, frame->bytes) != 0;
}

static bool libpcap_compiles(const char *expression, int link, struct bpf_program *out)
{
	pcap_t *dead = pcap_open_dead(link, 262144);
	const bool done = pcap_compile(dead, out, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;

	if (!done)
		fprintf(stderr, "'%s': %s\n", expression, pcap_geterr(dead));
	pcap_close(dead);
	return done;
}

/* As the worker makes it, without the time that starting one takes. */
static bool compiles_here(const char *expression, int link, struct classic *out)
{
	struct bpf_program code;
	bool done;

	if (!libpcap_compiles(expression, link, &code))
		return false;
	done = classic_read(code.bf_insns, code.bf_len * sizeof(*code.bf_insns), out, NULL) == 0;
	pcap_freecode(&code);
	return done;
}

/* For packets with an Ethernet header, and without at the interface BARE (0: none). */
static struct skbscope_filter *make_filter(const char *expression, bool ethernet, uint32_t bare)
{
	struct skbscope_filter *filter = calloc(1, sizeof(*filter));

	if (!filter || !(filter->expression = strdup(expression)) ||
	    !(filter->bare_interfaces = calloc(1, sizeof(uint32_t))))
		abort();
	filter->bare_interfaces[0] = bare;
	filter->bare_interface_count = bare != 0;
	if ((!ethernet || compiles_here(expression, DLT_EN10MB, &filter->ethernet)) &&
	    (!bare || compiles_here(expression, DLT_RAW, &filter->bare)))
		return filter;
	skbscope_filter_free(filter);
	return NULL;
}

/* A function that answers MATCHED, behind the filter; a descriptor or a negative errno. */
static int load(const struct skbscope_filter *filter, struct skbscope_error *error)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = MATCHED },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct skbscope_image_program program = { .name = "function",
							.instructions = insns,
							.instruction_count = LENGTH(insns) };
	const struct rewrite_request request = { .passes = REWRITE_FILTER,
						 .filter = filter,
						 .direction = FILTER_INCOMING };
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	int r = rewrite_program(&program, &request, &code, error);

	if (r < 0)
		return r;
	r = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "filter", "GPL", code.instructions,
			  code.instruction_count, NULL);
	return r < 0 ? -errno : r;
}

static int32_t run_on(int fd, const struct frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->length, .repeat = 1);

	return bpf_prog_test_run_opts(fd, &options) < 0 ? INT32_MIN : (int32_t)options.retval;
}

/* Newer kernels run nothing on a frame that is cut in its IP header; the live test has those. */
static bool is_run(const struct frame *frame)
{
	const int type = frame->bytes[12] << 8 | frame->bytes[13];

	return frame->length >= 14 + (type == ETH_P_IP ? 20 : type == ETH_P_IPV6 ? 40 : 0);
}

static size_t differences(int fd, const struct bpf_program *filter)
{
	size_t different = 0;

	for (size_t i = 0; i < FRAMES; i++)
		different += is_run(&frames[i]) &&
			     run_on(fd, &frames[i]) !=
				     (libpcap_matches(filter, &frames[i]) ? MATCHED : -1);
	return different;
}

static void compare(const char *expression, bool bare)
{
	struct skbscope_filter *filter = make_filter(expression, !bare, bare ? UINT32_MAX : 0);
	struct skbscope_error error = { 0 };
	struct bpf_program theirs;
	int fd = -1;

	REQUIRE(libpcap_compiles(expression, bare ? DLT_RAW : DLT_EN10MB, &theirs));
	if (filter)
		fd = load(filter, &error);
	if (fd < 0)
		fprintf(stderr, "'%s': %d %s\n", expression, fd, error.message);
	CHECK(fd >= 0);
	if (fd >= 0 && strcmp(expression, "inbound") != 0)
		CHECK_NUMBER(differences(fd, &theirs), 0);
	closep(&fd);
	pcap_freecode(&theirs);
	skbscope_filter_free(filter);
}

TEST(frames_that_libpcap_lets_through_reach_the_function)
{
	fixture_needs_root();
	make_frames();
	for (size_t i = 0; i < LENGTH(expressions); i++)
		compare(expressions[i], false);
}

TEST(packets_without_a_link_layer_header_do_so_too)
{
	fixture_needs_root();
	for (size_t i = 0; i < FRAMES; i++) {
		make_frame(&frames[i]);
		make_payload(&frames[i], 0, draw(2) ? ETH_P_IP : ETH_P_IPV6);
	}
	for (size_t i = 0; i < LENGTH(bare_expressions); i++)
		compare(bare_expressions[i], true);
}

static bool send_frames(const char *interface)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_ifindex = (int)if_nametoindex(interface) };
	AUTO(closep) int sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	size_t sent = 0;

	for (size_t i = 0; i < FRAMES; i++)
		sent += sendto(sock, frames[i].bytes, frames[i].length, 0,
			       (const struct sockaddr *)&address,
			       sizeof(address)) == (ssize_t)frames[i].length;
	return sent == FRAMES;
}

static bool make_pair(void)
{
	return run("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
		   "ip link add near type veth peer name far && ip link set near up && "
		   "ip link set far up");
}

static const char counts[] = "BPF_ARRAY(seen, u64, 1);\n"
			     "int count(struct __sk_buff *skb)\n"
			     "{\n"
			     "	seen.atomic_increment(0);\n"
			     "	return 2;\n"
			     "}\n";

/* At one interface, or at two if the other has packets without a link-layer header. */
static bool watch(struct fixture *fixture, const char *expression, bool bare,
		  struct skbscope_filter **filter)
{
	const char *const interfaces[] = { "far", "tun" };
	const struct skbscope_attach_options where = { .size = sizeof(where),
						       .interfaces = interfaces,
						       .interface_count = 1 + bare };

	*filter = make_filter(expression, true, bare ? if_nametoindex("tun") : 0);
	if (!*filter || !fixture_opened(fixture, counts,
					(struct skbscope_session_options){ .filter = *filter }))
		return false;
	return skbscope_session_attach(fixture->session, &where, &fixture->error) == 0;
}

static int64_t expected(const char *expression, int link)
{
	struct bpf_program filter;
	int64_t count = 0;

	if (!libpcap_compiles(expression, link, &filter))
		return -1;
	for (size_t i = 0; i < FRAMES; i++)
		count += libpcap_matches(&filter, &frames[i]);
	pcap_freecode(&filter);
	return count;
}

#define CAPTURE "/run/far.pcap" /* of this test's own /run */

static int64_t counted_by_tcpdump(const char *expression)
{
	char line[512];
	long long count = -1;
	FILE *stream;

	snprintf(line, sizeof(line), "tcpdump -r " CAPTURE " --count '%s' 2>/dev/null", expression);
	stream = popen(line, "r");
	if (!stream || fscanf(stream, "%lld packet", &count) != 1)
		count = -1;
	if (stream)
		pclose(stream);
	return count;
}

static bool capture_begins(void)
{
	return run("tcpdump -i far -w " CAPTURE
		   " -U -s 256 -B 16384 --immediate-mode -Z root 2>/run/far.said "
		   "& echo $! >/run/far.pid; i=0; until grep -qs listening /run/far.said; do "
		   "i=$((i + 1)); [ $i -lt 300 ] || exit 1; sleep 0.1; done");
}

/* When it has all of them. */
static bool capture_ends(void)
{
	bool all = false;

	for (int i = 0; i < 300 && !all; i++) {
		all = counted_by_tcpdump("") == FRAMES;
		if (!all)
			usleep(100000);
	}
	return run("kill $(cat /run/far.pid)") && all;
}

static void check_seen(struct fixture *fixture, const char *expression, int64_t want,
		       const char *by)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	const int64_t seen = fixture_number(snapshot, "seen", 0);

	if (seen != want)
		fprintf(stderr, "'%s': %lld, not %lld as %s has it\n", expression, (long long)seen,
			(long long)want, by);
	CHECK(want >= 0 && seen == want);
	CHECK_NUMBER(fixture_verdicts(snapshot, "count", 2), (uint64_t)want);
	CHECK_NUMBER(fixture_verdicts(snapshot, "count", -1), 0);
	skbscope_snapshot_free(snapshot);
}

/* The kernel takes the outer tag off before tc sees the frame. */
TEST(live_counts_are_those_of_the_same_frames_in_a_file)
{
	static struct fixture fixtures[LENGTH(expressions)];
	static struct skbscope_filter *filters[LENGTH(expressions)];
	const bool has_tcpdump = run("tcpdump --version >/dev/null 2>&1");

	REQUIRE(fresh_network() && make_pair());
	make_frames();
	for (size_t i = 0; i < LENGTH(expressions); i++)
		REQUIRE(watch(&fixtures[i], expressions[i], false, &filters[i]));
	REQUIRE(!has_tcpdump || capture_begins());
	REQUIRE(send_frames("near"));
	REQUIRE(!has_tcpdump || capture_ends());
	for (size_t i = 0; i < LENGTH(expressions); i++) {
		const char *expression = expressions[i];
		const bool inbound = strcmp(expression, "inbound") == 0; /* of no file */

		check_seen(&fixtures[i], expression,
			   inbound ? FRAMES : expected(expression, DLT_EN10MB), "libpcap");
		if (has_tcpdump && !inbound)
			check_seen(&fixtures[i], expression, counted_by_tcpdump(expression),
				   "tcpdump");
	}
	for (size_t i = 0; i < LENGTH(expressions); i++) {
		fixture_close(&fixtures[i]);
		skbscope_filter_free(filters[i]);
	}
}

/* A tun that nobody reads from: what is written to it arrives. Negative: there is none. */
static int make_tun(void)
{
	struct ifreq request = { .ifr_name = "tun", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && (ioctl(fd, TUNSETIFF, &request) < 0 || !run("ip link set tun up")))
		closep(&fd);
	return fd;
}

TEST(each_kind_of_interface_has_the_filter_of_its_packets)
{
	struct fixture fixtures[LENGTH(bare_expressions)];
	struct skbscope_filter *filters[LENGTH(bare_expressions)];
	int64_t want[LENGTH(bare_expressions)];
	AUTO(closep) int tun = -1;

	REQUIRE(fresh_network() && make_pair());
	tun = make_tun();
	SKIP_UNLESS(tun >= 0, "this kernel has no tun");
	make_frames();
	for (size_t i = 0; i < LENGTH(bare_expressions); i++) {
		REQUIRE(watch(&fixtures[i], bare_expressions[i], true, &filters[i]));
		want[i] = expected(bare_expressions[i], DLT_EN10MB);
	}
	REQUIRE(send_frames("near"));
	for (size_t i = 0; i < FRAMES; i++) {
		make_payload(&frames[i], 0, draw(2) ? ETH_P_IP : ETH_P_IPV6);
		REQUIRE(write(tun, frames[i].bytes, frames[i].length) == frames[i].length);
	}
	for (size_t i = 0; i < LENGTH(bare_expressions); i++) {
		want[i] += expected(bare_expressions[i], DLT_RAW);
		check_seen(&fixtures[i], bare_expressions[i], want[i], "libpcap");
		fixture_close(&fixtures[i]);
		skbscope_filter_free(filters[i]);
	}
}
TEST(what_the_worker_makes_of_an_expression_is_what_libpcap_makes_here)
{
	static const char *const some[] = { "tcp port 80", "vlan and icmp", "len > 90" };

	for (size_t i = 0; i < LENGTH(some); i++) {
		const uint32_t bare = 23;
		const struct skbscope_filter_options options = { .size = sizeof(options),
								 .expression = some[i],
								 .ethernet = true,
								 .bare_interfaces = &bare,
								 .bare_interface_count = i != 1 };
		struct skbscope_filter *here = make_filter(some[i], true, i == 1 ? 0 : bare);
		struct skbscope_filter *there = NULL;
		struct skbscope_error error = { 0 };

		CHECK_NUMBER(skbscope_filter_compile(&options, &there, &error), 0);
		CHECK_TEXT(error.message, "");
		REQUIRE(here && there);
		REQUIRE(here->ethernet.count == there->ethernet.count);
		CHECK(memcmp(here->ethernet.code, there->ethernet.code,
			     here->ethernet.count * sizeof(*here->ethernet.code)) == 0);
		REQUIRE(here->bare.count == there->bare.count);
		CHECK(here->bare.count == 0 ||
		      memcmp(here->bare.code, there->bare.code,
			     here->bare.count * sizeof(*here->bare.code)) == 0);
		skbscope_filter_free(here);
		skbscope_filter_free(there);
	}
}

static int compile_cached(const char *expression, const char *directory, uint32_t timeout_ms,
			  struct skbscope_filter **filter)
{
	const uint32_t bare = 23;
	const struct skbscope_filter_options options = { .size = sizeof(options),
							 .expression = expression,
							 .ethernet = true,
							 .bare_interfaces = &bare,
							 .bare_interface_count = 1,
							 .timeout_ms = timeout_ms,
							 .cache_directory = directory };

	*filter = NULL;
	return skbscope_filter_compile(&options, filter, NULL);
}

static bool is_same(const struct classic *a, const struct classic *b)
{
	return a->count && a->count == b->count &&
	       memcmp(a->code, b->code, a->count * sizeof(*a->code)) == 0;
}

/* In a millisecond no worker is done. */
TEST(what_was_compiled_before_takes_no_worker)
{
	static const char expression[] = "udp port 53";
	char directory[] = "/tmp/skbscope-filter-XXXXXX", command[128];
	struct skbscope_filter *first, *again, *other;

	REQUIRE(mkdtemp(directory));
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	CHECK_NUMBER(compile_cached(expression, directory, 0, &first), 0);
	CHECK_NUMBER(compile_cached(expression, directory, 1, &again), 0);
	REQUIRE(first && again);
	CHECK(is_same(&first->ethernet, &again->ethernet));
	CHECK(is_same(&first->bare, &again->bare));
	CHECK(!is_same(&first->ethernet, &first->bare));
	CHECK_NUMBER(compile_cached("udp port 54", directory, 1, &other), -ETIMEDOUT);
	CHECK_NUMBER(compile_cached(expression, NULL, 1, &other), -ETIMEDOUT);
	skbscope_filter_free(first);
	skbscope_filter_free(again);
	CHECK_NUMBER(system(command), 0);
}

/* What a compiler process could answer if it were not honest. */
TEST(hostile_filters_are_refused_or_answer_like_others)
{
	size_t refused = 0, kept = 0, ran = 0;

	fixture_needs_root();
	make_frames();
	for (size_t i = 0; i < 1000; i++) {
		struct skbscope_filter filter = { 0 };
		struct sock_filter *code;
		struct bpf_program honest;
		int fd;

		REQUIRE(libpcap_compiles(expressions[i % LENGTH(expressions)], DLT_EN10MB,
					 &honest));
		code = (struct sock_filter *)(void *)honest.bf_insns;
		for (uint32_t k = 0; k < 1 + draw(3); k++)
			((uint8_t *)&code[draw(honest.bf_len)])[draw(8)] ^=
				(uint8_t)(1u << draw(8));
		if (classic_read(code, honest.bf_len * sizeof(*code), &filter.ethernet, NULL) < 0) {
			refused++;
		} else {
			kept++;
			fd = load(&filter, NULL);
			for (size_t k = 0; fd >= 0 && k < 20; k++) {
				const int32_t answer =
					is_run(&frames[k]) ? run_on(fd, &frames[k]) : -1;

				CHECK(answer == -1 || answer == MATCHED);
			}
			ran += fd >= 0;
			closep(&fd);
		}
		classic_clear(&filter.ethernet);
		pcap_freecode(&honest);
	}
	fprintf(stderr, "%zu refused, %zu kept, %zu of them loaded\n", refused, kept, ran);
	CHECK(refused > 100 && ran > 100 && ran <= kept);
}

/* libpcap's optimiser takes the cube of the time for twice the words. */
TEST(an_expression_that_takes_libpcap_for_ever_is_ended)
{
	static char expression[65536];
	const struct skbscope_filter_options options = { .size = sizeof(options),
							 .expression = expression,
							 .ethernet = true,
							 .timeout_ms = 1000 };
	struct skbscope_filter *filter = NULL;
	struct skbscope_error error = { 0 };
	size_t length = 0;

	for (unsigned i = 0; i < 2200; i++)
		length += (size_t)snprintf(expression + length, sizeof(expression) - length,
					   "host 10.0.%u.%u or ", i / 250, i % 250);
	snprintf(expression + length, sizeof(expression) - length, "udp");
	CHECK_NUMBER(skbscope_filter_compile(&options, &filter, &error), -ETIMEDOUT);
	CHECK_CONTAINS(error.message, "takes libpcap more than 1 s");
	CHECK_CONTAINS(error.hint, "networks");
	CHECK(!filter);
}

TEST(what_is_too_long_for_a_jump_is_refused)
{
	static struct sock_filter code[8000];
	struct skbscope_filter filter = { 0 };
	struct skbscope_error error = { 0 };

	for (size_t i = 0; i < LENGTH(code) - 2; i += 2) {
		code[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_ABS | BPF_W, 14);
		code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 0);
	}
	code[LENGTH(code) - 2] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
	code[LENGTH(code) - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 1);
	REQUIRE(classic_read(code, sizeof(code), &filter.ethernet, &error) == 0);
	CHECK_NUMBER(load(&filter, &error), -E2BIG);
	CHECK_CONTAINS(error.message, "the filter is too long");
	classic_clear(&filter.ethernet);
}

TEST(what_cannot_be_a_filter_is_refused)
{
	static const struct {
		struct sock_filter code[3];
		const char *part;
	} cases[] = {
		{ { { BPF_LD | BPF_IMM, 0, 0, 1 },
		    { BPF_RET | BPF_K, 0, 0, 1 },
		    { BPF_ST, 0, 0, 0 } },
		  "no answer" },
		{ { { BPF_ST, 0, 0, 16 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 1 } },
		  "scratch memory" },
		{ { { BPF_ALU | BPF_DIV, 0, 0, 0 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 1 } },
		  "divides by zero" },
		{ { { BPF_JMP | BPF_JEQ, 2, 0, 0 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 1 } },
		  "out of bounds" },
		{ { { BPF_JMP, 0, 0, 2 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 1 } },
		  "out of bounds" },
		{ { { BPF_RET, 0, 0, 1 }, { BPF_JMP, 0, 0, UINT32_MAX }, { BPF_RET, 0, 0, 1 } },
		  "protochain" },
		{ { { 0xff07, 0, 0, 0 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 1 } },
		  "unknown code" },
		{ { { BPF_LD | BPF_ABS | BPF_W, 0, 0, 0xfff00000 },
		    { BPF_RET, 0, 0, 1 },
		    { BPF_RET, 0, 0, 1 } },
		  "other than the packet" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct skbscope_error error = { 0 };
		struct classic out = { 0 };

		CHECK(classic_read(cases[i].code, sizeof(cases[i].code), &out, &error) < 0);
		CHECK_CONTAINS(error.message, cases[i].part);
		CHECK(out.code == NULL);
	}
}

TEST(a_function_on_both_directions_has_no_word_for_them)
{
	struct fixture fixture;
	struct skbscope_filter *filter = make_filter("outbound", true, 0);

	fixture_needs_root();
	REQUIRE(filter);
	fixture_open(&fixture, counts,
		     (struct skbscope_session_options){
			     .ingress = "count", .egress = "count", .filter = filter });
	CHECK(fixture.result < 0);
	CHECK_CONTAINS(fixture.error.message, "on both");
	fixture_close(&fixture);
	skbscope_filter_free(filter);
}
