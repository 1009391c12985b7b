/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded packets fed to a program, against the same frames written to a tap: what a
 * card's driver does is what a tap does.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define FRAMES 400
#define FRAME_MAX 65535u
#define SECOND_NS UINT64_C(1000000000)

/* In the order of its fields: what is the same on a tap comes first. */
struct seen {
	uint32_t len, protocol, vlan_present, vlan_tci, vlan_proto, pkt_type, network, places;
	uint64_t hash;
	uint32_t mark, scratch;
	uint64_t tstamp, now;
};
#define SAME_BYTES offsetof(struct seen, mark)

static const char look[] =
	"#include <uapi/linux/bpf.h>\n"
	"struct seen {\n"
	"	u32 len, protocol, vlan_present, vlan_tci, vlan_proto, pkt_type, network, places;\n"
	"	u64 hash;\n"
	"	u32 mark, scratch;\n"
	"	u64 tstamp, now;\n"
	"};\n"
	"BPF_ARRAY(count, u32, 1);\n"
	"BPF_ARRAY(seen, struct seen, 512);\n"
	"int look(struct __sk_buff *skb)\n"
	"{\n"
	"	int zero = 0;\n"
	"	u32 *at = count.lookup(&zero);\n"
	"	if (!at)\n"
	"		return -1;\n"
	"	int index = (*at)++;\n"
	"	struct seen *s = seen.lookup(&index);\n"
	"	if (!s)\n"
	"		return -1;\n"
	"	volatile struct __sk_buff *v = skb;\n"
	"	s->len = v->len;\n"
	"	s->protocol = v->protocol;\n"
	"	s->vlan_present = v->vlan_present;\n"
	"	s->vlan_tci = v->vlan_tci;\n"
	/* Without a tag it is whatever it was: older kernels leave it behind a popped one. */
	"	s->vlan_proto = s->vlan_present ? v->vlan_proto : 0;\n"
	"	s->pkt_type = v->pkt_type;\n"
	"	s->mark = v->mark;\n"
	"	s->scratch = v->cb[0] | v->cb[1] | v->cb[4] | v->priority | v->tc_index;\n"
	"	s->tstamp = v->tstamp;\n"
	"	s->now = bpf_ktime_get_ns();\n"
	"	bpf_skb_load_bytes_relative(skb, 0, &s->network, 4, 1);\n"
	"	s->hash = 1;\n"
	"	int from;\n"
	"	#pragma unroll\n"
	"	for (int i = 0; i < 10; i++) {\n"
	"		u32 place = i * 7 + (i > 6 ? i * i * i * 50 : 0);\n"
	"		u32 byte = 0;\n"
	"		if (bpf_skb_load_bytes(skb, place, &byte, 1) == 0)\n"
	"			s->places++;\n"
	"		s->hash = s->hash * 1099511628211ULL + byte;\n"
	"	}\n"
	"	from = s->len - 8;\n"
	"	if (from >= 0) {\n"
	"		u64 last = 0;\n"
	"		bpf_skb_load_bytes(skb, from, &last, 8);\n"
	"		s->hash = s->hash * 1099511628211ULL + last;\n"
	"	}\n"
	"	return s->len & 1 ? 2 : 0;\n"
	"}\n";

/* A frame as it would be on the wire, and the packet made of it. */
struct sample {
	uint8_t frame[FRAME_MAX + 1];
	uint32_t length;
	struct skbscope_packet packet;
};

static struct sample sample;
static uint8_t untagged[65536];

static uint32_t random_state;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % bound;
}

static void put(uint32_t at, uint16_t value)
{
	sample.frame[at] = (uint8_t)(value >> 8);
	sample.frame[at + 1] = (uint8_t)value;
}

