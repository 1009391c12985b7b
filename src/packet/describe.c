/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to text: the headers, as their bytes tell what follows, and what is different from
 * what would be built. */
#include <string.h>

#include "packet/bytes.h"
#include "packet/field.h"
#include "packet/layers.h"
#include "packet/packet.h"

#define HEX_LINE 32u
#define TEXT_LINE 64u
#define ZEROS_MIN 16u /* fewer are written out */

struct describing {
	const uint8_t *bytes;
	size_t size;
	struct packet_layers layers;
	bool padded; /* with zeros behind the end */
	struct buffer *out;
};

/* --- which headers there are */

/* In bytes, with what is behind its fields; 0: it is no such header. */
static size_t size_at(const struct describing *describing, const struct packet_header *header,
		      size_t at)
{
	const size_t room = describing->layers.end - at;
	const uint8_t *bytes = describing->bytes + at;

	if (room < header->size || (header->is && !header->is(bytes)))
		return 0;
	return header->rest ? header->rest->size(bytes, room) : header->size;
}

static bool has_network_header(const struct packet_layers *layers)
{
	for (size_t i = 0; i < layers->count; i++)
		if (strncmp(layers->layers[i].header->name, "ip", 2) == 0)
			return true;
	return false;
}

/* The first header that says how long all is decides what is behind its end. */
static void find_end(struct describing *describing, const struct packet_header *header, size_t at,
		     size_t size)
{
	struct packet_layers *layers = &describing->layers;
	const struct packet_field *field = header->fields;
	size_t length;

	while (field->name && field->automatic != AUTOMATIC_LENGTH &&
	       field->automatic != AUTOMATIC_PAYLOAD)
		field++;
	if (!field->name || strncmp(header->name, "ip", 2) != 0 || has_network_header(layers))
		return;
	length = (size_t)field_get(describing->bytes + at, field);
	length += field->automatic == AUTOMATIC_PAYLOAD ? size : 0;
	if (length > size && length < layers->end - at)
		layers->end = at + length;
}

static void find_headers(struct describing *describing)
{
	struct packet_layers *layers = &describing->layers;
	const struct packet_header *header = packet_headers;
	size_t at = 0, size;

	layers->end = describing->size;
	while (header && layers->count < LAYERS_MAX && (size = size_at(describing, header, at))) {
		find_end(describing, header, at, size);
		layers->layers[layers->count++] =
			(struct packet_layer){ header, at, size, NULL, 0 };
		header = packet_header_next(header, describing->bytes + at);
		at += size;
	}
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !size || (!bytes[0] && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* --- their lines */

static bool differs(const struct describing *describing, size_t index,
		    const struct packet_field *field)
{
	const uint8_t *header = describing->bytes + describing->layers.layers[index].at;

	if (field->when && !field->when(header))
		return false;
	if (field->shown)
		return true;
	if (field->automatic == AUTOMATIC_NOT)
		return !field_is_initial(header, field);
	return field_get(header, field) !=
	       layers_automatic(&describing->layers, index, field, describing->bytes);
}

static void begin_line(struct describing *describing, bool first)
{
	buffer_string(describing->out, first ? "" : "/ ");
}

static void describe_layer(struct describing *describing, size_t index)
{
	const struct packet_layer *layer = &describing->layers.layers[index];
	const struct packet_header *header = layer->header;
	const uint8_t *bytes = describing->bytes + layer->at;

	begin_line(describing, !index);
	buffer_string(describing->out, header->name);
	for (const struct packet_field *field = header->fields; field->name; field++)
		if (differs(describing, index, field))
			field_print(bytes, field, describing->out);
	if (header->rest)
		header->rest->describe(bytes, layer->size, describing->out);
	if (!index && describing->padded)
		buffer_printf(describing->out, " pad=%zu", describing->size);
	buffer_string(describing->out, "\n");
}

/* --- what they carry */

static size_t zeros_at(const uint8_t *bytes, size_t size)
{
	size_t count = 0;

	while (count < size && !bytes[count])
		count++;
	return count >= ZEROS_MIN ? count : 0;
}

static size_t hex_piece(const uint8_t *bytes, size_t size)
{
	size_t count = 0;

	while (count < size && count < HEX_LINE && !zeros_at(bytes + count, size - count))
		count++;
	return count;
}

/* A line of the text, if it is not too long. */
static size_t text_piece(const uint8_t *bytes, size_t size)
{
	const size_t most = size < TEXT_LINE ? size : TEXT_LINE;
	const uint8_t *newline = memchr(bytes, '\n', most);

	return newline ? (size_t)(newline - bytes) + 1 : most;
}

static void describe_payload(struct describing *describing, size_t at, size_t end)
{
	const bool is_text = string_is_better(describing->bytes + at, end - at);
	struct buffer *out = describing->out;

	for (size_t piece; at < end; at += piece) {
		const uint8_t *bytes = describing->bytes + at;
		const size_t zeros = zeros_at(bytes, end - at);

		begin_line(describing, !at);
		if (is_text) {
			piece = text_piece(bytes, end - at);
			string_print(bytes, piece, out);
		} else if (zeros) {
			piece = zeros;
			buffer_printf(out, "zeros %zu", piece);
		} else {
			piece = hex_piece(bytes, end - at);
			buffer_string(out, "hex ");
			hex_print(bytes, piece, out);
		}
		buffer_string(out, "\n");
	}
}

static void describe_trailer(struct describing *describing)
{
	const size_t end = describing->layers.end;

	if (end == describing->size || describing->padded)
		return;
	buffer_string(describing->out, "/ trailer");
	for (size_t at = end; at < describing->size; at += HEX_LINE) {
		const size_t left = describing->size - at;

		buffer_string(describing->out, at == end ? " " : "\n  ");
		hex_print(describing->bytes + at, left < HEX_LINE ? left : HEX_LINE,
			  describing->out);
	}
	buffer_string(describing->out, "\n");
}

static void describe(const uint8_t *bytes, size_t size, bool whole, struct buffer *out)
{
	struct describing describing = { .bytes = bytes, .size = size, .out = out };
	const struct packet_layers *layers = &describing.layers;
	const struct packet_layer *last;
	size_t at = 0;

	find_headers(&describing);
	describing.padded = layers->end < size && is_zero(bytes + layers->end, size - layers->end);
	for (size_t i = 0; i < layers->count; i++)
		describe_layer(&describing, i);
	if (layers->count) {
		last = &layers->layers[layers->count - 1];
		at = last->at + last->size;
	}
	if (whole) {
		describe_payload(&describing, at, layers->end);
		describe_trailer(&describing);
	} else if (at < size) {
		buffer_printf(out, "# %zu byte%s\n", size - at, size - at == 1 ? "" : "s");
	}
}

void packet_describe(const uint8_t *bytes, size_t size, struct buffer *out)
{
	describe(bytes, size, true, out);
}

void packet_describe_headers(const uint8_t *bytes, size_t size, struct buffer *out)
{
	describe(bytes, size, false, out);
}
