/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and counting the buffers of a session, across swaps. */
#include "kernel/session_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/image.h"
#include "kernel/session.h"

#define PERF_BYTES (UINT64_C(1) << 20) /* a CPU, where nothing else was asked for */

static int check_size(uint64_t bytes, struct skbscope_error *error)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (!bytes || (bytes >= page && bytes <= UINT32_MAX && !(bytes & (bytes - 1))))
		return 0;
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "a buffer of events cannot have %llu bytes", (unsigned long long)bytes),
		    "its size is a power of two, from %lluk to 2G",
		    (unsigned long long)page / 1024);
}

int session_events_choose(struct session_events *events, const struct skbscope_image *image,
			  uint64_t buffer_bytes, struct skbscope_error *error)
{
	int r = check_size(buffer_bytes, error);

	if (r < 0)
		return r;
	events->buffer_bytes = buffer_bytes;
	events->count = image->map_count;
	events->buffers = calloc(events->count + 1, sizeof(*events->buffers));
	events->sources = calloc(events->count + 1, sizeof(*events->sources));
	events->counts = calloc(events->count + 1, sizeof(*events->counts));
	if (!events->buffers || !events->sources || !events->counts ||
	    events_count_indexes(image, events->counts) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	for (size_t i = 0; events_any(image) && i < events->count; i++)
		events->buffers[i] = events_buffer_of(&image->maps[i], maps_have_rings());
	return 0;
}

static struct event_origin origin_of(const struct skbscope_session *session, size_t map)
{
	return (struct event_origin){ schema_set_table(session->schemas, map), session->image,
				      map };
}

static int watch(int epoll, const struct event_source *source)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, event_source_fd(source), &event) < 0 ? -errno : 0;
}

static int open_source(struct skbscope_session *session, size_t map)
{
	struct session_events *events = &session->events;
	const struct event_origin origin = origin_of(session, map);
	const uint64_t bytes = events->buffer_bytes ? events->buffer_bytes : PERF_BYTES;
	int r = event_source_open(&origin, events->buffers[map], session->maps.maps[map], bytes,
				  &events->sources[map]);

	return r < 0 ? r : watch(events->fd, events->sources[map]);
}

static int open_shared(struct skbscope_session *session)
{
	struct session_events *events = &session->events;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = (events_value_size((uint32_t)events->count) + page - 1) / page * page;
	void *shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, session->maps.events, 0);

	if (shared == MAP_FAILED)
		return -errno;
	events->shared = shared;
	events->shared_size = size;
	return 0;
}

int session_events_open(struct skbscope_session *session, const struct map_reuse *reuse,
			struct skbscope_error *error)
{
	struct session_events *events = &session->events;
	int r;

	events->fd = epoll_create1(EPOLL_CLOEXEC);
	if (events->fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_LOAD, "cannot wait for events");
	if (session->maps.events < 0)
		return 0;
	r = open_shared(session);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_LOAD, "cannot count lost events");
	for (size_t i = 0; i < events->count; i++) {
		if (events->buffers[i] == EVENTS_NONE ||
		    (reuse && reuse->maps && reuse->maps[i] >= 0))
			continue;
		r = open_source(session, i);
		if (r < 0)
			return fail_errno(error, r, SKBSCOPE_STAGE_LOAD,
					  "cannot read the events of '%s'",
					  session->image->maps[i].name);
	}
	return 0;
}

void session_events_close(struct session_events *events)
{
	for (size_t i = 0; events->sources && i < events->count; i++)
		event_source_close(events->sources[i]);
	for (size_t i = 0; i < events->left_count; i++)
		event_source_close(events->left[i]);
	for (size_t i = 0; i < events->past_count; i++)
		free(events->past[i].table);
	if (events->shared)
		munmap(events->shared, events->shared_size);
	closep(&events->fd);
	free(TAKE(events->buffers));
	free(TAKE(events->sources));
	free(TAKE(events->counts));
	free(TAKE(events->left));
	free(TAKE(events->past));
	*events = (struct session_events){ .fd = -1 };
}

