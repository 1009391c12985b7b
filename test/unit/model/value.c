/* SPDX-License-Identifier: Apache-2.0 */
/* model/value: cells as numbers and as text. */
#include "model/value.h"
#include "model/format.h"
#include "model/names.h"

#include "base/cleanup.h"
#include "harness.h"

static const struct skbscope_type byte = { .kind = SKBSCOPE_KIND_INTEGER, .name = "u8", .bits = 8 };

static struct skbscope_type integer(uint32_t bits, bool is_signed, enum skbscope_display display)
{
	return (struct skbscope_type){ .kind = SKBSCOPE_KIND_INTEGER,
				       .display = display,
				       .name = "",
				       .bits = bits,
				       .is_signed = is_signed };
}

static struct skbscope_column column_for(const struct skbscope_type *type)
{
	return (struct skbscope_column){ .name = "c", .type = type, .bit_size = type->bits };
}

static const char *format(const struct skbscope_column *column, const void *data, bool exact)
{
	static struct buffer out;

	buffer_clear(&out);
	value_format(column, data, exact, &out);
	return buffer_text(&out);
}

static const char *format_number(uint64_t number, uint32_t bits, enum skbscope_display display)
{
	struct skbscope_type type = integer(bits, false, display);
	struct skbscope_column column = column_for(&type);

	return format(&column, &number, false);
}

TEST(a_bit_field_is_read_where_it_lies)
{
	/* Bits 3 to 12 across a byte's border: 0b1010101010. */
	uint8_t data[3] = { 0x57, 0x15, 0xff };
	struct skbscope_type type = integer(32, false, SKBSCOPE_DISPLAY_PLAIN);
	struct skbscope_column column = {
		.name = "c", .type = &type, .bit_offset = 3, .bit_size = 10
	};
	struct value value = value_read(&column, data);

	CHECK_NUMBER(value.u, 0x2aa);
	type.is_signed = true;
	value = value_read(&column, data);
	CHECK_NUMBER((long long)value.u, 0x2aa - 0x400);
}

TEST(every_digit_of_128_bits_is_shown)
{
	struct skbscope_type type = integer(128, false, SKBSCOPE_DISPLAY_PLAIN);
	struct skbscope_column column = column_for(&type);
	uint8_t ones[16];

	memset(ones, 0xff, sizeof(ones));
	CHECK_TEXT(format(&column, ones, true), "340282366920938463463374607431768211455");
	type.is_signed = true;
	CHECK_TEXT(format(&column, ones, true), "-1");
	memset(ones, 0, sizeof(ones));
	ones[15] = 0x80;
	CHECK_TEXT(format(&column, ones, true), "-170141183460469231731687303715884105728");
}

TEST(addresses_and_ports_are_in_network_order)
{
	static const uint8_t v4[4] = { 192, 0, 2, 1 }, port[2] = { 1, 187 };
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	static const uint8_t mac[6] = { 2, 0, 0x5e, 0x10, 0, 0xff };
	struct skbscope_type type = integer(32, false, SKBSCOPE_DISPLAY_IPV4);
	struct skbscope_column column = column_for(&type);

	CHECK_TEXT(format(&column, v4, false), "192.0.2.1");
	type = integer(16, false, SKBSCOPE_DISPLAY_PORT_BE);
	column = column_for(&type);
	CHECK_TEXT(format(&column, port, false), "443");
	type = integer(128, false, SKBSCOPE_DISPLAY_IPV6);
	column = column_for(&type);
	CHECK_TEXT(format(&column, v6, false), "2001:db8::1");
	type = integer(128, false, SKBSCOPE_DISPLAY_IP);
	column = column_for(&type);
	CHECK_TEXT(format(&column, v6, false), "2001:db8::1");
	CHECK_TEXT(format(&column, mapped, false), "192.0.2.1");
	type = (struct skbscope_type){ .kind = SKBSCOPE_KIND_STRUCT,
				       .display = SKBSCOPE_DISPLAY_IP,
				       .name = "ip_address_t",
				       .bits = 128 };
	column = column_for(&type);
	CHECK_TEXT(format(&column, v6, false), "2001:db8::1");
	CHECK_TEXT(format(&column, mapped, false), "192.0.2.1");
	type = (struct skbscope_type){ .kind = SKBSCOPE_KIND_STRUCT,
				       .display = SKBSCOPE_DISPLAY_IPV6,
				       .name = "struct in6_addr",
				       .bits = 128 };
	column = column_for(&type);
	CHECK_TEXT(format(&column, v6, false), "2001:db8::1");
	type = (struct skbscope_type){ .kind = SKBSCOPE_KIND_ARRAY,
				       .display = SKBSCOPE_DISPLAY_MAC,
				       .name = "u8[6]",
				       .bits = 48,
				       .element = &byte,
				       .count = 6 };
	column = column_for(&type);
	CHECK_TEXT(format(&column, mac, false), "02:00:5e:10:00:ff");
}