static void separate_tag(void)
{
	struct skbscope_packet *packet = &sample.packet;
	const uint16_t protocol = (uint16_t)(sample.frame[12] << 8 | sample.frame[13]);

	memcpy(untagged, sample.frame, sample.length);
	*packet = (struct skbscope_packet){ .frame = untagged,
					    .captured = sample.length,
					    .length = sample.length };
	if ((protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) && sample.length >= 18) {
		packet->vlan_protocol = protocol;
		packet->vlan_tci = (uint16_t)(sample.frame[14] << 8 | sample.frame[15]);
		memmove(untagged + 12, untagged + 16, sample.length - 16);
		packet->captured = packet->length = sample.length - 4;
	}
	packet->type = !(sample.frame[0] & 1)    ? SKBSCOPE_PACKET_OTHERHOST
		       : sample.frame[1] == 0xff ? SKBSCOPE_PACKET_BROADCAST
						 : SKBSCOPE_PACKET_MULTICAST;
}

/* The same for the same number. Runs of one kind, and all kinds after one another. */
static void make_sample(uint32_t number)
{
	static const uint16_t protocols[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, 60, 0x88cc, 0x8847 };
	static const uint32_t lengths[] = { 14,   18,   34,    60,    61,    64,    200,
					    1514, 9014, 15990, 16000, 16001, 40000, 65531 };
	static const uint8_t starts[][2] = { { 2, 0 }, { 0xff, 0xff }, { 1, 0 } };
	const uint8_t *start;
	uint32_t at = 12, tags;

	random_state = number < 200 ? number / 10 : number * 7919;
	random_below(2);
	tags = random_below(3);
	start = starts[random_below(3)];
	memset(sample.frame, start[1], 6);
	sample.frame[0] = start[0];
	memset(sample.frame + 6, 3, 6);
	for (uint32_t i = 0; i < tags; i++, at += 4) {
		put(at, random_below(2) ? ETH_P_8021Q : ETH_P_8021AD);
		put(at + 2, (uint16_t)random_below(0x10000));
	}
	put(at, protocols[random_below(sizeof(protocols) / sizeof(protocols[0]))]);
	sample.length = lengths[random_below(number % 20 ? 9 : 14)] + (tags ? 4 * tags - 4 : 0);
	if (sample.length < at + 6)
		sample.length = at + 6;
	for (uint32_t i = at + 2; i < sample.length; i++)
		sample.frame[i] = (uint8_t)(i * 7 + number);
	if (number % 5 == 0)
		put(at + 2, 0xffff);
	separate_tag();
}

static int open_tap(void)
{
	struct ifreq request = { .ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI };
	AUTO(closep) int control = socket(AF_INET, SOCK_DGRAM, 0);
	AUTO(closep) int tap = open("/dev/net/tun", O_RDWR);
	int fd;

	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0)
		return -1;
	request.ifr_mtu = 65521;
	if (ioctl(control, SIOCSIFMTU, &request) < 0)
		return -1;
	request.ifr_flags = IFF_UP | IFF_NOARP;
	if (ioctl(control, SIOCSIFFLAGS, &request) < 0)
		return -1;
	fd = tap;
	tap = -1;
	return fd;
}

static bool has_tap(void)
{
	AUTO(closep) int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	return fd >= 0;
}
#define NEEDS_TAP() SKIP_UNLESS(has_tap(), "this machine has no tap")

static const struct skbscope_session_options replay = { .size = sizeof(replay), .replay = true };

static bool feed(struct fixture *fixture, const struct skbscope_packet *packets, size_t count)
{
	if (skbscope_session_feed(fixture->session, packets, count, &fixture->error) == 0)
		return true;
	fprintf(stderr, "fixture: %s\n", fixture->error.message);
	return false;
}

static const struct seen *seen_of(const struct skbscope_snapshot *snapshot, uint32_t number)
{
	const struct skbscope_table *table = fixture_table(snapshot, "seen");

	return table && number < table->row_count
		       ? (const struct seen *)(const void *)table->values + number
		       : NULL;
}

