/* SPDX-License-Identifier: Apache-2.0 */
#include "run/calls.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "kernel/session.h"
#include "run/calls_key.h"

#define ROOM ((size_t)4 << 20) /* of pieces that wait */
#define READ_BYTES ((size_t)1 << 16)
#define BEAT_NS UINT64_C(1000000000)
#define STUCK_NS UINT64_C(10000000)       /* between two looks while no view has room */
#define PATIENCE_NS UINT64_C(10000000000) /* with the process, while it does nothing */
#define FAREWELL_NS UINT64_C(5000000000)  /* the same, when the run was told to end */
#define POLL_MS 200

static void put(struct calls *calls, enum wire_kind kind, const void *data, size_t length)
{
	const struct wire_header header = { (uint32_t)kind, (uint32_t)length };

	buffer_append(&calls->out, &header, sizeof(header));
	buffer_append(&calls->out, data, length);
}

static void put_number(struct calls *calls, enum wire_kind kind, uint64_t number)
{
	put(calls, kind, &number, sizeof(number));
}

/* --- its end ----------------------------------------------------------------------- */

/* Once, however it was noticed: what it held is lost, and the run ends by it. */
static void lose(struct calls *calls, const char *instead)
{
	struct skbscope_error error;
	char how[96];

	if (calls->gone)
		return;
	calls->gone = true;
	loop_remove(&calls->source);
	loop_disarm(&calls->again);
	loop_disarm(&calls->beat);
	closep(&calls->serving.socket);
	serving_end(&calls->serving, how, sizeof(how));
	book_count(calls->book, "reader lost", 1, true); /* also where no call was under way */
	book_count(calls->book, "calls of a lost reader", calls->statistics.in_flight, true);
	fail(&error, EPIPE, SKBSCOPE_STAGE_OBSERVE,
	     "%s %s; %llu calls that were under way are lost", serving_name(SERVING_CALLS),
	     instead ? instead : how, (unsigned long long)calls->statistics.in_flight);
	readings_fail(calls->readings, &error);
}

/* --- what comes back --------------------------------------------------------------- */

static uint64_t wall_of(struct calls *calls, uint64_t monotonic_ns)
{
	if (calls->readings->recorded)
		return monotonic_ns;
	return calls->wall_ns - (calls->monotonic_ns - monotonic_ns);
}

static void tell(struct calls *calls, enum call_table table, const void *value, uint64_t now_ns)
{
	const struct skbscope_schema *schema = &book_schema(calls->book, table)->public;
	const struct skbscope_event event = {
		.record = { .schema = schema, .value = value },
		.size = schema->value_size,
		.number = ++calls->count,
		.wall_ns = wall_of(calls, now_ns),
		.monotonic_ns = now_ns,
	};

	views_event(calls->readings->views, &event);
}

static void on_news(void *context, enum call_table table, const void *value, uint64_t now_ns)
{
	tell(context, table, value, now_ns);
}

static void take_call(struct calls *calls, const uint8_t *data)
{
	struct call_record call;

	memcpy(&call, data, sizeof(call));
	record_mend(&call);
	if (calls->limit && calls->calls_told == calls->limit) {
		book_take(calls->book, &call, NULL, NULL);
		book_unseen(calls->book, TABLE_CALLS);
		return;
	}
	calls->calls_told++;
	tell(calls, TABLE_CALLS, &call, call.start_ns);
	book_take(calls->book, &call, on_news, calls);
	if (calls->limit && calls->calls_told == calls->limit) {
		if (calls->readings->recorded)
			readings_time(calls->readings, wall_of(calls, call.start_ns));
		readings_reach(calls->readings);
	}
}

static void take_gap(struct calls *calls, const uint8_t *data)
{
	struct wire_gap gap;

	memcpy(&gap, data, sizeof(gap));
	gap.what[sizeof(gap.what) - 1] = gap.client[sizeof(gap.client) - 1] =
		gap.server[sizeof(gap.server) - 1] = '\0';
	book_gap(calls->book, &gap, on_news, calls);
}