TEST(numbers_with_names_are_shown_by_name)
{
	CHECK_TEXT(format_number(6, 8, SKBSCOPE_DISPLAY_IP_PROTO), "TCP");
	CHECK_TEXT(format_number(58, 8, SKBSCOPE_DISPLAY_IP_PROTO), "IPv6-ICMP");
	CHECK_TEXT(format_number(200, 8, SKBSCOPE_DISPLAY_IP_PROTO), "200");
	CHECK_TEXT(format_number(0x86dd, 16, SKBSCOPE_DISPLAY_ETH_PROTO), "IPv6");
	CHECK_TEXT(format_number(0x0608, 16, SKBSCOPE_DISPLAY_ETH_PROTO_BE), "ARP");
	CHECK_TEXT(format_number(0x1234, 16, SKBSCOPE_DISPLAY_ETH_PROTO), "0x1234");
	CHECK_TEXT(format_number(0x12, 8, SKBSCOPE_DISPLAY_TCP_FLAGS), "SYN|ACK");
	CHECK_TEXT(format_number(0, 8, SKBSCOPE_DISPLAY_TCP_FLAGS), "0");
	CHECK_TEXT(format_number(0x301, 16, SKBSCOPE_DISPLAY_TCP_FLAGS), "FIN|AE|0x200");
	CHECK_TEXT(format_number(2, 32, SKBSCOPE_DISPLAY_VERDICT), "SHOT");
	CHECK_TEXT(format_number(99, 32, SKBSCOPE_DISPLAY_VERDICT), "99");
	CHECK_TEXT(format_number(0, 32, SKBSCOPE_DISPLAY_IFINDEX), "-");
	CHECK_TEXT(format_number(0xbeef, 32, SKBSCOPE_DISPLAY_HEX), "0x0000beef");
	CHECK_TEXT(format_number(10, 32, SKBSCOPE_DISPLAY_LOG2), "1024-2047");
	CHECK_TEXT(format_number(0, 32, SKBSCOPE_DISPLAY_LOG2), "0-1");
	CHECK_TEXT(format_number(63, 32, SKBSCOPE_DISPLAY_LOG2),
		   "9223372036854775808-18446744073709551615");
	CHECK_TEXT(verdict_name(INT32_MIN), "other");
	CHECK_TEXT(verdict_name(-1), "UNSPEC");
}

TEST(units_change_where_a_person_would_change_them)
{
	CHECK_TEXT(format_number(1023, 64, SKBSCOPE_DISPLAY_BYTES), "1023 B");
	CHECK_TEXT(format_number(1024, 64, SKBSCOPE_DISPLAY_BYTES), "1.0 KiB");
	CHECK_TEXT(format_number(1572864, 64, SKBSCOPE_DISPLAY_BYTES), "1.5 MiB");
	CHECK_TEXT(format_number(1048575, 64, SKBSCOPE_DISPLAY_BYTES), "1.0 MiB");
	CHECK_TEXT(format_number(UINT64_MAX, 64, SKBSCOPE_DISPLAY_BYTES), "16.0 EiB");
	CHECK_TEXT(format_number(999, 64, SKBSCOPE_DISPLAY_NS), "999 ns");
	CHECK_TEXT(format_number(1234567, 64, SKBSCOPE_DISPLAY_NS), "1.2 ms");
	CHECK_TEXT(format_number(999999, 64, SKBSCOPE_DISPLAY_NS), "1.0 ms");
	CHECK_TEXT(format_number(65000000000, 64, SKBSCOPE_DISPLAY_NS), "1m 05s");
	CHECK_TEXT(format_number(7500000000000, 64, SKBSCOPE_DISPLAY_NS), "2h 05m");
	CHECK_TEXT(format_number(270000000000000, 64, SKBSCOPE_DISPLAY_NS), "3d 03h");
}