static bool write_all(int tap)
{
	for (uint32_t i = 0; i < FRAMES; i++) {
		make_sample(i);
		if (write(tap, sample.frame, sample.length) != (ssize_t)sample.length)
			return false;
	}
	return true;
}

/* In one call, in which memory for the frames is needed until it ends. */
static bool feed_all(struct fixture *fixture, uint32_t at_once)
{
	struct skbscope_packet packets[FRAMES];
	uint32_t count = 0;
	bool fine = true;

	for (uint32_t i = 0; i < FRAMES; i++) {
		void *frame;

		make_sample(i);
		frame = malloc(sample.packet.captured);
		if (!frame)
			return false;
		memcpy(frame, sample.packet.frame, sample.packet.captured);
		packets[count] = sample.packet;
		packets[count].frame = frame;
		packets[count].mark = i;
		packets[count].time_ns = (i + 1) * SECOND_NS;
		count++;
		if (count < at_once && i + 1 < FRAMES)
			continue;
		fine = fine && feed(fixture, packets, count);
		for (; count; count--)
			free((void *)(uintptr_t)packets[count - 1].frame);
	}
	return fine;
}

static void compare(const struct seen *fed, const struct seen *received, uint32_t number)
{
	if (memcmp(fed, received, SAME_BYTES) == 0)
		return;
	make_sample(number);
	fprintf(stderr,
		"frame %u (%u bytes, tag %04x): fed len %u protocol %04x vlan %u/%04x/%04x type %u "
		"network %08x places %u hash %llx; tap len %u protocol %04x vlan %u/%04x/%04x type "
		"%u network %08x places %u hash %llx\n",
		number, sample.length, sample.packet.vlan_protocol, fed->len, fed->protocol,
		fed->vlan_present, fed->vlan_tci, fed->vlan_proto, fed->pkt_type, fed->network,
		fed->places, (unsigned long long)fed->hash, received->len, received->protocol,
		received->vlan_present, received->vlan_tci, received->vlan_proto,
		received->pkt_type, received->network, received->places,
		(unsigned long long)received->hash);
	CHECK(false);
}

static void check_against_tap(uint32_t at_once)
{
	static const char *const interfaces[] = { "tap0" };
	const struct skbscope_attach_options attach = { .size = sizeof(attach),
							.interfaces = interfaces,
							.interface_count = 1 };
	struct fixture fed, received;
	struct skbscope_snapshot *a, *b;
	int tap;

	fixture_needs_root();
	NEEDS_TAP();
	REQUIRE(unshare(CLONE_NEWNET) == 0);
	tap = open_tap();
	REQUIRE(tap >= 0);
	REQUIRE(fixture_opened(&received, look, (struct skbscope_session_options){ .size = 0 }) &&
		fixture_opened(&fed, look, replay));
	REQUIRE(skbscope_session_attach(received.session, &attach, &received.error) == 0);
	CHECK(write_all(tap));
	CHECK(feed_all(&fed, at_once));
	a = fixture_read(&fed);
	b = fixture_read(&received);
	REQUIRE(a && b);
	CHECK_NUMBER(fixture_number(b, "count", 0), FRAMES);
	CHECK_NUMBER(fixture_number(a, "count", 0), FRAMES);
	for (uint32_t i = 0; i < FRAMES; i++) {
		const struct seen *seen = seen_of(a, i);

		compare(seen, seen_of(b, i), i);
		CHECK_NUMBER(seen->mark, i);
		CHECK_NUMBER(seen->scratch, 0);
		CHECK_NUMBER(seen->now, (i + 1) * SECOND_NS);
		CHECK_NUMBER(seen->tstamp, (i + 1) * SECOND_NS);
	}
	for (int verdict = 0; verdict <= 2; verdict += 2)
		CHECK_NUMBER(fixture_verdicts(a, "look", verdict),
			     fixture_verdicts(b, "look", verdict));
	skbscope_snapshot_free(a);
	skbscope_snapshot_free(b);
	fixture_close(&fed);
	fixture_close(&received);
	close(tap);
}

