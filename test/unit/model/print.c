/* SPDX-License-Identifier: Apache-2.0 */
/* Records of prints as text: what printf() and the kernel would make of them, and what
 * becomes of records that are none. */
#include "model/print.h"

#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"

#define U8 0u
#define U32 2u
#define U64 3u
#define S8 (0u | PRINT_SIGNED)
#define S32 (2u | PRINT_SIGNED)
#define S64 (3u | PRINT_SIGNED)
#define TO(room) (3u | PRINT_POINTS | (room) / 8u << PRINT_ROOM_SHIFT)

struct argument {
	uint8_t kind;
	uint64_t number;
	const char *bytes;
	size_t length;
};

static void put(struct buffer *record, const void *data, size_t length)
{
	buffer_append(record, data, length);
}

static void make(struct buffer *record, const char *format, const struct argument *arguments,
		 size_t count)
{
	struct print_head head = { .time_ns = 23,
				   .place = print_place(1, PRINT_INDEX_NONE, 42),
				   .format_size = (uint16_t)(strlen(format) + 1),
				   .count = (uint16_t)count };

	for (size_t i = 0; i < count; i++)
		head.kinds[i] = arguments[i].kind;
	put(record, &head, sizeof(head));
	for (size_t i = 0; i < count; i++)
		put(record, &arguments[i].number, 8);
	for (size_t i = 0; i < count; i++) {
		const uint64_t got = arguments[i].length;
		char room[128] = "";

		if (!(arguments[i].kind & PRINT_POINTS))
			continue;
		if (got)
			memcpy(room, arguments[i].bytes, got);
		put(record, &got, 8);
		put(record, room, (size_t)(arguments[i].kind >> PRINT_ROOM_SHIFT) * 8);
	}
	put(record, format, strlen(format) + 1);
}

static void check(const char *format, struct argument argument, const char *expected)
{
	AUTO(buffer_free) struct buffer record = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	struct print print;

	make(&record, format, &argument, 1);
	CHECK_NUMBER(print_read(record.data, record.length, &print, &text), 0);
	CHECK_TEXT(buffer_text(&text), expected);
}

#define NUMBER(kind, number) ((struct argument){ kind, (uint64_t)(number), NULL, 0 })
#define BYTES(room, text) ((struct argument){ TO(room), 0x1234, text, sizeof(text) - 1 })

TEST(numbers_are_as_wide_as_they_are)
{
	check("%d", NUMBER(S32, -5), "-5");
	check("%d", NUMBER(U32, 4294967295), "-1");
	check("%u", NUMBER(S32, -1), "4294967295");
	check("%u", NUMBER(U64, 5000000000), "5000000000");
	check("%d", NUMBER(S64, -5000000000), "-5000000000");
	check("%lld", NUMBER(S32, -1), "-1");
	check("%llu", NUMBER(U32, 4294967295), "4294967295");
	check("%lx", NUMBER(U64, 0xfedcba9876543210), "fedcba9876543210");
	check("%x", NUMBER(S8, -1), "ffffffff");
	check("%hhx", NUMBER(S32, -1), "ff");
	check("%hx", NUMBER(S32, -1), "ffff");
	check("%hhd", NUMBER(U8, 200), "-56");
	check("%d", NUMBER(U8, 200), "200");
	check("%zu %%", NUMBER(U64, 7), "7 %");
	check("%lu", NUMBER(U64, UINT64_MAX), "18446744073709551615");
}

TEST(widths_precisions_and_flags_are_those_of_printf)
{
	check("[%5d]", NUMBER(S32, 42), "[   42]");
	check("[%-5d]", NUMBER(S32, 42), "[42   ]");
	check("[%05d]", NUMBER(S32, -42), "[-0042]");
	check("[%+d]", NUMBER(S32, 42), "[+42]");
	check("[% d]", NUMBER(S32, 42), "[ 42]");
	check("[%#x]", NUMBER(U32, 255), "[0xff]");
	check("[%#o]", NUMBER(U32, 8), "[010]");
	check("[%08X]", NUMBER(U32, 0xbeef), "[0000BEEF]");
	check("[%.3u]", NUMBER(U32, 7), "[007]");
	check("[%5c]", NUMBER(S32, 'x'), "[    x]");
	check("[%-8s]", BYTES(8, "tcp"), "[tcp     ]");
	check("[%8s]", BYTES(8, "tcp"), "[     tcp]");
	check("[%.2s]", BYTES(8, "tcp"), "[tc]");
	check("[%16pI4]", BYTES(16, "\x0a\0\0\1"), "[        10.0.0.1]");
}

TEST(a_width_can_be_a_value)
{
	const struct argument arguments[] = { NUMBER(S32, -6), NUMBER(S32, 42), NUMBER(S32, 2),
					      BYTES(8, "tcp") };
	AUTO(buffer_free) struct buffer record = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	struct print print;

	make(&record, "[%*d] [%.*s]\n", arguments, 4);
	CHECK_NUMBER(print_read(record.data, record.length, &print, &text), 0);
	CHECK_TEXT(buffer_text(&text), "[42    ] [tc]");
	CHECK_NUMBER(print.time_ns, 23);
	CHECK_NUMBER(print.program, 1);
	CHECK_NUMBER(print.header, PRINT_INDEX_NONE);
	CHECK_NUMBER(print.line, 42);
}

