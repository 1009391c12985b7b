/* SPDX-License-Identifier: Apache-2.0 */
/* A piece as the program has cut it. */
#include <arpa/inet.h>
#include <string.h>

#include <skbscope/http_piece.h>

#include "outside/reader.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static struct endpoint endpoint_of(const ip_address_t *address, port_be_t port)
{
	struct endpoint endpoint = { .port = ntohs(port), .family = 6 };

	if (memcmp(address->bytes, mapped, sizeof(mapped)) == 0) {
		endpoint.family = 4;
		memcpy(endpoint.address, address->bytes + sizeof(mapped), 4);
	} else {
		memcpy(endpoint.address, address->bytes, sizeof(endpoint.address));
	}
	return endpoint;
}

static enum piece_sender sender_of(uint8_t marks)
{
	const bool to = marks & HTTP_PIECE_TO_SERVER, from = marks & HTTP_PIECE_FROM_SERVER;

	if (to == from)
		return PIECE_BY_ANYONE;
	return to ? PIECE_BY_CLIENT : PIECE_BY_SERVER;
}

bool reader_piece(struct reader *reader, const uint8_t *data, size_t length)
{
	struct http_piece said;
	struct piece piece;

	if (length < sizeof(said))
		return false;
	memcpy(&said, data, sizeof(said));
	piece = (struct piece){
		.time_ns = said.time,
		.source = endpoint_of(&said.source, said.source_port),
		.destination = endpoint_of(&said.destination, said.destination_port),
		.sender = sender_of(said.marks),
		.flags = said.flags & (PIECE_FIN | PIECE_SYN | PIECE_RST | PIECE_ACK),
		.sequence = said.sequence,
		.skipped = said.skipped,
		.data = data + sizeof(said),
		.length = said.length,
	};
	if (said.marks & HTTP_PIECE_UNKNOWN)
		piece.flags |= PIECE_UNKNOWN;
	if (said.marks & HTTP_PIECE_UNREADABLE)
		piece.flags |= PIECE_UNREADABLE;
	if (said.marks & HTTP_PIECE_CUT_SHORT) {
		piece.missing = said.length;
		piece.length = 0;
	}
	/* The buffer's records have lengths that are multiples of eight. */
	if (piece.length > length - sizeof(said))
		return false;
	streams_feed(reader->streams, &piece); /* what had no memory is counted there */
	if (said.time >= reader->ticked_ns + UINT64_C(1000000000)) {
		reader->ticked_ns = said.time;
		streams_tick(reader->streams, said.time);
	}
	return true;
}
