/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces to directions, directions to messages; and what is to be done where that fails. */
#include "streams/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN_PARTS 16u /* are held until one without a SYN is read */

struct connection *connection_new(struct streams *streams, const struct endpoint ends[2])
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->streams = streams;
	connection->client = -1;
	connection->last = &connection->first;
	for (int i = 0; i < 2; i++) {
		connection->ends[i] = ends[i];
		connection->directions[i].connection = connection;
	}
	return connection;
}

static void stop_reading(struct connection *connection)
{
	for (int i = 0; i < 2; i++) {
		side_clear(&connection->directions[i].side);
		message_free(connection->directions[i].message);
		connection->directions[i].message = NULL;
		connection->directions[i].waiting = false;
	}
}

void connection_free(struct connection *connection)
{
	struct exchange *next;

	stop_reading(connection);
	for (struct exchange *exchange = connection->first; exchange; exchange = next) {
		next = exchange->next;
		exchange_free(exchange);
	}
	connection->streams->counts.in_flight -= connection->count;
	free(connection);
}

struct direction *connection_requests(struct connection *connection)
{
	return &connection->directions[connection->client > 0];
}

struct direction *connection_answers(struct connection *connection)
{
	return &connection->directions[connection->client <= 0];
}

bool direction_asks(const struct direction *direction)
{
	return direction == connection_requests(direction->connection);
}

void connection_say(struct connection *connection, enum stream_event_kind kind,
		    const struct direction *direction, uint64_t bytes, uint64_t calls)
{
	struct streams *streams = connection->streams;
	const int client = connection->client > 0;
	struct stream_event event = {
		.kind = kind,
		.time_ns = connection->now_ns,
		.client = connection->ends[client],
		.server = connection->ends[!client],
		.sender = !direction || connection->client < 0 ? PIECE_BY_ANYONE
			  : direction_asks(direction)          ? PIECE_BY_CLIENT
							       : PIECE_BY_SERVER,
		.bytes = bytes,
		.calls = calls,
	};

	if (kind == STREAM_LOST)
		streams->counts.calls_lost += calls;
	if (streams->callbacks.event)
		streams->callbacks.event(streams->callbacks.context, &event);
}

void connection_become(struct connection *connection, enum connection_state state)
{
	connection->state = state;
}

/* Of what is under way nothing more comes. */
static void end_exchanges(struct connection *connection, enum call_loss loss)
{
	pairing_end(connection);
	while (connection->first)
		record_call(connection, connection->first, loss);
	if (connection->never_answers > connection->never_requests)
		connection_say(connection, STREAM_LOST, NULL, 0,
			       connection->never_answers - connection->never_requests);
	connection->never_answers = connection->never_requests = 0;
}

void connection_unreadable(struct connection *connection, enum stream_event_kind kind,
			   const struct direction *direction)
{
	connection->streams->counts.unreadable++;
	connection_say(connection, kind, direction, 0, 0);
	end_exchanges(connection, CALL_MALFORMED);
	connection_become(connection, CONNECTION_UNREADABLE);
}

void connection_close(struct connection *connection, enum call_loss loss)
{
	end_exchanges(connection, loss);
	connection_become(connection, CONNECTION_CLOSED);
}

static struct side_taker taker_of(struct direction *direction)
{
	return (struct side_taker){ direction_take, direction };
}

/* What one direction said may be what the other waits for. */
static int wake(struct connection *connection)
{
	int r = 0;

	for (int again = 1; again && r == 0;) {
		again = 0;
		for (int i = 0; i < 2 && r == 0; i++) {
			struct direction *direction = &connection->directions[i];
			struct side_taker taker = taker_of(direction);
			const size_t before = direction->side.held_bytes;

			if (!direction->waiting)
				continue;
			r = side_drain(&direction->side, &taker);
			again |= direction->side.held_bytes != before;
		}
	}
	return r;
}

static int add(struct direction *direction, const struct part *part)
{
	struct side_counts counts = { 0 };
	struct side_taker taker = taker_of(direction);
	int r = side_add(&direction->side, part, &taker, &counts);

	direction->connection->streams->counts.retransmitted += counts.retransmitted;
	direction->connection->streams->counts.reordered += counts.reordered;
	return r;
}