void session_events_forget(struct session_events *events)
{
	if (events->shared)
		memset(events->shared, 0, (events->count + 1) * sizeof(*events->shared));
	for (size_t i = 0; i < events->count; i++)
		if (events->sources[i])
			event_source_forget(events->sources[i]);
	events->next = 0;
	events->fed = 0;
}

struct event_past *session_events_past(const struct session_events *events, const char *table)
{
	for (size_t i = 0; i < events->past_count; i++)
		if (strcmp(events->past[i].table, table) == 0)
			return &events->past[i];
	return NULL;
}

static uint64_t lost_now(const struct session_events *events, size_t map)
{
	return events->shared ? __atomic_load_n(&events->shared[map], __ATOMIC_RELAXED) : 0;
}

/* The names of BEFORE's tables are copied here, and counted when nothing can fail. */
int session_events_prepare(const struct skbscope_session *before, struct skbscope_session *after)
{
	const struct session_events *old = &before->events;
	struct session_events *new = &after->events;
	const size_t names = old->past_count + old->count + 1;

	new->left_room = old->count + old->left_count + 1;
	new->left = calloc(new->left_room, sizeof(*new->left));
	new->past = calloc(names, sizeof(*new->past));
	if (!new->left || !new->past)
		return -ENOMEM;
	new->past_room = names;
	for (size_t i = 0; i < old->past_count + old->count; i++) {
		const char *table = i < old->past_count
					    ? old->past[i].table
					    : before->image->maps[i - old->past_count].name;

		if (session_events_past(new, table) ||
		    (i >= old->past_count && old->buffers[i - old->past_count] == EVENTS_NONE &&
		     !old->counts[i - old->past_count]))
			continue;
		new->past[new->past_count].is_array = i < old->past_count
							      ? old->past[i].is_array
							      : old->counts[i - old->past_count];
		new->past[new->past_count].table = strdup(table);
		if (!new->past[new->past_count++].table)
			return -ENOMEM;
	}
	return 0;
}

/* What was received is known by the sources, which go on. */
static void inherit_counts(const struct skbscope_session *before, struct session_events *new)
{
	const struct session_events *old = &before->events;

	for (size_t i = 0; i < old->past_count; i++) {
		struct event_past *to = session_events_past(new, old->past[i].table);

		to->counts.received += old->past[i].counts.received;
		to->counts.unseen += old->past[i].counts.unseen;
		to->counts.lost += old->past[i].counts.lost;
	}
	for (size_t i = 0; i < old->count; i++) {
		struct event_past *to = session_events_past(new, before->image->maps[i].name);

		if (to)
			to->counts.lost += lost_now(old, i);
	}
}

static void move_sources(struct skbscope_session *before, struct skbscope_session *after,
			 const int *reuse)
{
	struct session_events *old = &before->events, *new = &after->events;

	for (size_t i = 0; i < new->count; i++) {
		const int from = image_find_map(before->image, after->image->maps[i].name);
		const struct event_origin origin = origin_of(after, i);

		if (new->sources[i])
			watch(old->fd, new->sources[i]);
		if (reuse[i] < 0 || new->buffers[i] == EVENTS_NONE || from < 0)
			continue;
		new->sources[i] = TAKE(old->sources[from]);
		/* Without memory it is read as what it was, which looks the same. */
		if (new->sources[i])
			event_source_adopt(new->sources[i], &origin);
	}
	for (size_t i = 0; i < old->count; i++)
		if (old->sources[i])
			new->left[new->left_count++] = TAKE(old->sources[i]);
	for (size_t i = 0; i < old->left_count; i++)
		new->left[new->left_count++] = TAKE(old->left[i]);
	old->left_count = 0;
}

void session_events_inherit(struct skbscope_session *before, struct skbscope_session *after,
			    const int *reuse, bool reset)
{
	struct session_events *old = &before->events, *new = &after->events;
	int fd = new->fd;

	if (!reset)
		inherit_counts(before, new);
	move_sources(before, after, reuse);
	new->fd = old->fd;
	old->fd = fd;
	skbscope_session_poll_events(after, old->polled);
}

