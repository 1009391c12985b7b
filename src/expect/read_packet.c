/* SPDX-License-Identifier: Apache-2.0 */
/* A packet: what is said of it, and its bytes. */
#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "expect/hex.h"
#include "expect/read.h"
#include "packet/packet.h"

#define TIMES_MAX 1000000u
#define FRAME_MIN 14u
#define FRAME_MAX 65535u
#define TAG_MAX 4094u
#define DEFAULT_GAP_NS UINT64_C(1000000)

static const char words_hint[] = "write packet [N times] [in|out] [after TIME] [vlan ID] [length "
				 "BYTES] [mark N], and headers as "
				 "in ip / tcp dport=80";

static bool read_argument(struct lines *lines, struct span *rest, const struct word *word,
			  uint64_t most, uint64_t *out)
{
	struct word argument;

	if (lines_word(lines, rest, &argument))
		return lines_number(lines, &argument, most, out);
	lines_mistake(lines, word->at, words_hint, "'%s' needs a number", word->text);
	return false;
}

static bool has_unit(const char *time)
{
	return time[strspn(time, "0123456789.")];
}

static bool read_gap(struct lines *lines, struct span *rest, const struct word *word, uint64_t *out)
{
	struct word argument;

	if (!lines_word(lines, rest, &argument)) {
		lines_mistake(lines, word->at, words_hint, "'after' needs a time");
		return false;
	}
	if (strcmp(argument.text, "0") == 0)
		*out = 0;
	else if (!has_unit(argument.text) || !text_time(argument.text, out)) {
		lines_mistake(lines, argument.at, NULL,
			      "'%s' is no time: write 20us, 1ms, 0.5s, 2s, or 0", argument.text);
		return false;
	}
	return true;
}

static bool read_times(struct lines *lines, struct span *rest, const struct word *word,
		       struct test_packet *packet)
{
	struct word times;

	if (!lines_number(lines, word, TIMES_MAX, &packet->times))
		return false;
	if (!packet->times) {
		lines_mistake(lines, word->at, "leave the packet out",
			      "a packet that comes 0 times is none");
		return false;
	}
	if (lines_word(lines, rest, &times) && strcmp(times.text, "times") == 0)
		return true;
	lines_mistake(lines, word->at, words_hint, "'times' is missing behind '%s'", word->text);
	return false;
}

static bool read_word(struct lines *lines, struct span *rest, const struct word *word,
		      struct test_packet *packet)
{
	uint64_t number = 0;

	if (word->text[0] >= '0' && word->text[0] <= '9')
		return read_times(lines, rest, word, packet);
	if (strcmp(word->text, "after") == 0)
		return read_gap(lines, rest, word, &packet->after_ns);
	if (strcmp(word->text, "in") == 0 || strcmp(word->text, "out") == 0) {
		packet->direction = word->text[0] == 'i' ? TEST_IN : TEST_OUT;
		return true;
	}
	if (strcmp(word->text, "vlan") == 0) {
		packet->has_tag = read_argument(lines, rest, word, TAG_MAX, &number);
		packet->tag = (uint16_t)number;
		return packet->has_tag;
	}
	if (strcmp(word->text, "length") == 0) {
		if (!read_argument(lines, rest, word, FRAME_MAX, &number))
			return false;
		packet->length = (uint32_t)number;
		return true;
	}
	if (strcmp(word->text, "mark") == 0) {
		if (!read_argument(lines, rest, word, UINT32_MAX, &number))
			return false;
		packet->mark = (uint32_t)number;
		return true;
	}
	lines_mistake(lines, word->at, words_hint, "'%s' means nothing here", word->text);
	return false;
}

static void check(struct lines *lines, struct test_packet *packet)
{
	if (!packet->size)
		lines_mistake_at(lines, packet->line,
				 "this packet has no bytes: write headers, as in 'packet ip / tcp "
				 "dport=80', or bytes in hexadecimal, here or on indented lines "
				 "below");
	else if (packet->size < FRAME_MIN)
		lines_mistake_at(lines, packet->line,
				 "this packet has %u bytes, and an Ethernet header alone %u",
				 packet->size, FRAME_MIN);
	else if (packet->length && packet->length < packet->size)
		lines_mistake_at(lines, packet->line,
				 "this packet has %u bytes, and its length is less", packet->size);
	if (!packet->length)
		packet->length = packet->size;
}

