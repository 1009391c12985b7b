/* SPDX-License-Identifier: Apache-2.0 */
/* Which views a run has, by what was asked for. */
#ifndef RUN_RUN_VIEWS_H
#define RUN_RUN_VIEWS_H

#include <skbscope/session.h>

#include "capture/capture.h"
#include "run/readings.h"
#include "run/settings.h"
#include "run/targets.h"
#include "run/view.h"

/* All of it is borrowed, settings and owner for as long as the views are there. */
struct run_views_request {
	const struct run_settings *settings;
	const struct skbscope_image *image;
	const struct skbscope_session *session;
	const struct targets *targets;
	const struct book *book;         /* of calls; NULL: there are none */
	const struct capture *recording; /* NULL: packets come from interfaces */
	void (*page_lost)(void *owner,
			  const char *text);             /* is told why there is no page any more */
	void (*audit_lost)(void *owner, uint64_t lines); /* so many of an audit, of all */
	void *owner;
};

/* Those that somebody else has to do with; NULL: not asked for. The readings close them. */
struct run_views {
	struct view *written; /* the packets that the program submits, in a capture */
	struct view *picked;  /* a recording's packets by verdict, in a capture */
	struct view *page;
	struct view *audit;
	bool of_rows; /* one table was asked for, and it has rows */
};

/* Adds them to the readings, which close them, also after a failure. */
int run_views_open(const struct run_views_request *request, struct readings *readings,
		   struct run_views *out, struct skbscope_error *error);

/* What is to come of events of the program that runs. */
struct event_outlook run_views_outlook(const struct run_views *views,
				       const struct run_settings *settings,
				       const struct skbscope_session *session);

/* Of the option that says where packets are written: "-". */
bool run_views_is_stdout(const char *path);

#endif
