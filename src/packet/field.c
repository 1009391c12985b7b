/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/field.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/names.h"
#include "packet/bytes.h"

#define VALUE_MAX 64u /* letters of one that is no text */

static const uint8_t documentation[8] = { 0x20, 0x01, 0x0d, 0xb8 }; /* RFC 3849 */

static bool bit_at(const uint8_t *header, unsigned at)
{
	return header[at / 8] >> (7 - at % 8) & 1;
}

uint64_t field_get(const uint8_t *header, const struct packet_field *field)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < field->bits; i++)
		value = value << 1 | bit_at(header, field->bit + i);
	return value;
}

void field_put(uint8_t *header, const struct packet_field *field, uint64_t value)
{
	for (unsigned i = 0; i < field->bits; i++) {
		const unsigned at = field->bit + i;
		const uint8_t mask = (uint8_t)(0x80u >> at % 8);
		const bool one = value >> (field->bits - 1 - i) & 1;

		header[at / 8] = (uint8_t)(one ? header[at / 8] | mask : header[at / 8] & ~mask);
	}
}

static void initial_address(const struct packet_field *field, uint8_t out[16])
{
	memset(out, 0, 16);
	memcpy(out, documentation, sizeof(documentation));
	out[15] = (uint8_t)field->initial;
}

void field_put_initial(uint8_t *header, const struct packet_field *field)
{
	if (field->kind == FIELD_IP6)
		initial_address(field, header + field->bit / 8);
	else
		field_put(header, field, field->initial);
}

bool field_is_initial(const uint8_t *header, const struct packet_field *field)
{
	uint8_t address[16];

	if (field->kind != FIELD_IP6)
		return field_get(header, field) == field->initial;
	initial_address(field, address);
	return memcmp(header + field->bit / 8, address, sizeof(address)) == 0;
}

/* --- from text */

static bool parse_mac(const char *text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < 6; i++, text += 3) {
		if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0 ||
		    text[2] != (i < 5 ? ':' : '\0'))
			return false;
		*out = *out << 8 | (unsigned)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
	}
	return true;
}

static const char tcp_letters[] = "FSRPAUECN"; /* by bit */

/* "SA". No letter twice, so that ECE is the name of one flag. */
static bool parse_letters(const char *text, uint64_t *out)
{
	*out = 0;
	for (; *text; text++) {
		const char *letter = strchr(tcp_letters, *text);
		uint64_t bit = letter ? UINT64_C(1) << (letter - tcp_letters) : 0;

		if (!letter || *out & bit)
			return false;
		*out |= bit;
	}
	return true;
}

static bool tcp_flag(struct span name, uint32_t *out)
{
	return tcp_flag_named(name, out);
}

static bool ip_flag(struct span name, uint32_t *out)
{
	*out = span_is(name, "MF") ? 1 : span_is(name, "DF") ? 2 : span_is(name, "evil") ? 4 : 0;
	return *out;
}

/* "SYN|ACK", by what knows one of them. */
static bool parse_flags(struct span text, bool (*named)(struct span name, uint32_t *out),
			uint64_t *out)
{
	struct span name;
	uint32_t flag;

	*out = 0;
	while (span_cut(&text, "|", &name)) {
		if (!named(name, &flag))
			return false;
		*out |= flag;
	}
	if (!named(text, &flag))
		return false;
	*out |= flag;
	return true;
}

static bool parse_word(const char *text, const struct packet_field *field, uint64_t *out)
{
	for (const struct field_word *word = field->words; word && word->word; word++)
		if (strcmp(word->word, text) == 0) {
			*out = word->number;
			return true;
		}
	return false;
}

static bool parse_named(const char *text, const struct packet_field *field, uint64_t *out)
{
	const struct span name = span_of(text);
	uint32_t number;
	bool is = false;

	if (field->kind == FIELD_ETHERTYPE)
		is = ethertype_named(name, &number);
	else if (field->kind == FIELD_PROTOCOL)
		is = ip_protocol_named(name, &number);
	else if (field->kind == FIELD_TCP_FLAGS)
		return parse_letters(text, out) || parse_flags(name, tcp_flag, out);
	else if (field->kind == FIELD_IP_FLAGS)
		return parse_flags(name, ip_flag, out);
	if (is)
		*out = number;
	return is;
}

