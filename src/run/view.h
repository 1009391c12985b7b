/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where readings are shown: stdout is a view, a screen, a file, a page are others. A
 * run has a list of them and does not know which they are.
 */
#ifndef RUN_VIEW_H
#define RUN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include <skbscope/difference.h>
#include <skbscope/events.h>
#include <skbscope/snapshot.h>

/* One of them; the other is NULL. */
struct shown {
	const struct skbscope_snapshot *snapshot;
	const struct skbscope_difference *difference;
};

/* What is to come of events. */
struct event_outlook {
	bool several;  /* tables of them */
	bool tables;   /* and tables of rows beside them */
	bool readings; /* were asked for, at intervals */
	bool of_rows;  /* what was asked for is one table, and one of rows */
};

enum show {
	SHOW_EXTRA, /* out of turn: shown only where the latest state replaces the one before */
	SHOW_READING,
	SHOW_LAST, /* nothing comes after it */
};

/* A view lacks (NULL) what it has no use for, but for show and close. */
struct view {
	/* What is shown is borrowed until the next call, or the close. 0; 1: it took the
	 * place of one that nobody saw; -EINTR: there was a signal to end; negative with
	 * error. */
	int (*show)(struct view *view, const struct shown *shown, enum show how,
		    struct skbscope_error *error);
	/* Whether the next reading would take the place of one that nobody saw. */
	bool (*waits)(struct view *view);
	/* Lines for people, that stay where they are. */
	void (*note)(struct view *view, const char *text);
	/* What is true until the next call; "": nothing. A view lacks it that only adds to what
	 * it showed before. */
	void (*status)(struct view *view, const char *text);
	void (*resized)(struct view *view); /* the terminal, perhaps */
	/* We are about to be stopped, and give back what is ours; and have gone on since. */
	void (*suspend)(struct view *view);
	void (*resume)(struct view *view);
	/* The keys of the terminal are the view's: whoever waits for Enter is told; NULL: nobody
	 * does any more. */
	bool (*take_enter)(struct view *view, void (*entered)(void *context), void *context);
	bool (*wants_cpus)(struct view *view); /* each one's values, in readings to come */
	/* From here on there are events. */
	void (*expect)(struct view *view, const struct event_outlook *outlook);
	void (*event)(struct view *view, const struct skbscope_event *event);
	bool (*has_room)(struct view *view); /* for one more */
	void (*flush)(struct view *view);    /* no other comes just now */
	/* Until all is where it belongs, or nothing moved for so long; as show. */
	int (*finish)(struct view *view, uint64_t patience_ns, struct skbscope_error *error);
	void (*close)(struct view *view);

	/* Set by the one who has the list: what was shown will reach nobody any more. */
	void (*failed)(void *owner, const struct skbscope_error *error);
	void *owner;
	struct view *next;
};

/* Each of a list does it. The first one's answer, or the first error. */
int views_show(struct view *views, const struct shown *shown, enum show how,
	       struct skbscope_error *error);
bool views_wait(struct view *views); /* the first */
void views_note(struct view *views, const char *text);
/* Where a status cannot be shown, note is; NULL: nothing is. */
void views_status(struct view *views, const char *status, const char *note);
bool views_have_status(const struct view *views);
void views_resized(struct view *views);
void views_suspend(struct view *views);
void views_resume(struct view *views);
/* Whether one of them has the keys. */
bool views_take_enter(struct view *views, void (*entered)(void *context), void *context);
bool views_want_cpus(struct view *views);
void views_expect(struct view *views, const struct event_outlook *outlook);
void views_event(struct view *views, const struct skbscope_event *event);
bool views_have_room(struct view *views); /* all of them */
void views_flush(struct view *views);
int views_finish(struct view *views, uint64_t patience_ns, struct skbscope_error *error);
void views_close(struct view **views);

#endif
