/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Noting which lines run changes nothing that a program does, and what is noted is what ran:
 * generated frames through every bundled program with it and without, and through one that
 * counts for itself where it comes by.
 */
#include "fixture.h"

#include <glob.h>

#include <skbscope/replay.h>

#include "base/cleanup.h"
#include "kernel/session.h"
#include "kernel/session_points.h"
#include "model/changes.h"
#include "packet/packet.h"

#define PACKETS 1511u
#define FRAME_ROOM 320u
#define START_NS UINT64_C(1700000000000000000)

static const char *const seeds[] = {
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=40000 dport=80 flags=S",
	"ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=80 dport=40000 flags=SA ack=1 mss=1460 nop "
	"wscale=7",
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=40000 dport=443 flags=PA / \"GET / "
	"HTTP/1.1\\r\\n\\r\\n\"",
	"ip hl=7 src=10.0.0.1 dst=224.0.0.1 / hex 0101010101010101",
	"ip src=10.0.0.1 dst=10.0.0.2 flags=MF frag=8 proto=UDP / zeros 40",
	"ip src=192.0.2.1 dst=192.0.2.2 / udp sport=40001 dport=53 / dns name=www.example.org",
	"ip src=192.0.2.2 dst=192.0.2.1 / udp sport=53 dport=40001 / dns qr=1 name=www.example.org",
	"ip src=10.0.0.1 dst=10.0.0.2 / icmp type=8 id=5 seq=7 / zeros 32",
	"ip6 src=2001:db8::1 dst=2001:db8::2 / hop data=010400000000 / udp sport=1 dport=2",
	"ip6 src=fe80::1 dst=ff02::1 / icmp6 type=135 / nd target=fe80::2",
	"ip6 src=2001:db8::1 dst=2001:db8::2 / tcp dport=22 flags=S",
	"eth / vlan id=5 / vlan id=6 / ip src=10.0.0.1 dst=10.0.0.2 / udp dport=5000",
	"eth / arp op=1 spa=10.0.0.1 tpa=10.0.0.2",
	"eth type=0x88cc / zeros 50",
};
#define SEEDS (sizeof(seeds) / sizeof(seeds[0]))

static uint8_t frames[PACKETS][FRAME_ROOM];
static struct skbscope_packet packets[PACKETS];

static uint32_t random_number(void)
{
	static uint64_t state = 23;

	state = state * UINT64_C(6364136223846793005) + 1442695041;
	return (uint32_t)(state >> 32);
}

static uint16_t type_of(const uint8_t *frame)
{
	return (uint16_t)(frame[12] << 8 | frame[13]);
}

/* Some bytes are others, and some of the end is not there. */
static bool make_packets(void)
{
	struct buffer built[SEEDS] = { { 0 } };
	struct packet_mistake mistake;

	for (size_t i = 0; i < SEEDS; i++)
		if (packet_build((struct span){ seeds[i], strlen(seeds[i]) }, &built[i], &mistake) <
		    0) {
			fprintf(stderr, "%s: %s\n", seeds[i], mistake.what);
			return false;
		}
	for (uint32_t i = 0; i < PACKETS; i++) {
		const struct buffer *seed = &built[random_number() % SEEDS];
		const uint32_t length = (uint32_t)seed->length;
		uint32_t kept = random_number() % 4 ? length : 14 + random_number() % (length - 13);

		memcpy(frames[i], seed->data, length);
		for (uint32_t k = random_number() % 4; k-- > 0;)
			frames[i][14 + random_number() % (length - 14)] = (uint8_t)random_number();
		packets[i] = (struct skbscope_packet){
			.frame = frames[i],
			.captured = kept,
			.length = random_number() % 2 ? kept : length,
			.time_ns = START_NS + i * (random_number() % 3) * UINT64_C(7000000),
			.direction = random_number() % 2 ? SKBSCOPE_EGRESS : SKBSCOPE_INGRESS,
		};
		if (type_of(frames[i]) == 0x8100) { /* as a card delivers it */
			packets[i].vlan_protocol = 0x8100;
			packets[i].vlan_tci = 5;
			memmove(frames[i] + 12, frames[i] + 16, FRAME_ROOM - 16);
			packets[i].captured -= kept > 18 ? 4 : 0;
			packets[i].length -= 4;
			if (packets[i].length < packets[i].captured)
				packets[i].length = packets[i].captured;
		}
	}
	for (size_t i = 0; i < SEEDS; i++)
		buffer_free(&built[i]);
	return true;
}

