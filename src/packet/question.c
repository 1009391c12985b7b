/* SPDX-License-Identifier: Apache-2.0 */
/* The question of DNS: one, with its name written out. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "packet/bytes.h"
#include "packet/rest.h"

#define FIELDS 12u
#define LABEL_MAX 63u
#define NAME_MAX_BYTES 255u
#define BEHIND 4u /* type and class */
#define INTERNET 1

static const struct {
	const char *name;
	uint16_t number;
} types[] = {
	{ "A", 1 },    { "NS", 2 },     { "CNAME", 5 }, { "SOA", 6 },
	{ "PTR", 12 }, { "MX", 15 },    { "TXT", 16 },  { "AAAA", 28 },
	{ "SRV", 33 }, { "HTTPS", 65 }, { "ANY", 255 },
};
#define TYPES (sizeof(types) / sizeof(*types))

static bool add_label(struct span label, struct buffer *out)
{
	if (!label.length || label.length > LABEL_MAX)
		return false;
	buffer_append(out, &(uint8_t){ (uint8_t)label.length }, 1);
	buffer_append(out, label.text, label.length);
	return true;
}

/* "www.example.org", or "." */
static bool add_name(struct span name, struct buffer *out)
{
	const size_t before = out->length;
	struct span label;

	if (!name.length)
		return false;
	if (!span_is(name, ".")) {
		while (span_cut(&name, ".", &label))
			if (!add_label(label, out))
				return false;
		if (name.length && !add_label(name, out)) /* or a dot at its end */
			return false;
	}
	buffer_append(out, "", 1);
	return out->length - before <= NAME_MAX_BYTES;
}

static bool parse_number(struct span text, bool is_type, uint16_t *out)
{
	char copy[16];
	uint64_t number;

	for (size_t i = 0; is_type && i < TYPES; i++)
		if (span_is(text, types[i].name)) {
			*out = types[i].number;
			return true;
		}
	if (text.length >= sizeof(copy))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", (int)text.length, text.text);
	if (!text_number(copy, &number) || number > UINT16_MAX)
		return false;
	*out = (uint16_t)number;
	return true;
}

static bool has_name(size_t begin, const struct buffer *out)
{
	return out->length >= begin + FIELDS + 1 + BEHIND;
}

static enum rest_said add_to_name(struct span value, bool is_type, size_t begin, struct buffer *out,
				  struct buffer *wanted)
{
	uint16_t number;
	uint8_t *at;

	if (!has_name(begin, out)) {
		buffer_string(wanted, "name= before it");
		return REST_WRONG;
	}
	if (!parse_number(value, is_type, &number)) {
		buffer_string(wanted, is_type ? "a type as A, AAAA or PTR, or a number up to 65535"
					      : "a number up to 65535");
		return REST_WRONG;
	}
	at = (uint8_t *)out->data + out->length - (is_type ? 4 : 2);
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
	return REST_ADDED;
}

static enum rest_said add(struct span name, struct span value, size_t begin, struct buffer *out,
			  struct buffer *wanted)
{
	if (span_is(name, "type") || span_is(name, "class"))
		return add_to_name(value, span_is(name, "type"), begin, out, wanted);
	if (!span_is(name, "name"))
		return REST_UNKNOWN;
	if (!has_name(begin, out) && add_name(value, out)) {
		buffer_append(out, (uint8_t[BEHIND]){ 0, 1, 0, INTERNET }, BEHIND);
		return REST_ADDED;
	}
	buffer_string(wanted, "one name as www.example.org, with at most 63 letters between dots");
	return REST_WRONG;
}

static void finish(size_t begin, struct buffer *out)
{
	(void)begin;
	(void)out;
}

static bool is_written_as_it_is(uint8_t c)
{
	return c > ' ' && c < 0x7f && !strchr("./\"#", c);
}

/* The question's name in bytes; 0: it is none, or one that a text does not have. */
static size_t name_size(const uint8_t *at, size_t room)
{
	size_t size = 0;

	while (size < room && size < NAME_MAX_BYTES) {
		const size_t label = at[size++];

		if (!label)
			return size;
		if (label > LABEL_MAX || label > room - size)
			return 0;
		for (size_t i = 0; i < label; i++)
			if (!is_written_as_it_is(at[size++]))
				return 0;
	}
	return 0;
}

static size_t size_of(const uint8_t *header, size_t room)
{
	const unsigned questions = header[4] * 256u + header[5];
	size_t name;

	if (questions == 0)
		return FIELDS;
	name = questions == 1 ? name_size(header + FIELDS, room - FIELDS) : 0;
	return name && FIELDS + name + BEHIND <= room ? FIELDS + name + BEHIND : 0;
}

static void print_name(const uint8_t *at, struct buffer *out)
{
	if (!at[0])
		buffer_string(out, ".");
	for (const char *dot = ""; at[0]; at += at[0] + 1, dot = ".") {
		buffer_string(out, dot);
		buffer_append(out, at + 1, at[0]);
	}
}

static void print_type(uint16_t type, struct buffer *out)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].number == type) {
			buffer_printf(out, " type=%s", types[i].name);
			return;
		}
	buffer_printf(out, " type=%u", type);
}

static void describe(const uint8_t *header, size_t size, struct buffer *out)
{
	const uint8_t *behind = header + size - BEHIND;
	unsigned class;

	if (size == FIELDS)
		return;
	buffer_string(out, " name=");
	print_name(header + FIELDS, out);
	print_type((uint16_t)(behind[0] << 8 | behind[1]), out);
	class = behind[2] * 256u + behind[3];
	if (class != INTERNET)
		buffer_printf(out, " class=%u", class);
}

const struct packet_rest rest_question = { "name type class", add, finish, size_of, describe };