TEST(a_fed_packet_is_what_a_tap_delivers)
{
	check_against_tap(FRAMES);
}

TEST(so_is_one_that_is_fed_alone)
{
	check_against_tap(1);
}

/* What each packet adds up to as the program can load it, and how long it is told to be. */
static const char sum[] = "BPF_ARRAY(at, u32, 1); BPF_ARRAY(sums, u64, 8);\n"
			  "BPF_ARRAY(lengths, u32, 8); BPF_ARRAY(ends, u32, 8);\n"
			  "int sum(struct __sk_buff *skb)\n"
			  "{\n"
			  "	int zero = 0;\n"
			  "	u32 *n = at.lookup(&zero), length = skb->len, end = 0;\n"
			  "	u64 total = 0;\n"
			  "	if (!n)\n"
			  "		return 0;\n"
			  "	int i = (*n)++;\n"
			  "	for (int place = 0; place < 1600; place++) {\n"
			  "		u8 byte = 0;\n"
			  "		if (bpf_skb_load_bytes(skb, place, &byte, 1) == 0)\n"
			  "			end = place + 1;\n"
			  "		total += byte;\n"
			  "	}\n"
			  "	lengths.update(&i, &length);\n"
			  "	ends.update(&i, &end);\n"
			  "	sums.update(&i, &total);\n"
			  "	RESHAPE\n"
			  "	return 0;\n"
			  "}\n";

/* With a piece of code at the end: whether what is missing is zeros, or is not there. */
static void check_cut(const char *reshape, bool zeros)
{
	static const uint32_t captured[] = { 1000, 64, 64, 1500, 20 };
	static const uint32_t lengths[] = { 1000, 1500, 100, 1500, 30000 };
	struct skbscope_feed_counts counts;
	struct skbscope_packet packets[5];
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	char text[2048];

	fixture_needs_root();
	NEEDS_TAP();
	snprintf(text, sizeof(text), "#define RESHAPE %s\n%s", reshape, sum);
	REQUIRE(fixture_opened(&fixture, text, replay));
	memset(untagged, 1, sizeof(untagged));
	for (int i = 0; i < 5; i++)
		packets[i] = (struct skbscope_packet){ .frame = untagged,
						       .captured = captured[i],
						       .length = lengths[i] };
	CHECK(feed(&fixture, packets, 5));
	snapshot = fixture_read(&fixture);
	for (uint32_t i = 0; i < 5; i++) {
		CHECK_NUMBER(fixture_number(snapshot, "sums", i), captured[i]);
		CHECK_NUMBER(fixture_number(snapshot, "lengths", i), lengths[i]);
		CHECK_NUMBER(fixture_number(snapshot, "ends", i), !zeros               ? captured[i]
								  : lengths[i] <= 1600 ? lengths[i]
										       : 1600);
	}
	skbscope_session_feed_counts(fixture.session, &counts);
	CHECK_NUMBER(counts.seen, 5);
	CHECK_NUMBER(counts.cut_short, 3);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(what_a_recording_cut_off_is_not_there)
{
	check_cut("", false);
}

TEST(it_is_zeros_where_a_function_may_change_the_length)
{
	check_cut("bpf_skb_change_tail(skb, 60, 0);", true);
}

static const char count_all[] = "BPF_ARRAY(packets, u64, 1);\n"
				"int count(struct __sk_buff *skb)\n"
				"{\n"
				"	packets.atomic_increment(0);\n"
				"	return 0;\n"
				"}\n";

TEST(every_packet_is_in_one_of_the_counts)
{
	const struct skbscope_packet packets[] = {
		{ .frame = untagged, .captured = 60, .length = 60 },
		{ .frame = untagged, .captured = 13, .length = 13 },
		{ .frame = untagged, .captured = 0, .length = 60 },
		{ .frame = untagged, .captured = 65536, .length = 65536 },
		{ .frame = untagged, .captured = 60, .length = 60, .direction = SKBSCOPE_EGRESS },
		{ .frame = untagged, .captured = 60, .length = 20 }, /* nonsense */
	};
	struct skbscope_feed_counts counts;
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, count_all, replay));
	CHECK(feed(&fixture, packets, sizeof(packets) / sizeof(packets[0])));
	skbscope_session_feed_counts(fixture.session, &counts);
	CHECK_NUMBER(counts.seen, 2);
	CHECK_NUMBER(counts.too_short, 1);
	CHECK_NUMBER(counts.no_frame, 1);
	CHECK_NUMBER(counts.too_long, 1);
	CHECK_NUMBER(counts.no_function, 1);
	CHECK_NUMBER(counts.refused, 0);
	CHECK_NUMBER(counts.cut_short, 0);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "packets", 0), 2);
	CHECK_NUMBER(fixture_verdicts(snapshot, "count", 0), 2);
	CHECK_NUMBER(snapshot->loss_count, 3);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

