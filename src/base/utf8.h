/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside: what of it is UTF-8, and what a terminal may be shown. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buffer.h"

/* The length of the valid sequence that starts here; 0 if none does. left is not 0. */
size_t utf8_length(const void *text, size_t left);

/* Whether a valid sequence is a control character: of ASCII, DEL, or U+0080 to U+009F,
 * all of which terminals obey. */
bool utf8_is_control(const void *text, size_t length);

/* Appends it as it is but for control characters other than newline and tab, and bytes
 * that are not UTF-8: those become "\xNN". */
void utf8_printable(const char *text, size_t length, struct buffer *out);

/* How much of a text ends with a whole character; what is no UTF-8 counts as whole. */
size_t utf8_whole(const char *text, size_t length);

/* Appends it with words of ASCII for our own characters, and "?" for any other: one for
 * each, so that what stands below it stays there. */
void utf8_to_ascii(const char *text, size_t length, struct buffer *out);

#endif
