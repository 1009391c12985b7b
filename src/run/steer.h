/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What "skbscope ctl" can ask of a run, and what becomes of one that waits to be confirmed:
 * from verbs to the tables, the edit loop and the end.
 */
#ifndef RUN_STEER_H
#define RUN_STEER_H

#include "run/confirm.h"
#include "run/control.h"
#include "run/edit_loop.h"

struct steering {
	/* The caller's, before steer_open(): */
	struct edit_loop *edit;
	struct fill *fill;

	const struct run_settings *settings;
	uint64_t started_ns; /* CLOCK_REALTIME */
	struct control control;
	struct confirm confirm;
};
#define STEERING_INIT(...)                                                                         \
	{                                                                                          \
		.control = CONTROL_INIT(), __VA_ARGS__                                             \
	}

/* Whether the settings make sense, before anything is attached. */
int steer_check(const struct run_settings *settings, struct skbscope_error *error);
/* After the edit loop. Without a control socket a run goes on, unless it could not be
 * confirmed; the deadline begins at now_ns. */
int steer_open(struct steering *steering, const struct run_settings *settings, uint64_t now_ns,
	       struct skbscope_error *error);
void steer_introduce(const struct steering *steering); /* until when it is to be confirmed */
void steer_stop(struct steering *steering);            /* nobody is heard any more */
/* The run ended with an exit status, which whoever ended it is told. */
void steer_end(struct steering *steering, int status);
void steer_close(struct steering *steering); /* also for AUTO() */

/* "ctl get": rows as tables show them. Gives how many of those that were named are not there,
 * of which err tells. */
struct steer_get {
	struct skbscope_session *session;
	const struct fill *fill;
	const struct skbscope_image *image;
	const char *stale; /* why this is not what is on disk; NULL: it is */
};
int steer_get(const struct steer_get *from, const struct control_request *request,
	      struct buffer *out, struct buffer *err, struct skbscope_error *error);

#endif
