/* SPDX-License-Identifier: Apache-2.0 */
/* programs/protocols.c, fed with frames of every kind it promises to tell apart. */
#include "fixture.h"

#define FRAME_MAX 128

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t length;
};

static struct fixture fixture;

static bool open_protocols(void)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };
	bool opened;

	fixture_needs_root();
	if (skbscope_source_read(TEST_DIR "/../programs/protocols.c", NULL, &source, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		return false;
	}
	opened = fixture_opened(&fixture, source->text, (struct skbscope_session_options){ 0 });
	skbscope_source_free(source);
	return opened;
}

static void add(struct frame *frame, const void *bytes, size_t length)
{
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

#define ADD(frame, ...)                                                                            \
	do {                                                                                       \
		const uint8_t bytes_[] = { __VA_ARGS__ };                                          \
		add(frame, bytes_, sizeof(bytes_));                                                \
	} while (0)

static struct frame ethernet(void)
{
	struct frame frame = { .length = 0 };

	ADD(&frame, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2);
	return frame;
}

static void add_ipv4(struct frame *frame, uint8_t protocol)
{
	ADD(frame, 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2);
}

static void add_ipv6(struct frame *frame, uint8_t next)
{
	uint8_t header[40] = { 0x60, [6] = next, [7] = 64 };

	ADD(frame, 0x86, 0xdd);
	add(frame, header, sizeof(header));
}

/* Its length, once all is behind the header: extensions lie within it. */
static void end_ipv6(struct frame *frame)
{
	const size_t payload = frame->length - 14 - 40;

	frame->bytes[18] = (uint8_t)(payload >> 8);
	frame->bytes[19] = (uint8_t)payload;
}

static void feed_to(const char *function, const struct frame *frame, uint32_t count)
{
	CHECK_NUMBER(skbscope_session_test_run(fixture.session, function, frame->bytes,
					       frame->length, count, NULL, NULL, &fixture.error),
		     0);
}

static void feed(const struct frame *frame, uint32_t count)
{
	feed_to("received", frame, count);
}

enum direction { RECEIVED, SENT };

/* Packets and bytes of a row of either table, whose keys are alike. */
static void check_row_of(enum direction direction, const struct skbscope_snapshot *snapshot,
			 const char *name, uint16_t type, uint8_t second, uint64_t packets,
			 uint64_t bytes)
{
	const struct skbscope_table *table = fixture_table(snapshot, name);
	const struct {
		uint16_t type;
		uint8_t second, direction;
	} key = { type, second, (uint8_t)direction };

	for (size_t i = 0; table && i < table->row_count; i++) {
		uint64_t value[2];

		if (memcmp(table->keys + i * sizeof(key), &key, sizeof(key)) != 0)
			continue;
		memcpy(value, table->values + i * sizeof(value), sizeof(value));
		CHECK_NUMBER(value[0], packets);
		CHECK_NUMBER(value[1], bytes);
		return;
	}
	fprintf(stderr, "no row 0x%04x %u in %s\n", type, second, name);
	test_failures++;
}

static void check_row(const struct skbscope_snapshot *snapshot, const char *name, uint16_t type,
		      uint8_t second, uint64_t packets, uint64_t bytes)
{
	check_row_of(RECEIVED, snapshot, name, type, second, packets, bytes);
}

static void check_rows(const struct skbscope_snapshot *snapshot, const char *name, size_t count)
{
	const struct skbscope_table *table = fixture_table(snapshot, name);

	REQUIRE(table);
	CHECK_NUMBER(table->row_count, count);
}

TEST(every_protocol_has_its_own_row)
{
	struct frame tcp = ethernet(), tcp6 = ethernet(), arp = ethernet(), llc = ethernet();
	struct skbscope_snapshot *snapshot;

	REQUIRE(open_protocols());
	add_ipv4(&tcp, 6);
	add_ipv6(&tcp6, 6);
	ADD(&arp, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1);
	ADD(&llc, 0, 3, 0x42, 0x42, 3);
	feed(&tcp, 23);
	feed(&tcp6, 5);
	feed(&arp, 7);
	feed(&llc, 3);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	check_rows(snapshot, "ethertypes", 4);
	check_row(snapshot, "ethertypes", 0x0800, 0, 23, 23 * tcp.length);
	check_row(snapshot, "ethertypes", 0x86dd, 0, 5, 5 * tcp6.length);
	check_row(snapshot, "ethertypes", 0x0806, 0, 7, 7 * arp.length);
	check_row(snapshot, "ethertypes", 0x0004, 0, 3, 3 * llc.length); /* ETH_P_802_2 */
	check_rows(snapshot, "ip_protocols", 2);
	check_row(snapshot, "ip_protocols", 0x0800, 6, 23, 23 * tcp.length);
	check_row(snapshot, "ip_protocols", 0x86dd, 6, 5, 5 * tcp6.length);
	CHECK_NUMBER(fixture_number(snapshot, "not_counted", 0), 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(the_directions_are_apart)
{
	struct frame tcp = ethernet(), vlan = ethernet();
	struct skbscope_snapshot *snapshot;

	REQUIRE(open_protocols());
	add_ipv4(&tcp, 6);
	ADD(&vlan, 0x81, 0, 0, 5);
	add_ipv6(&vlan, 17);
	feed(&tcp, 23);
	feed_to("sent", &tcp, 5);
	feed_to("sent", &vlan, 7);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	check_rows(snapshot, "ethertypes", 3);
	check_row(snapshot, "ethertypes", 0x0800, 0, 23, 23 * tcp.length);
	check_row_of(SENT, snapshot, "ethertypes", 0x0800, 0, 5, 5 * tcp.length);
	check_row_of(SENT, snapshot, "ethertypes", 0x86dd, 1, 7, 7 * vlan.length);
	check_rows(snapshot, "ip_protocols", 3);
	check_row(snapshot, "ip_protocols", 0x0800, 6, 23, 23 * tcp.length);
	check_row_of(SENT, snapshot, "ip_protocols", 0x0800, 6, 5, 5 * tcp.length);
	check_row_of(SENT, snapshot, "ip_protocols", 0x86dd, 17, 7, 7 * vlan.length);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(the_protocol_is_the_one_behind_the_extension_headers)
{
	struct frame icmp = ethernet(), fragment = ethernet(), authenticated = ethernet(),
		     later = ethernet();
	struct skbscope_snapshot *snapshot;

	REQUIRE(open_protocols());
	add_ipv6(&icmp, 0);
	ADD(&icmp, 60, 0, 1, 4, 0, 0, 0, 0);                         /* hop by hop */
	ADD(&icmp, 58, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0); /* destination, 16 bytes */
	ADD(&icmp, 135, 0, 0, 0);
	add_ipv6(&fragment, 44);
	ADD(&fragment, 17, 99, 0, 1, 0, 0, 0, 1); /* the second byte is no length here */
	add_ipv6(&authenticated, 51);
	ADD(&authenticated, 132, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12);
	add_ipv6(&later, 44);
	ADD(&later, 60, 0, 0, 8, 0, 0, 0, 1, 58, 0, 0, 0, 0, 0, 0, 0); /* what follows is data */
	end_ipv6(&icmp);
	end_ipv6(&fragment);
	end_ipv6(&authenticated);
	end_ipv6(&later);
	feed(&icmp, 23);
	feed(&fragment, 5);
	feed(&authenticated, 7);
	feed(&later, 3);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	check_rows(snapshot, "ip_protocols", 4);
	check_row(snapshot, "ip_protocols", 0x86dd, 60, 3, 3 * later.length);
	check_row(snapshot, "ip_protocols", 0x86dd, 58, 23, 23 * icmp.length);
	check_row(snapshot, "ip_protocols", 0x86dd, 17, 5, 5 * fragment.length);
	check_row(snapshot, "ip_protocols", 0x86dd, 132, 7, 7 * authenticated.length);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(vlan_tags_are_seen_through_and_counted)
{
	struct frame one = ethernet(), two = ethernet(), three = ethernet();
	struct skbscope_snapshot *snapshot;

	REQUIRE(open_protocols());
	ADD(&one, 0x81, 0, 0, 5);
	add_ipv4(&one, 17);
	ADD(&two, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6);
	add_ipv6(&two, 17);
	ADD(&three, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x81, 0, 0, 7);
	add_ipv4(&three, 17);
	feed(&one, 23);
	feed(&two, 5);
	feed(&three, 7);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	check_rows(snapshot, "ethertypes", 3);
	check_row(snapshot, "ethertypes", 0x0800, 1, 23, 23 * one.length);
	check_row(snapshot, "ethertypes", 0x86dd, 2, 5, 5 * two.length);
	check_row(snapshot, "ethertypes", 0x8100, 2, 7, 7 * three.length);
	check_rows(snapshot, "ip_protocols", 2);
	check_row(snapshot, "ip_protocols", 0x0800, 17, 23, 23 * one.length);
	check_row(snapshot, "ip_protocols", 0x86dd, 17, 5, 5 * two.length);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(packets_that_end_too_early_are_counted_as_such)
{
	struct frame bare = ethernet(), header = ethernet(), extension = ethernet();
	struct skbscope_snapshot *snapshot;

	REQUIRE(open_protocols());
	/* Behind a tag, because the kernel refuses to run on shorter IPv4 frames. */
	ADD(&bare, 0x81, 0, 0, 5, 8, 0);
	ADD(&header, 0x81, 0, 0, 5, 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0,
	    64); /* one byte before the protocol */
	add_ipv6(&extension, 0);
	ADD(&extension, 58);
	feed(&bare, 2);
	feed(&header, 11);
	feed(&extension, 10);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK_NUMBER(fixture_number(snapshot, "not_counted", 0), 23);
	check_rows(snapshot, "ip_protocols", 0);
	check_row(snapshot, "ethertypes", 0x0800, 1, 13, 2 * bare.length + 11 * header.length);
	check_row(snapshot, "ethertypes", 0x86dd, 0, 10, 10 * extension.length);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(its_types_say_how_to_show_it)
{
	const struct skbscope_schema *schema;
	struct skbscope_snapshot *snapshot;

	REQUIRE(open_protocols());
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	schema = fixture_table(snapshot, "ip_protocols")->schema;
	CHECK(schema->has_btf && schema->per_cpu);
	REQUIRE(schema->column_count == 5);
	CHECK_TEXT(schema->columns[0].name, "family");
	CHECK_NUMBER(schema->columns[0].type->display, SKBSCOPE_DISPLAY_ETH_PROTO);
	CHECK_NUMBER(schema->columns[1].type->display, SKBSCOPE_DISPLAY_IP_PROTO);
	CHECK_TEXT(schema->columns[2].name, "direction");
	CHECK_NUMBER(schema->columns[2].type->kind, SKBSCOPE_KIND_ENUM);
	CHECK_TEXT(schema->columns[3].name, "packets");
	CHECK(schema->columns[3].is_counter);
	CHECK_NUMBER(schema->columns[4].type->display, SKBSCOPE_DISPLAY_BYTES);
	CHECK_TEXT(schema->sort_column, "bytes");
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}