static struct skbscope_session *open_session(const struct skbscope_image *image, bool points)
{
	const struct skbscope_session_options options = { .size = sizeof(options), .replay = true };
	struct skbscope_session *session = NULL;
	struct skbscope_error error = { 0 };

	if (session_open(image, &options, points, &session, NULL, &error) < 0)
		fprintf(stderr, "%s: %s\n", image->name, error.message);
	else
		skbscope_session_feed_events(session, 0, NULL, NULL);
	return session;
}

static struct skbscope_snapshot *read_tables(struct skbscope_session *session)
{
	const struct skbscope_read_options options = { .size = sizeof(options),
						       .monotonic_ns = START_NS,
						       .wall_ns = START_NS };
	struct skbscope_snapshot *snapshot = NULL;

	return skbscope_session_read(session, &options, &snapshot, NULL) < 0 ? NULL : snapshot;
}

static int found_change(void *context, const struct skbscope_table *table,
			const struct change *change)
{
	(void)change;
	fprintf(stderr, "%s: %s has other rows\n", (const char *)context, table->schema->table);
	test_failures++;
	return 0;
}

static void check_verdicts(const struct skbscope_session *plain,
			   const struct skbscope_session *noting)
{
	size_t count, other;
	const int32_t *verdicts = skbscope_session_feed_verdicts(plain, &count);
	const int32_t *others = skbscope_session_feed_verdicts(noting, &other);

	CHECK_NUMBER(count, PACKETS);
	REQUIRE(other == count);
	CHECK(memcmp(verdicts, others, count * sizeof(*verdicts)) == 0);
}

static void check_events(const struct skbscope_snapshot *a, const struct skbscope_snapshot *b)
{
	REQUIRE(a->table_count == b->table_count);
	for (size_t i = 0; i < a->table_count; i++)
		CHECK_NUMBER(a->tables[i].received + a->tables[i].lost,
			     b->tables[i].received + b->tables[i].lost);
	CHECK_NUMBER(a->loss_count, b->loss_count);
}

static size_t lines_that_ran(const struct skbscope_session *session)
{
	AUTO(lines_clear) struct lines lines = { 0 };
	size_t count = 0;

	if (lines_new(&lines) < 0 || session_points_read(session, &lines, NULL) < 0 ||
	    lines_finish(&lines) < 0)
		return 0;
	for (size_t i = 0; i < lines.count; i++)
		count += lines.items[i]->ran;
	return count;
}

static void check_image(const struct skbscope_image *image)
{
	struct skbscope_session *plain = open_session(image, false);
	struct skbscope_session *noting = open_session(image, true);
	struct skbscope_snapshot *a, *b;

	REQUIRE(plain && noting);
	REQUIRE(skbscope_session_feed(plain, packets, PACKETS, NULL) == 0);
	REQUIRE(skbscope_session_feed(noting, packets, PACKETS, NULL) == 0);
	check_verdicts(plain, noting);
	a = read_tables(plain);
	b = read_tables(noting);
	REQUIRE(a && b);
	CHECK(changes_walk(a, b, found_change, (void *)(uintptr_t)image->name) == 0);
	check_events(a, b);
	CHECK(lines_that_ran(noting) > 0);
	skbscope_snapshot_free(a);
	skbscope_snapshot_free(b);
	skbscope_session_close(plain);
	skbscope_session_close(noting);
}

