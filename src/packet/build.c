/* SPDX-License-Identifier: Apache-2.0 */
/* From text to bytes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "packet/building.h"
#include "packet/bytes.h"
#include "packet/field.h"

/* --- headers */

static void list_names(struct buffer *out)
{
	for (size_t i = 0; i < packet_header_count; i++)
		buffer_printf(out, "%s ", packet_headers[i].name);
	for (size_t i = 0; payload_name(i); i++)
		buffer_printf(out, "%s%s", payload_name(i),
			      payload_name(i + 1) ? " " : ", or a text in quotes");
}

static int no_header(struct building *building, struct span word)
{
	const char *names[64], *nearest;
	AUTO(buffer_free) struct buffer hint = { 0 };
	char copy[41];
	size_t count = 0;

	for (; count < packet_header_count; count++)
		names[count] = packet_headers[count].name;
	for (size_t i = 0; payload_name(i); i++)
		names[count++] = payload_name(i);
	snprintf(copy, sizeof(copy), "%.*s", building_shown(word), word.text);
	nearest = text_nearest(copy, names, count);
	if (memchr(word.text, '=', word.length))
		buffer_string(&hint, "a header begins with its name; ");
	else if (nearest)
		buffer_printf(&hint, "did you mean %s? ", nearest);
	buffer_string(&hint, "headers and bytes are ");
	list_names(&hint);
	return building_mistake(building, word.text, buffer_text(&hint), "'%s' is no header", copy);
}