TEST(only_counts_are_rounded)
{
	struct skbscope_type type = integer(64, false, SKBSCOPE_DISPLAY_PLAIN);
	struct skbscope_column column = column_for(&type);
	uint64_t number = 1234567;
	uint8_t ones[16];

	memset(ones, 0xff, sizeof(ones));
	CHECK_TEXT(format(&column, &number, false), "1234567");
	column.is_counter = true;
	CHECK_TEXT(format(&column, &number, false), "1.23M");
	CHECK_TEXT(format(&column, &number, true), "1234567");
	number = 9999;
	CHECK_TEXT(format(&column, &number, false), "9999");
	number = 12345;
	CHECK_TEXT(format(&column, &number, false), "12.3k");
	number = 999999;
	CHECK_TEXT(format(&column, &number, false), "1.00M");
	number = UINT64_MAX;
	CHECK_TEXT(format(&column, &number, false), "18.4E");
	type.bits = column.bit_size = 128;
	CHECK_TEXT(format(&column, ones, false), "3.40e+38");
}

TEST(text_from_a_packet_cannot_steer_a_terminal)
{
	struct skbscope_type character = {
		.kind = SKBSCOPE_KIND_INTEGER, .name = "char", .bits = 8, .is_signed = true
	};
	struct skbscope_type type = { .kind = SKBSCOPE_KIND_ARRAY,
				      .display = SKBSCOPE_DISPLAY_TEXT,
				      .name = "char[16]",
				      .bits = 128,
				      .element = &character,
				      .count = 16 };
	struct skbscope_column column = column_for(&type);

	CHECK_TEXT(format(&column, "GET /\r\n\0\0\0\0\0\0\0\0", false), "GET /\\x0d\\x0a");
	CHECK_TEXT(format(&column, "\x1b[2J\\\xc2\x9b\x7fxxxxxxx", false),
		   "\\x1b[2J\\\\\\xc2\\x9b\\x7fxxxxxxx");
	CHECK_TEXT(format(&column, "no end in sight!", false), "no end in sight!");
}

TEST(what_stands_behind_a_nul_is_told_too)
{
	struct skbscope_type character = {
		.kind = SKBSCOPE_KIND_INTEGER, .name = "char", .bits = 8, .is_signed = true
	};
	struct skbscope_type type = { .kind = SKBSCOPE_KIND_ARRAY,
				      .display = SKBSCOPE_DISPLAY_TEXT,
				      .name = "char[4]",
				      .bits = 32,
				      .element = &character,
				      .count = 4 };
	struct skbscope_column column = column_for(&type);

	CHECK_TEXT(format(&column, "a\0b", false), "a\\x00b\\x00");
	CHECK_TEXT(format(&column, "\0\0\0b", false), "\\x00\\x00\\x00b");
	CHECK_TEXT(format(&column, "a\0\0", false), "a");
	CHECK_TEXT(format(&column, "\0\0\0", false), "");
}

