/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as lines, in one format. What is the same for all events of a table, and the widths
 * of its columns so far, is kept from one to the next: there may be millions a second.
 */
#ifndef RENDER_EVENT_LINES_H
#define RENDER_EVENT_LINES_H

#include <skbscope/events.h>
#include <skbscope/render.h>

#include "base/buffer.h"

struct event_lines;

/* What people's lines begin with. JSON has the whole time always. */
enum event_time {
	EVENT_TIME_AUTO, /* that of the day; none before a program's prints alone */
	EVENT_TIME_LOCAL,
	EVENT_TIME_UTC,
	EVENT_TIME_RELATIVE, /* seconds since the first */
	EVENT_TIME_NONE,
};
extern const char *const event_time_names[]; /* NULL at the end */

struct event_format {
	struct event_lines *(*open)(void); /* NULL: no memory */
	/* Appends the event's line; out->failed where there was no memory. */
	void (*add)(struct event_lines *lines, const struct skbscope_event *event,
		    struct buffer *out);
	void (*close)(struct event_lines *lines);
};

extern const struct event_format event_format_table, event_format_json, event_format_csv;

/* What every format's begins with. */
struct event_lines {
	bool exact, colour;
	bool terse; /* JSON without the readable forms of what is there as a number */
	bool hex;   /* what is behind a struct is shown */
	enum event_time time;
	bool verbose;                             /* prints have their places */
	bool several;                             /* tables: each line has its table's name */
	const struct skbscope_snapshot *snapshot; /* whose interfaces have names; NULL: none */
};

/* Whether a column's bytes were submitted: an event may be shorter than its struct. */
static inline bool event_has(const struct skbscope_event *event,
			     const struct skbscope_column *column)
{
	return (uint64_t)column->bit_offset + column->bit_size <= (uint64_t)event->size * 8;
}

#endif
