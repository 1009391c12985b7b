/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind the fields of IP's headers: options and addresses, byte by byte. */
#include "packet/rest.h"

#include "packet/bytes.h"
#include "packet/pad.h"

#define IP_FIELDS 20u
#define EXTENSION_FIELDS 2u
#define EXTENSION_BLOCK 8u
#define PAD1 0
#define PADN 1 /* RFC 8200: and how many bytes follow */

static enum rest_said add_hex(const char *only, struct span name, struct span value,
			      struct buffer *out, struct buffer *wanted)
{
	if (!span_is(name, only))
		return REST_UNKNOWN;
	if (hex_parse(value, out))
		return REST_ADDED;
	buffer_string(wanted, "pairs of hexadecimal digits");
	return REST_WRONG;
}

static void describe_hex(const char *name, const uint8_t *bytes, size_t size, struct buffer *out)
{
	if (!size)
		return;
	buffer_printf(out, " %s=", name);
	hex_print(bytes, size, out);
}

void rest_pad(size_t begin, size_t block, struct buffer *out)
{
	while (!out->failed && (out->length - begin) % block)
		buffer_append(out, "", 1);
}

/* --- of IPv4 */

static enum rest_said add_ip(struct span name, struct span value, size_t begin, struct buffer *out,
			     struct buffer *wanted)
{
	(void)begin;
	return add_hex("opts", name, value, out, wanted);
}

static void finish_ip(size_t begin, struct buffer *out)
{
	rest_pad(begin, 4, out);
}

static size_t size_ip(const uint8_t *header, size_t room)
{
	const size_t size = (header[0] & 0xfu) * 4u;

	return size >= IP_FIELDS && size <= room ? size : 0;
}

static void describe_ip(const uint8_t *header, size_t size, struct buffer *out)
{
	describe_hex("opts", header + IP_FIELDS, size - IP_FIELDS, out);
}

const struct packet_rest rest_ip_options = { "opts", add_ip, finish_ip, size_ip, describe_ip };

/* --- of the extensions of IPv6 */

static enum rest_said add_data(struct span name, struct span value, size_t begin,
			       struct buffer *out, struct buffer *wanted)
{
	(void)begin;
	return add_hex("data", name, value, out, wanted);
}

static void finish_options(size_t begin, struct buffer *out)
{
	const size_t missing = (begin - out->length) % EXTENSION_BLOCK;
	const uint8_t padding[EXTENSION_BLOCK] = { missing > 1 ? PADN : PAD1,
						   (uint8_t)(missing > 1 ? missing - 2 : 0) };

	buffer_append(out, padding, missing);
}

static void finish_route(size_t begin, struct buffer *out)
{
	rest_pad(begin, EXTENSION_BLOCK, out);
}

static size_t size_extension(const uint8_t *header, size_t room)
{
	const size_t size = (header[1] + 1u) * EXTENSION_BLOCK;

	return size <= room ? size : 0;
}

static void describe_options(const uint8_t *header, size_t size, struct buffer *out)
{
	const uint8_t *data = header + EXTENSION_FIELDS;

	if (size == EXTENSION_BLOCK && data[0] == PADN && data[1] == 4 && !data[2] && !data[3] &&
	    !data[4] && !data[5])
		return; /* as finish_options() does it */
	describe_hex("data", data, size - EXTENSION_FIELDS, out);
}

static void describe_route(const uint8_t *header, size_t size, struct buffer *out)
{
	describe_hex("data", header + EXTENSION_FIELDS, size - EXTENSION_FIELDS, out);
}

const struct packet_rest rest_options = { "data", add_data, finish_options, size_extension,
					  describe_options };
const struct packet_rest rest_route = { "data", add_data, finish_route, size_extension,
					describe_route };