/* Who the client is, by what is most certain. */
static void choose_client(struct connection *connection, const struct piece *piece, int from)
{
	if (connection->client_certain || connection->directions[0].begun ||
	    connection->directions[1].begun)
		return;
	if (piece->flags & PIECE_SYN) {
		connection->client = piece->flags & PIECE_ACK ? !from : from;
		connection->client_certain = true;
	} else if (connection->client_said) {
		return;
	} else if (message_begins_request(piece->data, piece->length)) {
		connection->client = from;
		connection->client_said = true;
	} else if (message_begins_answer(piece->data, piece->length)) {
		connection->client = !from;
		connection->client_said = true;
	} else if (connection->client < 0 && piece->sender != PIECE_BY_ANYONE) {
		connection->client = piece->sender == PIECE_BY_CLIENT ? from : !from;
	}
}

static void note_syn(struct direction *direction, const struct piece *piece)
{
	if (!(piece->flags & PIECE_SYN) || direction->from_start)
		return;
	direction->from_start = true;
	if (direction->side.known)
		return;
	direction->side.known = true;
	direction->side.next = direction->first;
}

/* The parts of a piece, in the order of their numbers. */
static int add_parts(struct direction *direction, const struct piece *piece)
{
	struct part part = { .time_ns = piece->time_ns, .begins_piece = true };
	const uint32_t start = piece->sequence - (uint32_t)piece->skipped;
	int r = 0;

	if (piece->skipped && (piece->skipped < (UINT64_C(1) << 31) || !direction->side.known ||
			       start == direction->side.next)) {
		part.kind = PART_SKIPPED;
		part.sequence = start;
		part.length = piece->skipped;
		r = add(direction, &part);
	}
	part.sequence = piece->sequence;
	if (r >= 0 && r != SIDE_OTHER && piece->length) {
		part.kind = PART_DATA;
		part.data = piece->data;
		part.length = piece->length;
		r = add(direction, &part);
	}
	part.sequence += (uint32_t)piece->length;
	if (r >= 0 && r != SIDE_OTHER && piece->missing) {
		part.kind = PART_MISSING;
		part.length = piece->missing;
		r = add(direction, &part);
	}
	part.sequence += (uint32_t)piece->missing;
	if (r >= 0 && r != SIDE_OTHER && piece->flags & PIECE_FIN &&
	    (direction->side.known || direction->side.held)) {
		part.kind = PART_END;
		part.length = 1;
		r = add(direction, &part);
	}
	return r;
}

static bool lacks_something(const struct direction *direction)
{
	return direction->side.held && (!direction->side.known || side_has_hole(&direction->side));
}

/* What a direction waits for is given up. If that is the other one, what that lacks is. */
static int give_up(struct direction *direction)
{
	struct connection *connection = direction->connection;
	struct direction *other = &connection->directions[direction == connection->directions];
	struct side_taker taker;
	int r;

	if (!lacks_something(direction) && lacks_something(other))
		direction = other;
	taker = taker_of(direction);
	if (!lacks_something(direction)) {
		direction->forced = true;
		r = side_drain(&direction->side, &taker);
		direction->forced = false;
	} else if (direction->side.known) {
		r = side_give_up(&direction->side, &taker);
	} else {
		side_begin(&direction->side);
		r = side_drain(&direction->side, &taker);
	}
	return r < 0 ? r : wake(connection);
}

/* More is held than may be. */
static int relieve(struct direction *direction)
{
	const struct streams_options *options = &direction->connection->streams->options;
	int r = 0;

	for (unsigned int turn = 0;
	     r == 0 && turn < 8 && direction->side.held_count > options->segments_max; turn++)
		r = give_up(direction);
	return r;
}

bool connection_is_other(const struct connection *connection, const struct piece *piece, int from)
{
	const struct direction *direction = &connection->directions[from];

	return piece->flags & PIECE_SYN && direction->side.known &&
	       piece->sequence != direction->first;
}

/* Where it begins, as far as is known. Without its SYN, what was before the first piece may come
 * after it, and then it is too late for it. */