static void take_statistics(struct calls *calls, const uint8_t *data)
{
	memcpy(&calls->statistics, data, sizeof(calls->statistics));
	book_statistics(calls->book, &calls->statistics);
}

static size_t size_of(uint32_t kind)
{
	switch (kind) {
	case WIRE_CALL:
		return sizeof(struct call_record);
	case WIRE_GAP:
		return sizeof(struct wire_gap);
	case WIRE_STATISTICS:
		return sizeof(struct wire_statistics);
	case WIRE_SYNCED:
		return sizeof(uint64_t);
	default:
		return 0;
	}
}

static void take(struct calls *calls, uint32_t kind, const uint8_t *data)
{
	switch (kind) {
	case WIRE_CALL:
		take_call(calls, data);
		return;
	case WIRE_GAP:
		take_gap(calls, data);
		return;
	case WIRE_STATISTICS:
		take_statistics(calls, data);
		return;
	default:
		memcpy(&calls->synced, data, sizeof(calls->synced));
		return;
	}
}

/* False: it is no answer that we know. */
static bool take_all(struct calls *calls)
{
	const uint8_t *data = (const uint8_t *)calls->in.data;
	size_t at = 0, left;

	while ((left = calls->in.length - at) >= sizeof(struct wire_header)) {
		struct wire_header header;

		memcpy(&header, data + at, sizeof(header));
		if (!size_of(header.kind) || header.length != size_of(header.kind))
			return false;
		if (left < sizeof(header) + header.length)
			break;
		take(calls, header.kind, data + at + sizeof(header));
		at += sizeof(header) + header.length;
	}
	memmove(calls->in.data, calls->in.data + at, calls->in.length - at);
	calls->in.length -= at;
	return true;
}

static void look_at_clocks(struct calls *calls)
{
	calls->wall_ns = clock_wall_ns();
	calls->monotonic_ns = clock_monotonic_ns();
}

static void receive(struct calls *calls)
{
	ssize_t n;

	if (!buffer_reserve(&calls->in, READ_BYTES)) {
		lose(calls, "is given up: there is no memory");
		return;
	}
	n = recv(calls->serving.socket, calls->in.data + calls->in.length, READ_BYTES,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose(calls, NULL);
		return;
	}
	calls->in.length += (size_t)n;
	calls->asked_ns = clock_monotonic_ns(); /* it is alive */
	look_at_clocks(calls);
	if (!take_all(calls))
		lose(calls, "said something that makes no sense");
	views_flush(calls->readings->views);
}

static void send_some(struct calls *calls)
{
	const bool was_full = !calls_have_room(calls);
	ssize_t n;

	if (calls->out.failed) {
		lose(calls, "is given up: there is no memory");
		return;
	}
	n = send(calls->serving.socket, calls->out.data + calls->written,
		 calls->out.length - calls->written, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		lose(calls, NULL);
	if (n <= 0)
		return;
	calls->written += (size_t)n;
	if (was_full && calls_have_room(calls))
		calls->has_room(calls->owner);
	if (calls->written < calls->out.length && calls->written < ROOM)
		return;
	memmove(calls->out.data, calls->out.data + calls->written,
		calls->out.length - calls->written);
	calls->out.length -= calls->written;
	calls->written = 0;
}

/* --- the loop ---------------------------------------------------------------------- */

static bool views_take(const struct calls *calls)
{
	return calls->readings->recorded || views_have_room(calls->readings->views);
}

static void want(struct calls *calls)
{
	if (!calls->gone && calls->source.loop)
		loop_want(&calls->source,
			  (calls->stuck ? 0u : (uint32_t)EPOLLIN) |
				  (calls->written < calls->out.length ? (uint32_t)EPOLLOUT : 0u));
}

static void ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct calls *calls = context;

	if (events & EPOLLOUT && !calls->gone)
		send_some(calls);
	calls->stuck = !views_take(calls);
	if (calls->stuck)
		loop_arm(calls->readings->loop, &calls->again, now_ns + STUCK_NS);
	else if (events & ~(uint32_t)EPOLLOUT && !calls->gone)
		receive(calls);
	want(calls);
}

