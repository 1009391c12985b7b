/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a terminal as it was, when nobody else can any more: a signal ends the process,
 * or exit().
 */
#ifndef RUN_TERMINAL_RESCUE_H
#define RUN_TERMINAL_RESCUE_H

#include <stdbool.h>
#include <termios.h>

/* From here on, with the sequences of the terminal that ncurses has, written to fd, and the
 * modes of the one that keys come from. */
void terminal_need_rescue(int fd, int keys, const struct termios *modes);
void terminal_need_no_rescue(void);
void terminal_restore(void); /* now, if it is needed */

#endif