static void check_programs(const char *pattern)
{
	const struct skbscope_compile_options options = { .size = sizeof(options),
							  .timeout_ms = 30000 * test_slowness(),
							  .cache_directory = fixture_images() };
	struct skbscope_error error = { 0 };
	glob_t found;

	REQUIRE(glob(pattern, 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct skbscope_source *source = NULL;
		struct skbscope_image *image = NULL;

		CHECK(skbscope_source_read(found.gl_pathv[i], NULL, &source, NULL) == 0);
		if (source && skbscope_compile(source, &options, &image, NULL, NULL, &error) == 0)
			check_image(image);
		else
			fprintf(stderr, "%s: %s\n", found.gl_pathv[i], error.message);
		CHECK(image);
		skbscope_image_free(image);
		skbscope_source_free(source);
	}
	globfree(&found);
}

TEST(a_program_whose_lines_are_noted_does_what_it_does_otherwise)
{
	fixture_needs_root();
	REQUIRE(make_packets());
	/* An emulated processor takes half a minute to compile one of them. */
	if (test_slowness() > 1) {
		printf("skipped: most bundled programs\n");
		check_programs(TEST_DIR "/../programs/[mp]*.c");
		return;
	}
	check_programs(TEST_DIR "/../programs/*.c");
	check_programs(TEST_DIR "/../programs/http/*.c");
}

#define MARKS 7

static const char marking[] = "#include <uapi/linux/bpf.h>\n"
			      "BPF_ARRAY(marks, u64, 8);\n"
			      "BPF_PROG_ARRAY(next, 2);\n"
			      "static inline void near(u8 byte)\n"
			      "{\n"
			      "	if (byte > 200)\n"
			      "		marks.atomic_increment(0);\n"
			      "}\n"
			      "int start(struct __sk_buff *skb)\n"
			      "{\n"
			      "	u8 b[8] = {};\n"
			      "	if (bpf_skb_load_bytes(skb, 14, b, sizeof(b)) < 0)\n"
			      "		marks.atomic_increment(1);\n"
			      "	near(b[0]);\n"
			      "	near(b[1]);\n"
			      "	for (int i = 0; i < 4; i++)\n"
			      "		if (b[2] % 8 == i && b[3] & 1)\n"
			      "			marks.atomic_increment(2);\n"
			      "	if (b[4] > 100 || b[5] < 50)\n"
			      "		marks.atomic_increment(3);\n"
			      "	else\n"
			      "		marks.atomic_increment(4);\n"
			      "	if (b[6] & 3)\n"
			      "		next.call(skb, b[6] & 1);\n"
			      "	marks.atomic_increment(5);\n"
			      "	return b[7];\n"
			      "}\n"
			      "int end(struct __sk_buff *skb)\n"
			      "{\n"
			      "	marks.atomic_increment(6);\n"
			      "	return 2;\n"
			      "}\n";
static const char comment[] =
	"/* marking - all ways\n *\n * @ingress start\n * @tail next[1] end\n */\n";

static uint64_t mark_of(struct skbscope_session *session, uint32_t number)
{
	struct skbscope_snapshot *snapshot = read_tables(session);
	uint64_t value = UINT64_MAX;

	for (size_t i = 0; snapshot && i < snapshot->table_count; i++)
		if (strcmp(snapshot->tables[i].schema->table, "marks") == 0)
			memcpy(&value, snapshot->tables[i].values + number * sizeof(value),
			       sizeof(value));
	skbscope_snapshot_free(snapshot);
	return value;
}

static bool line_ran(const struct lines *lines, uint32_t number)
{
	char text[64];

	snprintf(text, sizeof(text), "marks.atomic_increment(%u);", number);
	for (size_t i = 0; i < lines->count; i++)
		if (strstr(lines->items[i]->text, text) && lines->items[i]->ran)
			return true;
	return false;
}

static void check_marks(struct skbscope_session *session, uint64_t *before)
{
	AUTO(lines_clear) struct lines lines = { 0 };

	REQUIRE(lines_new(&lines) == 0);
	REQUIRE(session_points_read(session, &lines, NULL) == 0 && lines_finish(&lines) == 0);
	for (uint32_t i = 0; i < MARKS; i++) {
		const uint64_t now = mark_of(session, i);

		CHECK(line_ran(&lines, i) == (now > before[i]));
		before[i] = now;
	}
}

TEST(a_line_ran_where_what_it_counts_was_counted)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	uint64_t before[MARKS] = { 0 };
	struct skbscope_session *session;
	struct skbscope_image *image;

	fixture_needs_root();
	buffer_printf(&text, "%s%s", comment, marking);
	image = fixture_compile(buffer_text(&text));
	REQUIRE(image);
	session = open_session(image, true);
	REQUIRE(session);
	for (int i = 0; i < 300; i++) {
		uint8_t frame[30] = { [12] = 0x88, [13] = 0xb5 };
		const struct skbscope_packet packet = { .frame = frame,
							.captured = i % 50 ? 30 : 18,
							.length = i % 50 ? 30 : 18 };

		for (int k = 14; k < 30; k++)
			frame[k] = (uint8_t)random_number();
		REQUIRE(session_points_forget(session, NULL) == 0);
		REQUIRE(skbscope_session_feed(session, &packet, 1, NULL) == 0);
		check_marks(session, before);
	}
	for (uint32_t i = 0; i < MARKS; i++)
		CHECK(before[i] > 0);
	skbscope_session_close(session);
	skbscope_image_free(image);
}