static bool is_in(const char *names, const char *name)
{
	const size_t length = strlen(name);

	for (const char *at = names; (at = strstr(at, name)); at += length)
		if ((at == names || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

static void list_fields(const struct packet_header *header, struct buffer *out)
{
	for (const struct packet_field *field = header->fields; field->name; field++)
		buffer_printf(out, "%s%s", field == header->fields ? "" : " ", field->name);
	if (header->rest)
		buffer_printf(out, " %s", header->rest->names);
	if (is_in(HEADER_HAS_PAD, header->name))
		buffer_string(out, " pad");
}

static int no_field(struct building *building, const struct packet_header *header, struct span name)
{
	AUTO(buffer_free) struct buffer hint = { 0 }, all = { 0 }, list = { 0 };
	const char *names[PACKET_FIELDS_MAX + 16], *nearest;
	char copy[41];
	size_t count = 0;

	list_fields(header, &list);
	buffer_string(&all, buffer_text(&list));
	for (char *word = all.failed ? NULL : strtok(all.data, " ");
	     word && count < sizeof(names) / sizeof(*names); word = strtok(NULL, " "))
		names[count++] = word;
	snprintf(copy, sizeof(copy), "%.*s", building_shown(name), name.text);
	nearest = text_nearest(copy, names, count);
	if (packet_header_named(name.text, name.length))
		buffer_string(&hint, "write / before a header; ");
	else if (nearest)
		buffer_printf(&hint, "did you mean %s? ", nearest);
	buffer_printf(&hint, "%s has %s", header->name, buffer_text(&list));
	return building_mistake(building, name.text, buffer_text(&hint), "'%s' is no field of %s",
				copy, header->name);
}

static uint8_t *header_bytes(struct building *building, const struct packet_layer *layer)
{
	return (uint8_t *)building->bytes.data + layer->at;
}

static int wrong_value(struct building *building, struct span name, struct span value,
		       const struct buffer *wanted)
{
	if (value.length)
		return building_mistake(building, value.text, NULL, "%.*s=%.*s: it takes %s",
					building_shown(name), name.text, building_shown(value),
					value.text, buffer_text(wanted));
	return building_mistake(building, name.text, NULL, "%.*s has no value: it takes %s",
				building_shown(name), name.text, buffer_text(wanted));
}

static int say_field(struct building *building, struct packet_layer *layer,
		     const struct packet_field *field, struct span name, struct span value)
{
	const uint32_t bit = 1u << (field - layer->header->fields);
	AUTO(buffer_free) struct buffer wanted = { 0 };

	if (layer->said & bit)
		return building_mistake(building, name.text, NULL, "%s is said twice", field->name);
	layer->said |= bit;
	if (field_parse(value, field, header_bytes(building, layer), &wanted))
		return 0;
	return wrong_value(building, name, value, &wanted);
}

static int say_pad(struct building *building, struct span name, struct span value)
{
	char copy[24];

	if (building->layers.count > 1 || building->pad)
		return building_mistake(
			building, name.text, NULL,
			"pad is said once, of the first header: it is about the frame");
	snprintf(copy, sizeof(copy), "%.*s", (int)(value.length < 23 ? value.length : 23),
		 value.text);
	if (text_number(copy, &building->pad) && building->pad && building->pad <= PACKET_BYTES_MAX)
		return 0;
	return building_mistake(
		building, name.text, NULL,
		"pad takes how long the frame is to be, with zeros behind it: 1 to %u bytes",
		PACKET_BYTES_MAX);
}

static int say(struct building *building, struct packet_layer *layer, struct span word)
{
	AUTO(buffer_free) struct buffer wanted = { 0 };
	struct span value = word, name = word;
	enum rest_said said;

	if (!span_cut(&value, "=", &name))
		value = (struct span){ word.text + word.length, 0 };
	for (const struct packet_field *field = layer->header->fields; field->name; field++)
		if (span_is(name, field->name))
			return say_field(building, layer, field, name, value);
	if (span_is(name, "pad") && is_in(HEADER_HAS_PAD, layer->header->name))
		return say_pad(building, name, value);
	said = layer->header->rest
		       ? layer->header->rest->add(name, value, layer->at, &building->bytes, &wanted)
		       : REST_UNKNOWN;
	if (said == REST_UNKNOWN)
		return no_field(building, layer->header, name);
	return said == REST_ADDED ? 0 : wrong_value(building, name, value, &wanted);
}

static int begin_header(struct building *building, const struct packet_header *header,
			const char *text)
{
	struct packet_layers *layers = &building->layers;
	struct packet_layer *layer = &layers->layers[layers->count];

	if (layers->count == LAYERS_MAX)
		return building_mistake(building, text, NULL, "a packet has at most %u headers",
					LAYERS_MAX);
	*layer = (struct packet_layer){ header, building->bytes.length, header->size, text, 0 };
	if (!building_zeros(building, header->size))
		return -ENOMEM;
	for (const struct packet_field *field = header->fields; field->name; field++)
		if (field->initial || field->kind == FIELD_IP6)
			field_put_initial(header_bytes(building, layer), field);
	layers->count++;
	return 0;
}

static void end_header(struct building *building)
{
	struct packet_layer *layer = &building->layers.layers[building->layers.count - 1];

	if (layer->header->rest)
		layer->header->rest->finish(layer->at, &building->bytes);
	layer->size = building->bytes.length - layer->at;
}

/* Those that are put below the first one, from the lowest. */
static int begin_below(struct building *building, const struct packet_header *header,
		       const char *text)
{
	const struct packet_header *below =
		header->below ? packet_header_named(header->below, strlen(header->below)) : NULL;
	int r = below ? begin_below(building, below, text) : 0;

	if (r == 0 && below) {
		r = begin_header(building, below, text);
		if (r == 0)
			end_header(building);
	}
	return r;
}

static int read_header(struct building *building, const struct packet_header *header,
		       const char *text)
{
	struct packet_layer *layer;
	struct span word;
	int r = building->bytes.length ? 0 : begin_below(building, header, text);

	if (r == 0)
		r = begin_header(building, header, text);
	layer = &building->layers.layers[building->layers.count - 1];
	while (r == 0 && building_word(building, &word))
		r = say(building, layer, word);
	if (r == 0)
		end_header(building);
	return r;
}

static int read_layer(struct building *building)
{
	const struct packet_header *header;
	struct span word;
	int r;

	building_skip_blanks(building);
	if (building->ended)
		return building_mistake(building, building->rest.text, NULL,
					"nothing follows a trailer: it is the end of the frame");
	if (building->rest.length && building->rest.text[0] == '"')
		return building_text(building);
	if (!building_word(building, &word))
		return building_mistake(building, building->rest.text,
					"as in: eth / ip dst=192.0.2.1 / tcp dport=80",
					"a header is missing");
	r = building_payload(building, word);
	if (r <= 0)
		return r;
	header = packet_header_named(word.text, word.length);
	return header ? read_header(building, header, word.text) : no_header(building, word);
}

static int read_layers(struct building *building)
{
	int r;

	do {
		r = read_layer(building);
		if (r == 0 && building->bytes.length > PACKET_BYTES_MAX)
			r = building_too_long(building, building->rest.text);
		building_skip_blanks(building);
	} while (r == 0 && span_skip(&building->rest, "/"));
	if (r == 0 && !building->bytes.length)
		return building_mistake(building, building->rest.text, NULL,
					"this packet has no bytes");
	if (r == 0 && building->rest.length)
		return building_mistake(building, building->rest.text, "write / before it",
					"a text stands right behind a header");
	return r;
}

/* --- what is not said */

/* A next header that nothing tells is no next header to whoever reads the packet. */
static int check_next(struct building *building, size_t index)
{
	const struct packet_layer *layer = &building->layers.layers[index];
	const struct packet_field *field = packet_next_field(layer->header);
	const struct packet_header *behind = layers_behind(&building->layers, index);
	char hint[128];
	uint64_t number;

	if (!field || !behind || layer->said >> (field - layer->header->fields) & 1 ||
	    layers_chain_number(&building->layers, index, &number))
		return 0;
	snprintf(hint, sizeof(hint), "put a header between them, or say %s= of %s", field->name,
		 layer->header->name);
	return building_mistake(building, layer[1].text, hint, "%s does not follow %s",
				behind->name, layer->header->name);
}

static int put_automatic(struct building *building, size_t index, const struct packet_field *field)
{
	const struct packet_layer *layer = &building->layers.layers[index];
	const struct packet_header *header = layer->header;
	const uint64_t value = layers_automatic(&building->layers, index, field,
						(const uint8_t *)building->bytes.data);

	if (field->automatic == AUTOMATIC_NOT || layer->said >> (field - header->fields) & 1)
		return 0;
	if (value >> field->bits)
		return building_mistake(building, layer->text, "say it to have another one",
					"%s of %s would be %llu, and has only %u bits", field->name,
					header->name, (unsigned long long)value, field->bits);
	field_put(header_bytes(building, layer), field, value);
	return 0;
}

static bool is_sum(const struct packet_field *field)
{
	return field->automatic >= AUTOMATIC_SUM_HEADER;
}

/* From the inside: a checksum is about what it holds, and comes last in its header. */
static int put_automatics(struct building *building)
{
	int r = 0;

	for (size_t i = building->layers.count; r == 0 && i-- > 0;) {
		const struct packet_field *fields = building->layers.layers[i].header->fields;

		r = check_next(building, i);
		for (unsigned sums = 0; sums < 2; sums++)
			for (const struct packet_field *field = fields; r == 0 && field->name;
			     field++)
				if (is_sum(field) == sums)
					r = put_automatic(building, i, field);
	}
	return r;
}

static int put_pad(struct building *building)
{
	if (building->pad && building->pad < building->bytes.length)
		return building_mistake(building, building->layers.layers[0].text, NULL,
					"pad=%llu, but the frame has %zu bytes without any",
					(unsigned long long)building->pad, building->bytes.length);
	while (!building->bytes.failed && building->bytes.length < building->pad)
		buffer_append(&building->bytes, "", 1);
	return 0;
}

int packet_build(struct span text, struct buffer *out, struct packet_mistake *mistake)
{
	struct building building = { .rest = text, .mistake = mistake };
	int r = read_layers(&building);

	if (r == 0 && !building.ended)
		building.layers.end = building.bytes.length;
	if (r == 0 && !building.bytes.failed)
		r = put_automatics(&building);
	if (r == 0)
		r = put_pad(&building);
	if (r == 0 && !building.bytes.failed)
		buffer_append(out, buffer_text(&building.bytes), building.bytes.length);
	if (building.bytes.failed || out->failed)
		r = -ENOMEM;
	buffer_free(&building.bytes);
	return r;
}

static bool is_payload(struct span word)
{
	for (size_t i = 0; payload_name(i); i++)
		if (span_is(word, payload_name(i)))
			return true;
	return false;
}

/* A word that is no header is one misspelt, where headers follow. */
bool packet_is_described(struct span text)
{
	struct span word = { text.text, 0 };
	bool is_hex = true;

	if (text.length && text.text[0] == '"')
		return true;
	while (word.length < text.length && text_is_word(text.text[word.length]))
		is_hex &= hex_digit(text.text[word.length++]) >= 0;
	if (packet_header_named(word.text, word.length) || is_payload(word))
		return true;
	return !is_hex && !(text.text[0] >= '0' && text.text[0] <= '9') &&
	       (memchr(text.text, '/', text.length) || memchr(text.text, '=', text.length));
}

const char *packet_header_name(size_t index)
{
	return index < packet_header_count ? packet_headers[index].name : NULL;
}

void packet_header_fields(size_t index, struct buffer *out)
{
	list_fields(&packet_headers[index], out);
}