TEST(addresses_are_as_the_kernel_writes_them)
{
	static const char v6[] = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1";

	check("%pI4", BYTES(16, "\x0a\0\0\1"), "10.0.0.1");
	check("%pi4", BYTES(16, "\x0a\0\0\1"), "010.000.000.001");
	check("%pI4l", BYTES(16, "\x0a\0\0\1"), "1.0.0.10");
	check("%pI4n,", BYTES(16, "\x0a\0\0\1"), "10.0.0.1,");
	check("%pI6", BYTES(16, v6), "2001:0db8:0000:0000:0000:0000:0000:0001");
	check("%pi6", BYTES(16, v6), "20010db8000000000000000000000001");
	check("%pI6c!", BYTES(16, v6), "2001:db8::1!");
	check("%pM", BYTES(8, "\2\0\0\xaa\0\1"), "02:00:00:aa:00:01");
	check("%pMF", BYTES(8, "\2\0\0\xaa\0\1"), "02-00-00-aa-00-01");
	check("%pm", BYTES(8, "\2\0\0\xaa\0\1"), "020000aa0001");
	check("%p.", BYTES(8, "x"), "0x1234.");
	check("%p", NUMBER(U64, 0xffff8881deadbeef), "0xffff8881deadbeef");
}

TEST(what_could_not_be_read_is_said)
{
	check("%s", BYTES(64, ""), "(unreadable)");
	check("%pI6", BYTES(16, "\1\2\3\4"), "(unreadable)");
	check("%pM", NUMBER(U32, 5), "(no address)");
	check("%s", NUMBER(U32, 5), "(no text)");
	check("%s", ((struct argument){ TO(64), 0, NULL, 0 }), "(null)");
	check("%pI4", ((struct argument){ TO(64), 0, NULL, 0 }), "(null)");
}

TEST(nothing_obeys_a_terminal_and_a_packet_makes_no_line)
{
	check("%s", BYTES(16, "a\x1b[2J\nb\t"), "a\\x1b[2J\\x0ab\\x09");
	check("\x1b%d\n", NUMBER(S32, 1), "\\x1b1");
	check("a\n%d\tb\n\n", NUMBER(S32, 1), "a\n1\tb\n");
	check("\xc3\xa9 %s", BYTES(16, "\xc3\xa9\xff\xc2\x9b"), "\xc3\xa9 \xc3\xa9\\xff\\xc2\\x9b");
	check("%c", NUMBER(S32, 7), "\\x07");
	check("%s", BYTES(16, "ends\0here"), "ends");
}

TEST(what_has_no_value_stays_as_it_is_written)
{
	check("%d %d", NUMBER(S32, 1), "1 %d");
	check("%y %d", NUMBER(S32, 1), "%y 1");
	check("%f|%d", NUMBER(S32, 1), "%f|%d");
	check("%", NUMBER(S32, 1), "%");
	check("100%-", NUMBER(S32, 1), "100%-");
}

TEST(a_width_has_an_end)
{
	AUTO(buffer_free) struct buffer record = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	const struct argument argument = NUMBER(S32, 1);
	struct print print;

	make(&record, "%999999999.999999999d", &argument, 1);
	CHECK_NUMBER(print_read(record.data, record.length, &print, &text), 0);
	CHECK(text.length > 100 && text.length < 1000);
}

TEST(records_that_are_none_are_told_apart)
{
	AUTO(buffer_free) struct buffer record = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	const struct argument argument = BYTES(16, "text");
	struct print_head head;
	struct print print;

	make(&record, "%s", &argument, 1);
	for (size_t length = 0; length < record.length; length++) {
		AUTO(freep) uint8_t *exact = malloc(length + 1);

		REQUIRE(exact);
		memcpy(exact, record.data, length);
		CHECK_NUMBER(print_read(exact, length, &print, &text), -EBADMSG);
	}
	memcpy(&head, record.data, sizeof(head));
	head.count = PRINT_MAX_VALUES + 1;
	memcpy(record.data, &head, sizeof(head));
	CHECK_NUMBER(print_read(record.data, record.length, &print, &text), -EBADMSG);
	head.count = 1;
	head.format_size = 2; /* not where its end is */
	memcpy(record.data, &head, sizeof(head));
	CHECK_NUMBER(print_read(record.data, record.length, &print, &text), -EBADMSG);
	CHECK_NUMBER(text.length, 0);

	/* What was read is no more than there is room for. */
	head.format_size = 3;
	memcpy(record.data, &head, sizeof(head));
	memset(record.data + sizeof(head) + 8, 0xff, 8);
	CHECK_NUMBER(print_read(record.data, record.length, &print, &text), 0);
	CHECK_TEXT(buffer_text(&text), "(unreadable)");
}