static bool parse_number(const char *text, const struct packet_field *field, uint64_t *out)
{
	struct in_addr address;

	if (field->kind == FIELD_MAC)
		return parse_mac(text, out);
	if (field->kind == FIELD_IP4) {
		if (inet_pton(AF_INET, text, &address) != 1)
			return false;
		*out = ntohl(address.s_addr);
		return true;
	}
	if (text_number(text, out))
		return *out < UINT64_C(1) << field->bits;
	return parse_word(text, field, out) || parse_named(text, field, out);
}

static void say_wanted(const struct packet_field *field, struct buffer *out)
{
	static const char *const wanted[] = {
		[FIELD_ETHERTYPE] = ", or a name as IPv4",
		[FIELD_PROTOCOL] = ", or a name as TCP",
		[FIELD_TCP_FLAGS] = ", letters of FSRPAUECN as in SA, or SYN|ACK",
		[FIELD_IP_FLAGS] = ", or DF and MF, as in DF|MF",
		[FIELD_MAC] = "an address as 02:00:00:00:00:01",
		[FIELD_IP4] = "an address as 192.0.2.1",
		[FIELD_IP6] = "an address as 2001:db8::1",
	};

	if (field->kind < FIELD_MAC)
		buffer_printf(out, "a number from 0 to %" PRIu64, (UINT64_C(1) << field->bits) - 1);
	if (field->kind != FIELD_NUMBER && field->kind != FIELD_HEX)
		buffer_string(out, wanted[field->kind]);
	for (const struct field_word *word = field->words; word && word->word; word++)
		buffer_printf(out, ", %s%s", word[1].word ? "" : "or ", word->word);
}

bool field_parse(struct span text, const struct packet_field *field, uint8_t *header,
		 struct buffer *wanted)
{
	char copy[VALUE_MAX];
	uint64_t number;
	bool is = text.length && text.length < sizeof(copy);

	if (is) {
		memcpy(copy, text.text, text.length);
		copy[text.length] = '\0';
	}
	if (is && field->kind == FIELD_IP6)
		is = inet_pton(AF_INET6, copy, header + field->bit / 8) == 1;
	else if (is && (is = parse_number(copy, field, &number)))
		field_put(header, field, number);
	if (!is)
		say_wanted(field, wanted);
	return is;
}

/* --- to text */

static void print_flags(uint64_t value, const struct packet_field *field, struct buffer *out)
{
	static const char *const ip_names[] = { "MF", "DF", "evil" };
	const char *separator = "";

	if (!value)
		buffer_string(out, "0");
	for (unsigned i = 0; i < field->bits; i++) {
		if (!(value >> i & 1))
			continue;
		if (field->kind == FIELD_TCP_FLAGS) {
			buffer_append(out, &tcp_letters[i], 1);
			continue;
		}
		buffer_printf(out, "%s%s", separator, ip_names[i]);
		separator = "|";
	}
}

static void print_address(const uint8_t *at, int family, struct buffer *out)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(family, at, text, sizeof(text)))
		buffer_string(out, text);
}

static bool print_word(uint64_t value, const struct packet_field *field, struct buffer *out)
{
	for (const struct field_word *word = field->words; word && word->word; word++)
		if (word->number == value) {
			buffer_string(out, word->word);
			return true;
		}
	return false;
}

void field_print(const uint8_t *header, const struct packet_field *field, struct buffer *out)
{
	const uint8_t *at = header + field->bit / 8;
	const uint64_t value = field->kind == FIELD_IP6 ? 0 : field_get(header, field);
	const char *name;

	buffer_printf(out, " %s=", field->name);
	switch (field->kind) {
	case FIELD_MAC:
		buffer_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3],
			      at[4], at[5]);
		break;
	case FIELD_IP4:
		print_address(at, AF_INET, out);
		break;
	case FIELD_IP6:
		print_address(at, AF_INET6, out);
		break;
	case FIELD_TCP_FLAGS:
	case FIELD_IP_FLAGS:
		print_flags(value, field, out);
		break;
	case FIELD_PROTOCOL:
		name = ip_protocol_name((uint32_t)value);
		if (name)
			buffer_string(out, name);
		else
			buffer_printf(out, "%" PRIu64, value);
		break;
	case FIELD_HEX:
	case FIELD_ETHERTYPE: /* several have one name */
		buffer_printf(out, "0x%0*" PRIx64, (field->bits + 3) / 4, value);
		break;
	case FIELD_NUMBER:
		if (!print_word(value, field, out))
			buffer_printf(out, "%" PRIu64, value);
		break;
	}
}