void session_events_add(const struct event_source *source, struct event_counts *counts)
{
	counts->received += event_source_received(source);
	counts->unseen += event_source_unseen(source);
}

/* All of a table's, whoever submitted them. */
static struct event_counts count_all(const struct skbscope_session *session, size_t map)
{
	const struct session_events *events = &session->events;
	const char *table = session->image->maps[map].name;
	const struct event_past *past = session_events_past(events, table);
	struct event_counts counts = past ? past->counts : (struct event_counts){ .lost = 0 };

	counts.lost += lost_now(events, map);
	if (events->sources[map])
		session_events_add(events->sources[map], &counts);
	for (size_t i = 0; i < events->left_count; i++)
		if (strcmp(event_source_table(events->left[i]), table) == 0)
			session_events_add(events->left[i], &counts);
	return counts;
}

uint64_t session_events_room(const struct session_events *events)
{
	uint64_t room = UINT64_MAX;

	for (size_t i = 0; i < events->count; i++)
		if (events->sources[i] && event_source_bytes(events->sources[i]) < room)
			room = event_source_bytes(events->sources[i]);
	return room;
}

/* Of arrays: beside the numbers that are too small for them. */
static int tell_indexes(const struct skbscope_session *session, struct snapshot *snapshot)
{
	static const char what[] = "indexes beyond the last slot";
	const struct session_events *events = &session->events;
	int r = 0;

	for (size_t i = 0; i < events->count && r == 0; i++) {
		const char *table = session->image->maps[i].name;
		const struct event_past *past = session_events_past(events, table);
		const uint64_t lost = lost_now(events, i) + (past ? past->counts.lost : 0);

		if (events->counts[i] && lost)
			r = snapshot_add_loss(snapshot, table, what, lost, true);
	}
	for (size_t i = 0; i < events->past_count && r == 0; i++) {
		const struct event_past *past = &events->past[i];
		const int map = image_find_map(session->image, past->table);

		if (past->is_array && past->counts.lost && (map < 0 || !events->counts[map]))
			r = snapshot_add_loss(snapshot, past->table, what, past->counts.lost, true);
	}
	return r;
}

int session_events_tell(const struct skbscope_session *session, struct snapshot *snapshot)
{
	const struct session_events *events = &session->events;
	uint64_t elsewhere = lost_now(events, events->count);
	int r = tell_indexes(session, snapshot);

	for (size_t i = 0; i < events->count && r == 0; i++) {
		struct event_counts counts;

		if (!session->image->maps[i].events)
			continue;
		counts = count_all(session, i);
		r = snapshot_set_events(snapshot, i, &counts);
	}
	for (size_t i = 0; i < events->past_count && r == 0; i++) {
		const struct event_past *past = &events->past[i];
		const int map = image_find_map(session->image, past->table);

		if (past->counts.lost && !past->is_array &&
		    (map < 0 || !session->image->maps[map].events))
			r = snapshot_add_loss(snapshot, past->table, "events without room",
					      past->counts.lost, true);
	}
	if (r == 0 && elsewhere)
		r = snapshot_add_loss(snapshot, NULL, "events without room", elsewhere, true);
	return r;
}

int skbscope_session_event_fd(const struct skbscope_session *session)
{
	const struct session_events *events = &session->events;

	for (size_t i = 0; i < events->count; i++)
		if (events->sources[i])
			return events->fd;
	return -1;
}

void skbscope_session_poll_events(struct skbscope_session *session, bool polled)
{
	struct session_events *events = &session->events;
	const size_t flags = events_flags_offset((uint32_t)events->count) / sizeof(uint64_t);

	events->polled = polled;
	if (events->shared)
		__atomic_store_n(&events->shared[flags], polled ? (uint64_t)BPF_RB_NO_WAKEUP : 0,
				 __ATOMIC_SEQ_CST);
}