/* "vlan 5" is said of the packet, "vlan id=5" a header in it. */
static bool begins_description(struct lines *lines, struct span rest)
{
	struct word word, argument;
	uint64_t number;

	lines_skip_blanks(&rest);
	if (!packet_is_described(rest))
		return false;
	return !(lines_word(lines, &rest, &word) && strcmp(word.text, "vlan") == 0 &&
		 lines_word(lines, &rest, &argument) && text_number(argument.text, &number));
}

static bool is_word_of_packet(struct span rest)
{
	static const char *const words[] = { "in", "out", "after", "length", "mark" };
	struct span word;

	span_next_word(&rest, &word);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_is(word, words[i]))
			return true;
	return false;
}

/* Of a packet each is said once; that it comes in or out is one. */
static bool is_said_again(struct lines *lines, const struct word *word, unsigned *said)
{
	static const char *const words[] = { "in", "out", "after", "vlan", "length", "mark" };
	const bool is_number = word->text[0] >= '0' && word->text[0] <= '9';
	unsigned bit = is_number ? 1u : 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word->text, words[i]) == 0)
			bit = 2u << (i ? i - 1 : 0);
	if (!(*said & bit)) {
		*said |= bit;
		return false;
	}
	lines_mistake(lines, word->at, "leave one of them out",
		      bit == 1u   ? "how many times it comes is said already"
		      : bit == 2u ? "whether it comes in or out is said already"
				  : "'%s' is said already",
		      word->text);
	return true;
}

static void read_words(struct lines *lines, struct span *rest, struct test_packet *packet)
{
	unsigned said = 0;
	struct word word;

	while (lines_skip_blanks(rest), rest->length) {
		if (!is_word_of_packet(*rest) && begins_description(lines, *rest))
			return;
		if (!lines_word(lines, rest, &word) || is_said_again(lines, &word, &said) ||
		    !read_word(lines, rest, &word, packet))
			break;
	}
	rest->length = 0;
}

static void tell_mistake(struct lines *lines, struct span text, uint32_t number,
			 const struct packet_mistake *mistake)
{
	const char *from = text.text, *end = text.text + text.length, *newline;

	while ((newline = memchr(from, '\n', (size_t)(mistake->at - from)))) {
		from = newline + 1;
		number++;
	}
	newline = memchr(from, '\n', (size_t)(end - from));
	lines_mistake_in(lines, number,
			 (struct span){ from, (size_t)((newline ? newline : end) - from) },
			 mistake->at, mistake->hint[0] ? mistake->hint : NULL, "%s", mistake->what);
}

/* The text from the statement's line on, of which the description begins at AT. */
static void build(struct lines *lines, struct span text, uint32_t number, const char *at,
		  struct buffer *bytes)
{
	struct packet_mistake mistake;
	const struct span description = span_from(text, (size_t)(at - text.text));

	if (packet_build(description, bytes, &mistake) == -EINVAL)
		tell_mistake(lines, text, number, &mistake);
}

void read_packet(struct lines *lines, struct span rest, struct test_case *into)
{
	struct test_feed *feed =
		LINES_ADD(lines->arena, into->feeds, into->feed_count, into->feed_room);
	AUTO(buffer_free) struct buffer bytes = { 0 };
	const size_t mistakes = lines->mistakes;
	struct span text = lines->whole;
	struct test_packet packet = { .line = lines->number,
				      .times = 1,
				      .after_ns = DEFAULT_GAP_NS };
	const char *described;

	read_words(lines, &rest, &packet);
	described = rest.length ? rest.text : NULL;
	while (lines_next_indented(lines)) {
		text.length = (size_t)(lines->whole.text + lines->whole.length - text.text);
		if (!described && !bytes.length && packet_is_described(lines->line))
			described = lines->line.text;
		if (!described && lines->mistakes == mistakes)
			hex_line(lines, lines->line, &bytes);
	}
	if (described && lines->mistakes == mistakes)
		build(lines, text, packet.line, described, &bytes);
	packet.size = (uint32_t)bytes.length;
	packet.bytes = arena_copy(lines->arena, buffer_text(&bytes), bytes.length, 1);
	if (lines->mistakes == mistakes)
		check(lines, &packet);
	if (feed)
		*feed = (struct test_feed){ .line = packet.line, .packet = packet };
}