static void look_again(void *context, uint64_t now_ns)
{
	struct calls *calls = context;

	calls->stuck = !views_take(calls);
	if (calls->stuck)
		loop_arm(calls->readings->loop, &calls->again, now_ns + STUCK_NS);
	want(calls);
}

/* It is asked whether it is there, and told the time. */
static void beat(void *context, uint64_t now_ns)
{
	struct calls *calls = context;

	loop_arm(calls->readings->loop, &calls->beat, now_ns + BEAT_NS);
	if (calls->synced < calls->sent) {
		if (!calls->stuck && now_ns > calls->asked_ns + PATIENCE_NS)
			lose(calls, "does not answer, and was ended");
		return;
	}
	calls->asked_ns = now_ns;
	put_number(calls, WIRE_TICK, now_ns);
	put_number(calls, WIRE_SYNC, ++calls->sent);
	want(calls);
}

void calls_flush(struct calls *calls)
{
	if (!calls->gone && calls->written < calls->out.length)
		send_some(calls);
	want(calls);
}

bool calls_have_room(const struct calls *calls)
{
	return calls->gone || calls->out.length - calls->written < ROOM;
}

void calls_piece(struct calls *calls, const struct skbscope_event *event)
{
	const size_t size = event->record.schema->value_size;
	const struct wire_header header = { WIRE_PIECE, (uint32_t)(size + event->rest_size) };

	if (calls->gone || header.length > WIRE_MAX)
		return;
	buffer_append(&calls->out, &header, sizeof(header));
	buffer_append(&calls->out, event->record.value, size);
	buffer_append(&calls->out, event->rest, event->rest_size);
}

/* --- waiting ----------------------------------------------------------------------- */

static bool is_reached(const struct calls *calls, bool all, uint64_t number)
{
	return calls->gone || (all ? calls->synced >= number : calls_have_room(calls));
}

/* Both ways at once: neither end waits for the other. Signals are heard here, too: the loop does
 * not run meanwhile. */
static void wait_once(struct calls *calls)
{
	struct pollfd polled[] = {
		{ .fd = calls->serving.socket, .events = POLLIN },
		{ .fd = loop_signal_fd(calls->readings->loop), .events = POLLIN },
	};

	if (calls->written < calls->out.length)
		polled[0].events |= POLLOUT;
	if (poll(polled, 2, POLL_MS) <= 0)
		return;
	if (polled[1].revents)
		loop_take_signals(calls->readings->loop);
	if (polled[0].revents & POLLOUT)
		send_some(calls);
	if (polled[0].revents & ~POLLOUT && !calls->gone)
		receive(calls);
}

static uint64_t patience(const struct calls *calls)
{
	return calls->readings->signals.ends ? FAREWELL_NS : PATIENCE_NS;
}

int calls_wait(struct calls *calls, bool all, struct skbscope_error *error)
{
	if (calls->gone)
		return -ECANCELED;
	calls->asked_ns = clock_monotonic_ns();
	if (all)
		put_number(calls, WIRE_SYNC, ++calls->sent);
	while (!is_reached(calls, all, calls->sent)) {
		if (calls->readings->signals.ends > 1)
			return fail(error, EINTR, SKBSCOPE_STAGE_OBSERVE, "interrupted");
		wait_once(calls);
		if (!calls->gone && clock_monotonic_ns() > calls->asked_ns + patience(calls))
			lose(calls, "does not answer, and was ended");
	}
	want(calls);
	return calls->gone ? -ECANCELED : 0;
}