/* As in a container that was given none. */
TEST(what_takes_a_tap_is_counted_where_there_is_none)
{
	const struct skbscope_packet packets[] = {
		{ .frame = untagged, .captured = 16000, .length = 16000 },
		{ .frame = untagged, .captured = 16001, .length = 16001 },
		{ .frame = untagged, .captured = 65535, .length = 65535 },
		{ .frame = untagged, .captured = 65536, .length = 65536 },
	};
	struct skbscope_feed_counts counts;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(unshare(CLONE_NEWNS) == 0);
	REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	if (access("/dev/net", F_OK) == 0)
		REQUIRE(mount("none", "/dev/net", "tmpfs", 0, NULL) == 0);
	REQUIRE(fixture_opened(&fixture, count_all, replay));
	CHECK(feed(&fixture, packets, sizeof(packets) / sizeof(packets[0])));
	skbscope_session_feed_counts(fixture.session, &counts);
	CHECK_NUMBER(counts.seen, 1);
	CHECK_NUMBER(counts.no_tap, 2);
	CHECK_NUMBER(counts.tap_error, -ENOENT);
	CHECK_NUMBER(counts.too_long, 1);
	fixture_close(&fixture);
	if (access("/dev/net", F_OK) == 0)
		CHECK(umount("/dev/net") == 0);
}

TEST(each_packets_verdict_is_known)
{
	static const char choose[] = "/* @ingress choose\n * @tail next[0] shot */\n"
				     "#include <uapi/linux/bpf.h>\n"
				     "BPF_PROG_ARRAY(next, 2);\n"
				     "int shot(struct __sk_buff *skb)\n"
				     "{\n"
				     "	return 2;\n"
				     "}\n"
				     "int choose(struct __sk_buff *skb)\n"
				     "{\n"
				     "	u8 byte = 0;\n"
				     "	bpf_skb_load_bytes(skb, 14, &byte, 1);\n"
				     "	if (byte == 2)\n"
				     "		next.call(skb, 0);\n"
				     "	return byte == 100 ? 1234 : (signed char)byte;\n"
				     "}\n";
	static const int32_t expected[] = { 0, -1, 2, 7, INT32_MIN };
	static uint8_t frames[5][60] = {
		{ [14] = 0 }, { [14] = 0xff }, { [14] = 2 }, { [14] = 7 }, { [14] = 100 }
	};
	static struct skbscope_packet packets[40000];
	const size_t total = sizeof(packets) / sizeof(packets[0]);
	struct fixture fixture;
	const int32_t *verdicts;
	size_t count, wrong = 0;

	fixture_needs_root();
	NEEDS_TAP();
	REQUIRE(fixture_opened(&fixture, choose, replay));
	for (size_t i = 0; i < total; i++)
		packets[i] = (struct skbscope_packet){ .frame = frames[i % 5],
						       .captured = i % 7 ? 60 : 13,
						       .length = i % 1000 == 3 ? 20000 : 60 };
	for (int time = 0; time < 2; time++) { /* the second begins anywhere in a ring */
		CHECK(feed(&fixture, packets, total));
		verdicts = skbscope_session_feed_verdicts(fixture.session, &count);
		REQUIRE(count == total);
		for (size_t i = 0; i < total; i++)
			wrong += verdicts[i] != (i % 7 ? expected[i % 5] : SKBSCOPE_NO_VERDICT);
		CHECK_NUMBER(wrong, 0);
	}
	fixture_close(&fixture);
}