static void note_first(struct direction *direction, const struct piece *piece)
{
	struct connection *connection = direction->connection;
	const uint32_t start = piece->sequence - (uint32_t)piece->skipped;
	const int32_t distance = (int32_t)(start - direction->first);

	if (!direction->first_known || (!direction->side.known && distance < 0) ||
	    (!direction->side.known && piece->flags & PIECE_SYN)) {
		direction->first = start;
		direction->first_known = true;
	} else if (direction->side.known && !direction->from_start && distance < 0 &&
		   distance > -SIDE_FAR && piece->length) {
		connection->streams->counts.gaps++;
		connection->streams->counts.gap_bytes += (uint64_t) - (int64_t)distance;
		direction->first = start;
	}
}

static bool has_bytes(const struct piece *piece)
{
	return piece->length || piece->skipped || piece->missing;
}

/* What was held until the beginning was known, and what the other direction waited for. */
static int read_on(struct direction *direction)
{
	struct side_taker taker = taker_of(direction);
	int r;

	if (!direction->side.known && direction->side.held_count >= BEGIN_PARTS)
		side_begin(&direction->side);
	r = direction->waiting ? 0 : side_drain(&direction->side, &taker);
	if (r == 0)
		r = wake(direction->connection);
	if (r == 0)
		r = relieve(direction);
	return r < 0 ? r : wake(direction->connection);
}

/* Whoever cut the pieces says that from here on it is no HTTP/1.x. The bytes that he saw it by are
 * read first, once nothing before them is missing: the answer that upgrades is one of them. */
static void heed_foreign(struct connection *connection)
{
	struct direction *directions = connection->directions;

	if (!connection->foreign || connection->state >= CONNECTION_TUNNEL ||
	    directions[0].side.held || directions[1].side.held)
		return;
	connection_unreadable(connection, STREAM_UNREADABLE, connection->foreign);
}

int connection_feed(struct connection *connection, const struct piece *piece, int from)
{
	struct direction *direction = &connection->directions[from];
	int r, more;

	connection->last_ns = piece->time_ns;
	if (!connection->now_ns)
		connection->now_ns = piece->time_ns;
	if (connection->state == CONNECTION_OPENING && has_bytes(piece))
		connection->state = CONNECTION_OPEN;
	note_first(direction, piece);
	choose_client(connection, piece, from);
	note_syn(direction, piece);
	if (piece->flags & PIECE_UNREADABLE)
		connection->foreign = direction;
	if (!piece->length)
		heed_foreign(connection);
	r = add_parts(direction, piece);
	if (r < 0 || r == SIDE_OTHER)
		return r;
	more = read_on(direction);
	heed_foreign(connection);
	if (piece->flags & PIECE_RST && !connection->reset_ns)
		connection->reset_ns = piece->time_ns;
	if (connection->state >= CONNECTION_TUNNEL)
		stop_reading(connection);
	return more < 0 ? more : r;
}

/* Gives up whatever is waited for, until nothing is held. */
static int force(struct connection *connection)
{
	int r = 0;

	for (int i = 0; i < 2; i++)
		while (r == 0 && connection->directions[i].side.held)
			r = give_up(&connection->directions[i]);
	return r;
}

void connection_end(struct connection *connection, enum call_loss loss)
{
	(void)force(connection);
	end_exchanges(connection, loss);
	connection_become(connection, CONNECTION_CLOSED);
	stop_reading(connection);
}

int connection_tick(struct connection *connection, uint64_t now_ns)
{
	const uint64_t patience = connection->streams->options.reorder_ns;
	int r = 0;

	if (connection->reset_ns && now_ns > connection->reset_ns + patience) {
		connection_end(connection, CALL_CUT);
		return 0;
	}
	for (int i = 0; i < 2 && r == 0; i++) {
		struct direction *direction = &connection->directions[i];

		if (!direction->side.held || now_ns < direction->side.held_since_ns + patience)
			continue;
		r = give_up(direction);
	}
	heed_foreign(connection);
	return r;
}

size_t connection_bytes(const struct connection *connection)
{
	size_t bytes = sizeof(*connection);

	for (int i = 0; i < 2; i++) {
		bytes += connection->directions[i].side.held_bytes;
		if (connection->directions[i].message)
			bytes += message_bytes(connection->directions[i].message);
	}
	for (const struct exchange *exchange = connection->first; exchange;
	     exchange = exchange->next)
		bytes += exchange->bytes + content_bytes(&exchange->request) +
			 content_bytes(&exchange->answer);
	return bytes;
}
