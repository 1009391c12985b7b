/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings until something ends them: what run and diff have in common. They are taken
 * at their pace and shown on views, hooks are looked after once a second; a count, a
 * duration, a signal or a failure is the end, and after it comes the last reading.
 */
#ifndef RUN_READINGS_H
#define RUN_READINGS_H

#include <skbscope/session.h>

#include "run/pace.h"
#include "run/signals.h"
#include "run/view.h"

enum ending {
	END_NOT_YET,
	END_REACHED, /* --count or --duration */
	END_SIGNAL,
	END_FAILED, /* error says what */
};

/* Where readings come from. */
struct readings_source {
	/* Takes one and shows it with readings_show(). -EINTR: there was a signal to end. */
	int (*take)(void *context, bool last, struct skbscope_error *error);
	/* Negative: nothing is attached any more, and that is the end. */
	int (*look)(void *context, struct skbscope_error *error);
	void (*reload)(void *context); /* NULL: SIGHUP has nothing to reload */
};

struct readings {
	struct loop *loop;
	struct signals signals;
	struct view *views;
	const struct readings_source *source;
	void *context;
	struct pace pace;
	struct loop_timer due, look;
	bool recorded;   /* time is a recording's, and somebody else says what is due */
	uint64_t now_ns; /* of the recording */
	const char *recording;
	uint64_t shown; /* and not replaced before anybody saw it */
	enum ending ending;
	struct skbscope_error error;
};

/* Before anything is attached: from here on signals find somebody who detaches. reloads:
 * see signals.h. */
int readings_open(struct readings *readings, const struct readings_source *source, void *context,
		  bool reloads, struct skbscope_error *error);
void readings_close(struct readings *readings); /* also for AUTO() */

/* The caller's view becomes the readings' to close. The first one is what counts. */
void readings_add(struct readings *readings, struct view *view);

/* Until the end; then the caller stops what else it has on the loop. */
void readings_run(struct readings *readings, const struct pace_settings *pace, uint64_t start_ns);
/* The last reading, and all of the output. A second signal ends even this. */
void readings_finish(struct readings *readings);

/* Of a recording. It begins at a time, and next is when a reading is due after another.
 * When one is: false if something has ended them all, which may be this one. */
void readings_begin(struct readings *readings, const struct pace_settings *pace, uint64_t start_ns);
uint64_t readings_next(const struct readings *readings, uint64_t now_ns);
bool readings_due(struct readings *readings, uint64_t now_ns);
void readings_time(struct readings *readings, uint64_t now_ns);

/* For the source: 0, or as a view's show. */
int readings_show(struct readings *readings, const struct shown *shown, bool last,
		  struct skbscope_error *error);
/* What was asked for has come, which is the end. */
void readings_reach(struct readings *readings);
/* A failure outside of take and look. */
void readings_fail(struct readings *readings, const struct skbscope_error *error);
/* What look() says where there is nothing any more. */
int readings_fail_detached(struct skbscope_error *error);

/* Reads a session into *snapshot, which is freed before. -EINTR: there was a signal to
 * end. */
int readings_read(struct readings *readings, struct skbscope_session *session,
		  const struct output_settings *settings, const char *stale,
		  struct skbscope_snapshot **snapshot, struct skbscope_error *error);

#endif