void calls_finish(struct calls *calls)
{
	struct skbscope_error error;

	if (calls->gone || calls->ended)
		return;
	calls->ended = true;
	put_number(calls, WIRE_FINISH,
		   calls->readings->recorded ? calls->readings->now_ns : clock_monotonic_ns());
	if (calls_wait(calls, true, &error) == -EINTR)
		lose(calls, "had not answered when a second signal came, and was ended");
}

/* --- beginning --------------------------------------------------------------------- */

static int add_tables(struct calls *calls, struct skbscope_session *session,
		      struct skbscope_error *error)
{
	int r = 0;

	for (enum call_table table = 0; table < BOOK_TABLES && r == 0; table++) {
		const struct table_source source = book_source(calls->book, table);

		r = session_add_table(session, &source, error);
	}
	return r;
}

/* What is the program's own business. */
static void hide(const struct skbscope_session *session)
{
	static const char *const names[] = { CALLS_PIECES, "ports", "amounts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct table_source *table = session_table(session, names[i]);

		if (table)
			((struct skbscope_schema *)&table->schema->public)->hidden = true;
	}
}

static int put_start(struct calls *calls, const struct http_settings *settings,
		     struct skbscope_error *error)
{
	struct wire_start start = { .columns = settings->columns.count };
	int r = calls_key_read(settings->consumer_key, start.consumer_key, error);

	if (r == 0 && getrandom(&start.seed, sizeof(start.seed), 0) != sizeof(start.seed))
		r = fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE, "cannot make a seed");
	for (size_t i = 0; i < settings->columns.count; i++)
		strcpy(start.names[i], calls_header_name(settings->columns.items[i]));
	put(calls, WIRE_START, &start, sizeof(start));
	explicit_bzero(&start, sizeof(start));
	return r;
}

int calls_open(struct calls *calls, const struct http_settings *settings,
	       struct skbscope_session *session, struct skbscope_error *error)
{
	struct book_rules rules = {
		.burst = settings->burst,
		.anomaly_ns = settings->anomaly_ns,
		.anomaly_factor = settings->anomaly_factor,
		.series = settings->places,
		.ai = settings->ai,
	};
	int r;

	for (size_t i = 0; i < settings->columns.count; i++)
		rules.columns[i] = calls_header_name(settings->columns.items[i]);
	r = book_open(&rules, &calls->book);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot count calls");
	hide(session);
	r = add_tables(calls, session, error);
	if (r == 0)
		r = put_start(calls, settings, error);
	if (r == 0)
		r = serving_start(SERVING_CALLS, -1, &calls->serving, error);
	look_at_clocks(calls);
	return r;
}

int calls_follow(struct calls *calls, struct skbscope_error *error)
{
	int r;

	calls->source = (struct loop_source){ .fd = calls->serving.socket,
					      .events = EPOLLIN | EPOLLOUT,
					      .priority = LOOP_REST,
					      .ready = ready,
					      .context = calls };
	calls->again = (struct loop_timer){ .due = look_again, .context = calls };
	calls->beat = (struct loop_timer){ .due = beat, .context = calls };
	r = loop_add(calls->readings->loop, &calls->source);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for calls");
	if (!calls->readings->recorded)
		loop_arm(calls->readings->loop, &calls->beat, 0);
	return 0;
}

void calls_stop(struct calls *calls)
{
	loop_remove(&calls->source);
	loop_disarm(&calls->again);
	loop_disarm(&calls->beat);
}

void calls_close(struct calls *calls)
{
	char how[96];

	calls_stop(calls);
	closep(&calls->serving.socket);
	serving_end(&calls->serving, how, sizeof(how));
	if (calls->out.data)
		explicit_bzero(calls->out.data, calls->out.capacity);
	buffer_free(&calls->out);
	buffer_free(&calls->in);
	book_freep(&calls->book);
}