TEST(an_instant_is_told_by_how_long_ago_it_was)
{
	struct skbscope_type type = integer(64, false, SKBSCOPE_DISPLAY_WHEN);
	struct skbscope_column column = column_for(&type);
	const uint64_t second = 1000000000, now = 5000 * second;
	static const struct {
		uint64_t ago;
		const char *text;
	} cases[] = {
		{ 3000000000, "3 s ago" },
		{ 59400000000, "59 s ago" },
		{ 65000000000, "1m 05s ago" },
		{ 350000000, "350 ms ago" },
		{ 0, "now" },
		{ (uint64_t)-1000, "now" },
		{ 5000000000000, "-" },
		{ (uint64_t)-2000000000, "5002000000000" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO(buffer_free) struct buffer out = { 0 };
		uint64_t then = now - cases[i].ago;

		value_format_when(&column, (const uint8_t *)&then, now, &out);
		CHECK_TEXT(buffer_text(&out), cases[i].text);
	}
}

TEST(a_float_reads_back_as_itself)
{
	struct skbscope_type type = {
		.kind = SKBSCOPE_KIND_FLOAT, .name = "double", .bits = 64, .is_signed = true
	};
	struct skbscope_column column = column_for(&type);
	double tenth = 0.1, third = 1.0 / 3, nothing = (double)NAN;
	float single = 0.1f;

	CHECK_TEXT(format(&column, &tenth, false), "0.1");
	CHECK(strtod(format(&column, &third, false), NULL) == third);
	CHECK_TEXT(format(&column, &nothing, false), "nan");
	type.bits = column.bit_size = 32;
	CHECK_TEXT(format(&column, &single, false), "0.1");
}

TEST(enumerators_go_by_their_value)
{
	static const struct skbscope_enumerator names[] = { { "LOW", -1 }, { "HIGH", 7 } };
	struct skbscope_type type = { .kind = SKBSCOPE_KIND_ENUM,
				      .name = "enum level",
				      .bits = 32,
				      .is_signed = true,
				      .enumerators = names,
				      .enumerator_count = 2 };
	struct skbscope_column column = column_for(&type);
	int32_t low = -1, high = 7, none = 5;

	CHECK_TEXT(format(&column, &low, false), "LOW");
	CHECK_TEXT(format(&column, &high, false), "HIGH");
	CHECK_TEXT(format(&column, &none, false), "5");
}

TEST(arrays_show_their_elements)
{
	struct skbscope_type word = integer(16, false, SKBSCOPE_DISPLAY_PLAIN);
	struct skbscope_type row = { .kind = SKBSCOPE_KIND_ARRAY,
				     .name = "u16[2]",
				     .bits = 32,
				     .element = &word,
				     .count = 2 };
	struct skbscope_type grid = { .kind = SKBSCOPE_KIND_ARRAY,
				      .name = "u16[2][2]",
				      .bits = 64,
				      .element = &row,
				      .count = 2 };
	struct skbscope_member members[] = { { "a", 0, 16, &word }, { "b", 16, 16, &word } };
	struct skbscope_type pair = { .kind = SKBSCOPE_KIND_STRUCT,
				      .name = "struct pair",
				      .bits = 32,
				      .members = members,
				      .member_count = 2 };
	uint16_t data[4] = { 1, 2, 3, 65535 };
	struct skbscope_column column = column_for(&grid);

	CHECK_TEXT(format(&column, data, false), "[[1 2] [3 65535]]");
	grid.element = &pair;
	CHECK_TEXT(format(&column, data, false), "[{a=1 b=2} {a=3 b=65535}]");
}

TEST(cells_compare_as_what_they_mean)
{
	static const uint8_t low[4] = { 9, 0, 0, 200 }, high[4] = { 10, 0, 0, 1 };
	struct skbscope_type type = integer(32, false, SKBSCOPE_DISPLAY_IPV4);
	struct skbscope_column column = column_for(&type);
	int32_t minus = -5, plus = 3;
	double number = 1, nothing = (double)NAN;

	CHECK(value_compare(&column, low, high) < 0);
	type = integer(32, true, SKBSCOPE_DISPLAY_PLAIN);
	CHECK(value_compare(&column, (uint8_t *)&minus, (uint8_t *)&plus) < 0);
	type = (struct skbscope_type){ .kind = SKBSCOPE_KIND_FLOAT, .name = "double", .bits = 64 };
	column = column_for(&type);
	CHECK(value_compare(&column, (uint8_t *)&number, (uint8_t *)&nothing) < 0);
	CHECK_NUMBER(value_compare(&column, (uint8_t *)&nothing, (uint8_t *)&nothing), 0);
}

/* Items of a type from the smallest to the largest, packed. */
static void check_ranks(struct skbscope_type type, const void *items, size_t count)
{
	const struct skbscope_column column = column_for(&type);
	const uint8_t *bytes = items;
	uint64_t last = 0, rank;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *item = bytes + i * type.bits / 8;

		REQUIRE(value_rank(&column, item, &rank));
		CHECK(!i || rank > last);
		CHECK(!i || value_compare(&column, item - type.bits / 8, item) < 0);
		CHECK(!i || value_compare(&column, item, item - type.bits / 8) > 0);
		CHECK_NUMBER(value_compare(&column, item, item), 0);
		last = rank;
	}
}