TEST(more_than_the_memory_for_them_is_fed_in_parts)
{
	static struct skbscope_packet packets[50000];
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, count_all, replay));
	for (size_t i = 0; i < 50000; i++)
		packets[i] = (struct skbscope_packet){ .frame = untagged,
						       .captured = 60 + (uint32_t)i % 40,
						       .length = 60 + (uint32_t)i % 40 };
	CHECK(feed(&fixture, packets, 50000));
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "packets", 0), 50000);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

/* The next packet is as it was recorded, whatever was made of the one before. */
TEST(a_program_may_do_to_its_copy_what_it_likes)
{
	static const char rough[] =
		"#include <uapi/linux/bpf.h>\n"
		"BPF_ARRAY(seen, u64, 4);\n"
		"int rough(struct __sk_buff *skb)\n"
		"{\n"
		"	u8 byte = 0;\n"
		"	u64 first;\n"
		"	int zero = 0, one = 1;\n"
		"	bpf_skb_load_bytes(skb, 20, &byte, 1);\n"
		"	if (skb->len == 60 && byte == 7 && !skb->vlan_present && !skb->mark)\n"
		"		seen.atomic_increment(0);\n"
		"	byte = 9;\n"
		"	bpf_skb_store_bytes(skb, 20, &byte, 1, 0);\n"
		"	skb->mark = 5;\n"
		"	bpf_skb_vlan_push(skb, 0x81, 3);\n"
		"	bpf_skb_change_head(skb, 40, 0);\n"
		"	bpf_skb_change_tail(skb, 30, 0);\n"
		"	return 2;\n"
		"}\n";
	static uint8_t frame[60] = { [12] = 8, [20] = 7 };
	struct skbscope_packet packets[1000];
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, rough, replay));
	for (size_t i = 0; i < 1000; i++)
		packets[i] =
			(struct skbscope_packet){ .frame = frame, .captured = 60, .length = 60 };
	CHECK(feed(&fixture, packets, 1000));
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "seen", 0), 1000);
	CHECK_NUMBER(fixture_verdicts(snapshot, "rough", 2), 1000);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(chance_and_time_are_the_same_each_time)
{
	static const char dice[] = "BPF_ARRAY(sums, u64, 2);\n"
				   "int dice(struct __sk_buff *skb)\n"
				   "{\n"
				   "	sums.atomic_increment(0, bpf_get_prandom_u32());\n"
				   "	sums.atomic_increment(1, bpf_ktime_get_ns());\n"
				   "	return 0;\n"
				   "}\n";
	struct skbscope_packet packets[100];
	int64_t sums[2][2];

	fixture_needs_root();
	for (size_t i = 0; i < 100; i++) /* two of three are late */
		packets[i] = (struct skbscope_packet){
			.frame = untagged, .captured = 60, .length = 60, .time_ns = 1000 - i % 3
		};
	for (int time = 0; time < 2; time++) {
		struct skbscope_snapshot *snapshot;
		struct fixture fixture;

		REQUIRE(fixture_opened(&fixture, dice, replay));
		CHECK(feed(&fixture, packets, 100));
		snapshot = fixture_read(&fixture);
		for (uint32_t i = 0; i < 2; i++)
			sums[time][i] = fixture_number(snapshot, "sums", i);
		skbscope_snapshot_free(snapshot);
		fixture_close(&fixture);
	}
	CHECK_NUMBER(sums[0][0], sums[1][0]);
	CHECK(sums[0][0] > 100 * (INT64_C(1) << 28) && sums[0][0] < 100 * (INT64_C(1) << 32));
	CHECK_NUMBER(sums[0][1], 100 * 1000);
	CHECK_NUMBER(sums[1][1], 100 * 1000);
}

