/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal that is painted by ncurses: pictures in, bytes for it out. ncurses writes to memory,
 * so nobody waits for a terminal that is slow or was stopped; who has the bytes written does.
 * However the process ends, but for SIGKILL, the terminal is as it was before.
 */
#ifndef RUN_TERMINAL_H
#define RUN_TERMINAL_H

#include "screen/picture.h"

struct terminal;

/* Whether TERM names one that can be painted: one can go to any place of it. */
bool terminal_can_paint(int fd);

/* fd is what is painted, keys where it is typed; both are borrowed. 0 or a negative errno. */
int terminal_open(int fd, int keys, bool colour, struct terminal **out);
void terminal_freep(struct terminal **terminal); /* after leaving it, if that was possible */

/* From here on it is ours: keys come one by one and are not echoed. */
void terminal_enter(struct terminal *terminal);
/* All of the picture; anew: whatever stands on the terminal. Appends the bytes. */
void terminal_paint(struct terminal *terminal, const struct picture *picture, bool anew,
		    struct buffer *out);
/* As it was before. Appends the bytes that say so; true: what was painted still stands on it,
 * above the cursor. */
bool terminal_leave(struct terminal *terminal, struct buffer *out);

/* Rows and columns; false: it does not know its size. */
bool terminal_size(int fd, unsigned int *rows, unsigned int *columns);

/* Whether the terminal's keys are for us: who reads in the background is stopped. */
bool terminal_is_ours(int keys);

#endif