TEST(ranks_are_in_the_order_of_the_values)
{
	static const uint64_t numbers[] = { 0, 1, 255, 256, UINT64_MAX - 1, UINT64_MAX };
	static const int64_t signed_numbers[] = { INT64_MIN, -256, -1, 0, 1, INT64_MAX };
	static const int16_t small[] = { INT16_MIN, -1, 0, 1, INT16_MAX };
	static const uint8_t ports[][2] = { { 0, 80 }, { 1, 0 }, { 31, 144 }, { 255, 255 } };
	const double floats[] = {
		-(double)INFINITY, -1e300,     -1, -1e-300, 0, 1e-300, 1, 23, 1e300,
		(double)INFINITY,  (double)NAN
	};
	const float singles[] = { -23, -0.5F, 0, 0.5F, 23, NAN };
	const struct skbscope_type number = { .kind = SKBSCOPE_KIND_FLOAT, .name = "", .bits = 64 };
	const struct skbscope_type single = { .kind = SKBSCOPE_KIND_FLOAT, .name = "", .bits = 32 };

	check_ranks(integer(64, false, SKBSCOPE_DISPLAY_PLAIN), numbers, 6);
	check_ranks(integer(64, true, SKBSCOPE_DISPLAY_PLAIN), signed_numbers, 6);
	check_ranks(integer(16, true, SKBSCOPE_DISPLAY_PLAIN), small, 5);
	check_ranks(integer(16, false, SKBSCOPE_DISPLAY_PORT_BE), ports, 4);
	check_ranks(number, floats, sizeof(floats) / sizeof(floats[0]));
	check_ranks(single, singles, sizeof(singles) / sizeof(singles[0]));
}

TEST(both_zeros_are_the_same_number)
{
	const struct skbscope_type type = { .kind = SKBSCOPE_KIND_FLOAT, .name = "", .bits = 64 };
	const struct skbscope_column column = column_for(&type);
	double zero = 0, negative = -0.0;

	CHECK_NUMBER(value_compare(&column, (uint8_t *)&zero, (uint8_t *)&negative), 0);
}

TEST(what_has_more_than_64_bits_has_no_rank_but_an_order)
{
	const struct skbscope_type type = integer(128, true, SKBSCOPE_DISPLAY_PLAIN);
	const struct skbscope_column column = column_for(&type);
	__int128 small = -1, large = (__int128)1 << 100;
	uint64_t rank;

	CHECK(!value_rank(&column, (uint8_t *)&large, &rank));
	CHECK(value_compare(&column, (uint8_t *)&small, (uint8_t *)&large) < 0);
}

TEST(a_rate_that_is_unknown_is_a_dash)
{
	static struct buffer out;

	format_rate((double)NAN, SKBSCOPE_DISPLAY_PLAIN, &out);
	CHECK_TEXT(buffer_text(&out), "-");
	buffer_clear(&out);
	format_rate(11.5, SKBSCOPE_DISPLAY_PLAIN, &out);
	CHECK_TEXT(buffer_text(&out), "11.5");
	buffer_clear(&out);
	format_rate(1572864, SKBSCOPE_DISPLAY_BYTES, &out);
	CHECK_TEXT(buffer_text(&out), "1.5 MiB");
	buffer_free(&out);
}
