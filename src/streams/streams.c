/* SPDX-License-Identifier: Apache-2.0 */
/* All connections: found by their ends, in the order in which they were last heard of. */
#include "streams/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "streams/connection.h"

#define LINGER_NS UINT64_C(10000000000) /* of closed ones: what comes late is theirs */

static const char *const event_names[STREAM_EVENT_KINDS] = {
	[STREAM_GAP] = "gap",           [STREAM_LATE] = "late",
	[STREAM_TLS] = "tls",           [STREAM_HTTP2] = "http2",
	[STREAM_NOT_HTTP] = "not http", [STREAM_UNREADABLE] = "unreadable",
	[STREAM_EVICTED] = "evicted",   [STREAM_IDLE] = "idle",
	[STREAM_LOST] = "lost",
};

const char *stream_event_name(enum stream_event_kind kind)
{
	return (unsigned int)kind < STREAM_EVENT_KINDS ? event_names[kind] : NULL;
}

static void set_defaults(struct streams_options *options)
{
	if (!options->connections_max)
		options->connections_max = 65536;
	if (!options->bytes_max)
		options->bytes_max = (size_t)64 << 20;
	if (!options->segments_max)
		options->segments_max = 256;
	if (!options->reorder_ns)
		options->reorder_ns = UINT64_C(1000000000);
	if (!options->idle_ns)
		options->idle_ns = UINT64_C(600000000000);
	if (!options->inflate_max)
		options->inflate_max = (size_t)16 << 20;
}

static int copy_headers(struct streams *streams, const struct streams_options *options)
{
	if (options->header_count > CALL_HEADERS_MAX)
		return -EINVAL;
	streams->header_names = calloc(options->header_count + 1, sizeof(char *));
	if (!streams->header_names)
		return -ENOMEM;
	for (size_t i = 0; i < options->header_count; i++) {
		if (header_is_secret(options->headers[i]))
			return -EINVAL;
		streams->header_names[i] = strdup(options->headers[i]);
		if (!streams->header_names[i])
			return -ENOMEM;
	}
	streams->heads.headers = (const char *const *)streams->header_names;
	streams->heads.header_count = options->header_count;
	return 0;
}

int streams_new(const struct streams_options *options, const struct streams_callbacks *callbacks,
		struct streams **out)
{
	struct streams *streams = calloc(1, sizeof(*streams));
	size_t slots = 1024;
	int r;

	if (!streams)
		return -ENOMEM;
	streams->options = *options;
	streams->callbacks = *callbacks;
	set_defaults(&streams->options);
	while (slots < streams->options.connections_max && slots < (size_t)1 << 24)
		slots *= 2;
	streams->table_mask = slots - 1;
	streams->table = calloc(slots, sizeof(struct connection *));
	r = streams->table ? copy_headers(streams, options) : -ENOMEM;
	if (r < 0) {
		streams_free(streams);
		return r;
	}
	consumer_key_set(&streams->heads.key, options->consumer_key, options->consumer_key_length);
	streams->options.consumer_key = NULL;
	streams->options.headers = NULL;
	*out = streams;
	return 0;
}

static int compare_ends(const struct endpoint *a, const struct endpoint *b)
{
	int r = memcmp(a->address, b->address, sizeof(a->address));

	if (r)
		return r;
	return a->family != b->family ? a->family - b->family : a->port - b->port;
}

static uint64_t mix(uint64_t hash, uint64_t word, uint64_t seed)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * (seed | 1);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static size_t slot_of(const struct streams *streams, const struct endpoint ends[2])
{
	const uint64_t seed = streams->options.seed ^ UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = seed, word;

	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < sizeof(ends[i].address); j += sizeof(word)) {
			memcpy(&word, ends[i].address + j, sizeof(word));
			hash = mix(hash, word, seed);
		}
		hash = mix(hash, (uint64_t)ends[i].port << 8 | ends[i].family, seed);
	}
	return (size_t)hash & streams->table_mask;
}

static struct connection **find(struct streams *streams, const struct endpoint ends[2])
{
	struct connection **at = &streams->table[slot_of(streams, ends)];

	while (*at && (compare_ends(&(*at)->ends[0], &ends[0]) != 0 ||
		       compare_ends(&(*at)->ends[1], &ends[1]) != 0))
		at = &(*at)->hash_next;
	return at;
}

static void unlist(struct streams *streams, struct connection *connection)
{
	const bool quiet = connection->in_quiet;

	if (connection->newer)
		connection->newer->older = connection->older;
	else
		streams->newest[quiet] = connection->older;
	if (connection->older)
		connection->older->newer = connection->newer;
	else
		streams->oldest[quiet] = connection->newer;
	connection->newer = connection->older = NULL;
}

static void list_newest(struct streams *streams, struct connection *connection)
{
	const bool quiet = connection->state != CONNECTION_OPEN;

	connection->in_quiet = quiet;
	connection->older = streams->newest[quiet];
	if (connection->older)
		connection->older->newer = connection;
	else
		streams->oldest[quiet] = connection;
	streams->newest[quiet] = connection;
}

static void account(struct streams *streams, struct connection *connection)
{
	const size_t bytes = connection_bytes(connection);
	size_t held = 0;

	for (int i = 0; i < 2; i++)
		held += connection->directions[i].side.held_count;
	streams->counts.held_bytes += bytes - connection->bytes;
	streams->counts.held_segments += held - connection->segments;
	connection->bytes = bytes;
	connection->segments = held;
}

static void remove_connection(struct streams *streams, struct connection *connection)
{
	struct connection **at = find(streams, connection->ends);

	*at = connection->hash_next;
	unlist(streams, connection);
	streams->counts.held_bytes -= connection->bytes;
	streams->counts.held_segments -= connection->segments;
	streams->counts.connections--;
	connection_free(connection);
}

