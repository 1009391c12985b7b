/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people, in the encoding of their locale: UTF-8 as it is, any other as ASCII.
 * What scripts read (JSON) and copies of files do not come by here.
 */
#ifndef RUN_PEOPLE_H
#define RUN_PEOPLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"

/* Once, before anything is written: asks the locale. The streams live as long as the
 * process. */
void people_open(void);

FILE *people_stdout(void);
FILE *people_stderr(void);

bool people_want_ascii(void);

/* From here on whatever is written to people_stderr() is told first, and true keeps it from
 * being written; NULL: nobody listens. The text is whole characters, in UTF-8. */
void people_listen(bool (*hear)(void *context, const char *text), void *context);

/* The same for text that goes another way; its meaning stays if it comes by twice. */
void people_text(struct buffer *text);

#endif