TEST(what_would_be_sent_is_counted_by_interface)
{
	static const char mirror[] = "#include <uapi/linux/bpf.h>\n"
				     "BPF_ARRAY(answers, u64, 2);\n"
				     "int mirror(struct __sk_buff *skb)\n"
				     "{\n"
				     "	if (bpf_clone_redirect(skb, 5, 0) == 0)\n"
				     "		answers.atomic_increment(0);\n"
				     "	return bpf_redirect(7 + (skb->len & 1), 0);\n"
				     "}\n";
	struct skbscope_unsent unsent[8];
	struct skbscope_packet packets[100];
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, mirror, replay));
	for (size_t i = 0; i < 100; i++)
		packets[i] = (struct skbscope_packet){ .frame = untagged,
						       .captured = 60,
						       .length = i < 23 ? 61 : 60 };
	CHECK(feed(&fixture, packets, 100));
	REQUIRE(skbscope_session_unsent(fixture.session, unsent, 8) == 3);
	CHECK(unsent[0].ifindex == 5 && unsent[0].packets == 100);
	CHECK(unsent[1].ifindex == 7 && unsent[1].packets == 77);
	CHECK(unsent[2].ifindex == 8 && unsent[2].packets == 23);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "answers", 0), 100);
	CHECK_NUMBER(fixture_verdicts(snapshot, "mirror", 7), 100);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(a_helper_that_answers_for_this_machine_is_named)
{
	static const char asks[] =
		"#include <uapi/linux/bpf.h>\n"
		"int asks(struct __sk_buff *skb)\n"
		"{\n"
		"	return bpf_get_socket_uid(skb) + bpf_get_socket_uid(skb) +\n"
		"	       bpf_get_socket_cookie(skb) + bpf_ktime_get_ns();\n"
		"}\n";
	const char *names[4];
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, asks, replay));
	CHECK_NUMBER(skbscope_session_foreign(fixture.session, names, 4), 2);
	CHECK_TEXT(names[0], "bpf_get_socket_uid");
	CHECK_TEXT(names[1], "bpf_get_socket_cookie");
	fixture_close(&fixture);
}

TEST(a_session_is_attached_or_fed)
{
	static const char *const interfaces[] = { "lo" };
	const struct skbscope_attach_options attach = { .size = sizeof(attach),
							.interfaces = interfaces,
							.interface_count = 1 };
	const struct skbscope_packet packet = { .frame = untagged, .captured = 60 };
	struct fixture live, fed;

	fixture_needs_root();
	REQUIRE(fixture_opened(&live, count_all, (struct skbscope_session_options){ .size = 0 }) &&
		fixture_opened(&fed, count_all, replay));
	CHECK(skbscope_session_attach(fed.session, &attach, &fed.error) == -EINVAL);
	CHECK(skbscope_session_feed(live.session, &packet, 1, &live.error) == -EINVAL);
	CHECK(skbscope_session_swap(fed.session, fed.image, NULL, NULL, NULL, &fed.error) ==
	      -EINVAL);
	fixture_close(&live);
	fixture_close(&fed);
}

TEST(nothing_is_left_of_a_replay)
{
	const struct skbscope_packet packet = { .frame = untagged,
						.captured = 60,
						.length = 30000 };
	struct fixture fixture;
	int before;

	fixture_needs_root();
	NEEDS_TAP();
	skbscope_image_free(fixture_compile(count_all));
	before = fixture_descriptors();
	REQUIRE(fixture_opened(&fixture, count_all, replay));
	CHECK(feed(&fixture, &packet, 1));
	CHECK(fixture_descriptors() > before);
	fixture_close(&fixture);
	CHECK_NUMBER(fixture_descriptors(), before);
}