static void evict(struct streams *streams, struct connection *connection)
{
	if (connection->state != CONNECTION_CLOSED)
		streams->counts.evicted++;
	if (connection->count)
		connection_say(connection, STREAM_EVICTED, NULL, 0, 0);
	connection_end(connection, CALL_EVICTED);
	remove_connection(streams, connection);
}

/* Those that say nothing of HTTP first, so that a flood of them does no harm to the others. */
static void make_room(struct streams *streams, const struct connection *spared)
{
	while (streams->counts.connections > streams->options.connections_max ||
	       streams->counts.held_bytes > streams->options.bytes_max) {
		struct connection *oldest = streams->oldest[1];

		if (!oldest || oldest == spared)
			oldest = streams->oldest[0];
		if (!oldest || (oldest == spared && streams->counts.connections > 1))
			oldest = oldest ? oldest->newer : NULL;
		if (!oldest)
			return;
		evict(streams, oldest);
		if (oldest == spared)
			return;
	}
}

static struct connection *open_connection(struct streams *streams, const struct endpoint ends[2])
{
	struct connection **at = &streams->table[slot_of(streams, ends)];
	struct connection *connection = connection_new(streams, ends);

	if (!connection)
		return NULL;
	connection->hash_next = *at;
	*at = connection;
	streams->counts.connections++;
	streams->counts.opened++;
	list_newest(streams, connection);
	account(streams, connection);
	return connection;
}

static bool says_something(const struct piece *piece)
{
	return piece->length || piece->skipped || piece->missing ||
	       piece->flags & (PIECE_SYN | PIECE_UNREADABLE);
}

static int feed(struct streams *streams, struct connection *connection, const struct piece *piece,
		int from)
{
	int r = connection_feed(connection, piece, from);

	unlist(streams, connection);
	list_newest(streams, connection);
	account(streams, connection);
	if (r < 0)
		evict(streams, connection);
	return r;
}

/* The ports were taken again. */
static struct connection *open_again(struct streams *streams, struct connection *connection)
{
	const struct endpoint ends[2] = { connection->ends[0], connection->ends[1] };

	connection_end(connection, CALL_CUT);
	remove_connection(streams, connection);
	return open_connection(streams, ends);
}

int streams_feed(struct streams *streams, const struct piece *piece)
{
	const int from = compare_ends(&piece->source, &piece->destination) > 0;
	const struct endpoint ends[2] = { from ? piece->destination : piece->source,
					  from ? piece->source : piece->destination };
	struct connection *connection;
	int r;

	if (piece->time_ns > streams->ticked_ns + streams->options.reorder_ns / 2)
		streams_tick(streams, piece->time_ns);
	streams->counts.pieces++;
	streams->counts.bytes += piece->length;
	connection = *find(streams, ends);
	if (!connection && !says_something(piece))
		return 0;
	if (connection && connection_is_other(connection, piece, from))
		connection = open_again(streams, connection);
	else if (!connection)
		connection = open_connection(streams, ends);
	if (!connection)
		return -ENOMEM;
	r = feed(streams, connection, piece, from);
	if (r == SIDE_OTHER) {
		connection = open_again(streams, connection);
		r = connection ? feed(streams, connection, piece, from) : -ENOMEM;
	}
	if (r < 0)
		return r;
	make_room(streams, connection);
	return 0;
}

static void tick_one(struct streams *streams, struct connection *connection, uint64_t now_ns)
{
	const uint64_t silent = now_ns > connection->last_ns ? now_ns - connection->last_ns : 0;
	const uint64_t most =
		connection->state == CONNECTION_CLOSED ? LINGER_NS : streams->options.idle_ns;

	if (connection_tick(connection, now_ns) < 0) {
		evict(streams, connection);
		return;
	}
	if (silent > most) {
		connection->now_ns = now_ns;
		if (connection->count) {
			connection_say(connection, STREAM_IDLE, NULL, 0, 0);
			streams->counts.idle++;
		}
		connection_end(connection, CALL_IDLE);
		remove_connection(streams, connection);
		return;
	}
	account(streams, connection);
}

void streams_tick(struct streams *streams, uint64_t now_ns)
{
	streams->ticked_ns = now_ns;
	for (int quiet = 0; quiet < 2; quiet++) {
		struct connection *newer;

		for (struct connection *connection = streams->oldest[quiet]; connection;
		     connection = newer) {
			newer = connection->newer;
			tick_one(streams, connection, now_ns);
		}
	}
}

void streams_finish(struct streams *streams, uint64_t now_ns)
{
	for (int quiet = 0; quiet < 2; quiet++)
		while (streams->oldest[quiet]) {
			struct connection *connection = streams->oldest[quiet];

			if (connection->now_ns < now_ns)
				connection->now_ns = now_ns;
			connection_end(connection, connection->reset_ns ? CALL_CUT : CALL_END);
			remove_connection(streams, connection);
		}
}

void streams_statistics(const struct streams *streams, struct streams_statistics *out)
{
	*out = streams->counts;
}

void streams_free(struct streams *streams)
{
	if (!streams)
		return;
	for (int quiet = 0; quiet < 2; quiet++)
		while (streams->oldest[quiet])
			remove_connection(streams, streams->oldest[quiet]);
	for (char **name = streams->header_names; name && *name; name++)
		free(*name);
	free(streams->header_names);
	free(streams->table);
	free(streams);
}

void streams_freep(struct streams **streams)
{
	streams_free(*streams);
	*streams = NULL;
}
