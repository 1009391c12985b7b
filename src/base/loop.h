/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for whatever comes first: signals, descriptors, deadlines. One handler is
 * called at a time, the most urgent one, and then everything is looked at anew: a
 * signal comes before all that became ready meanwhile, and a handler may add and remove
 * what it likes. Handlers are told the time (CLOCK_MONOTONIC) and never ask for it.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

int loop_new(struct loop **out);
void loop_freep(struct loop **loop); /* after its sources were removed; for AUTO() */

/* The most urgent first; those of the same priority take turns. */
enum loop_priority {
	LOOP_SIGNAL, /* the loop's own */
	LOOP_HANGUP,
	LOOP_OUTPUT,
	LOOP_REST, /* deadlines too */
};

/* A descriptor and who is told that it is ready. Lives where its owner does; zeroed, it
 * belongs to no loop. */
struct loop_source {
	int fd;
	uint32_t events; /* EPOLLIN, EPOLLOUT; errors and hang-ups are always told */
	enum loop_priority priority;
	void (*ready)(void *context, uint32_t events, uint64_t now_ns);
	void *context;
	/* The loop's: */
	struct loop *loop;
	struct loop_source *next; /* of those that epoll does not take */
	bool is_file;             /* always ready, as regular files and /dev/null are */
	uint64_t served;
};

int loop_add(struct loop *loop, struct loop_source *source);
int loop_want(struct loop_source *source, uint32_t events);
/* Before the descriptor is closed. Nothing happens to a source that no loop has. */
void loop_remove(struct loop_source *source);

struct loop_timer {
	void (*due)(void *context, uint64_t now_ns);
	void *context;
	/* The loop's: */
	struct loop *loop; /* NULL: not armed */
	struct loop_timer *next;
	uint64_t at_ns;
};

/* Once, at that time or as soon after it as can be; armed already: then instead. */
void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t at_ns);
void loop_disarm(struct loop_timer *timer);

/* From here on these signals are blocked, and each is a call of the handler. They stay
 * blocked after the loop: what follows is the end of the process, which is not to be cut
 * either. Once for each loop. */
int loop_signals(struct loop *loop, const sigset_t *signals,
		 void (*handler)(void *context, int number, uint64_t now_ns), void *context);
/* Readable while a signal is pending: for work inside a handler that takes long. It
 * stops then and calls loop_take_signals(), which calls the handler of signals. */
int loop_signal_fd(const struct loop *loop); /* -1: none */
void loop_take_signals(struct loop *loop);

/* Until a handler calls loop_quit(), whose status it returns. Negative errno if waiting
 * itself fails. */
int loop_run(struct loop *loop);
void loop_quit(struct loop *loop, int status);

#endif
