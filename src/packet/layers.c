/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/layers.h"

#include <string.h>

#include "packet/field.h"

/* Words of 16 bits, the way the Internet adds them (RFC 1071). */
static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += bytes[i] * 256u + bytes[i + 1];
	return size % 2 ? sum + bytes[size - 1] * 256u : sum;
}

static uint16_t folded(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Addresses are at the ends of both headers. */
static uint64_t sum_of_addresses(const struct packet_layers *layers, size_t index,
				 const uint8_t *bytes)
{
	while (index-- > 0) {
		const struct packet_layer *below = &layers->layers[index];

		if (strcmp(below->header->name, "ip") == 0)
			return sum_of(bytes + below->at + 12, 8);
		if (strcmp(below->header->name, "ip6") == 0)
			return sum_of(bytes + below->at + 8, 32);
	}
	return 0;
}

static uint64_t checksum(const struct packet_layers *layers, size_t index,
			 const struct packet_field *field, const uint8_t *bytes)
{
	const struct packet_layer *layer = &layers->layers[index];
	const bool whole = field->automatic == AUTOMATIC_SUM_HEADER;
	const size_t size = whole ? layer->size : layers->end - layer->at;
	uint64_t sum = sum_of(bytes + layer->at, size);
	uint16_t result;

	sum -= field_get(bytes + layer->at, field); /* it stands at a whole word */
	if (field->automatic == AUTOMATIC_SUM_PSEUDO || field->automatic == AUTOMATIC_SUM_UDP)
		sum += sum_of_addresses(layers, index, bytes) + size + layer->header->protocol;
	result = folded(sum);
	return field->automatic == AUTOMATIC_SUM_UDP && !result ? 0xffff : result;
}

const struct packet_header *layers_behind(const struct packet_layers *layers, size_t index)
{
	const struct packet_layer *layer = &layers->layers[index];

	return index + 1 < layers->count && layer[1].at == layer->at + layer->size ? layer[1].header
										   : NULL;
}

bool layers_chain_number(const struct packet_layers *layers, size_t index, uint64_t *number)
{
	const struct packet_header *behind = layers_behind(layers, index);
	const struct packet_chain *chain = layers->layers[index].header->chain;

	for (; behind && chain && chain->header; chain++)
		if (strcmp(chain->header, behind->name) == 0) {
			*number = chain->number;
			return true;
		}
	return false;
}

uint64_t layers_automatic(const struct packet_layers *layers, size_t index,
			  const struct packet_field *field, const uint8_t *bytes)
{
	const struct packet_layer *layer = &layers->layers[index];
	uint64_t number;

	switch (field->automatic) {
	case AUTOMATIC_NEXT:
		return layers_chain_number(layers, index, &number) ? number : field->initial;
	case AUTOMATIC_LENGTH:
		return layers->end - layer->at;
	case AUTOMATIC_PAYLOAD:
		return layers->end - layer->at - layer->size;
	case AUTOMATIC_WORDS:
		return layer->size / 4;
	case AUTOMATIC_BLOCKS:
		return layer->size / 8 - 1;
	case AUTOMATIC_RECORDS:
		return layer->size > layer->header->size;
	case AUTOMATIC_SUM_HEADER:
	case AUTOMATIC_SUM:
	case AUTOMATIC_SUM_PSEUDO:
	case AUTOMATIC_SUM_UDP:
		return checksum(layers, index, field, bytes);
	case AUTOMATIC_NOT:
		break;
	}
	return field->initial;
}
