/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: what the functions of a session submit, one by one, to tables that keep none of
 * it (BPF_RINGBUF_OUTPUT, BPF_PERF_OUTPUT). They wait in buffers of the kernel until they
 * are drained; those that found no room are counted, and so what was received and what was
 * lost (struct skbscope_table) are what was submitted, exactly.
 */
#ifndef SKBSCOPE_EVENTS_H
#define SKBSCOPE_EVENTS_H

#include <skbscope/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One event; all of it is borrowed until the callback returns. */
struct skbscope_event {
	struct skbscope_record record; /* no key; bytes that were not submitted are 0 */
	uint32_t size;                 /* how many of the struct's bytes were submitted */
	/* What was submitted behind the struct: of perf_submit_skb() the packet from its MAC
	 * header on. A buffer a CPU adds up to 7 bytes to the end of it. */
	const uint8_t *rest;
	size_t rest_size;
	const char *function; /* that submitted it; NULL: it is one of several */
	uint64_t number;      /* of its table's, from 1 */
	/* When it was read, the same for all of one call; of a print, when it was printed; of a
	 * table with a buffer a CPU, when it was submitted; of a recording, when its packet was
	 * recorded. */
	uint64_t wall_ns, monotonic_ns;
	/* What bpf_trace_printk() printed, without a newline at the end and without characters
	 * that a terminal would obey; NULL: it is no print. Its record has no columns. */
	const char *text;
	uint32_t line;    /* of the call; 0: not known */
	const char *file; /* a header, or one of several files; NULL: the program's own */
};

/* Negative: no more for now, and the drain ends. */
typedef int skbscope_event_callback(void *context, const struct skbscope_event *event);

/* Hands over events that wait, at most so many (0: all), table by table. Those of one ring
 * buffer come in the order in which they took their places, those of buffers a CPU by time.
 * Without a callback they are counted, and counted as unseen. *count (may be NULL) is how many.
 * 0; 1: more may wait; or a negative errno. */
SKBSCOPE_API int skbscope_session_drain(struct skbscope_session *session, uint64_t most,
					skbscope_event_callback *callback, void *context,
					uint64_t *count, struct skbscope_error *error);

/* A descriptor, the session's, that is readable when events have come, once they wake
 * somebody; it stays the same across swaps. -1: the program that runs submits none. */
SKBSCOPE_API int skbscope_session_event_fd(const struct skbscope_session *session);

/* While it is polled, events wake nobody, which makes them several times cheaper: then who
 * drains has to look by himself every few milliseconds, and once more shortly after he
 * wishes to be woken again: what runs at that moment may not have heard of it. At first it
 * is not polled. */
SKBSCOPE_API void skbscope_session_poll_events(struct skbscope_session *session, bool polled);

#ifdef __cplusplus
}
#endif

#endif
