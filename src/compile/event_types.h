/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbcc names the fields of what is submitted to a table of events, and neither widths of
 * bit-fields nor nested structs nor packing. The compiler knows all of it, and writes it
 * down where a variable of that type stands in a section: so one is put into the calls that
 * submit, on the same line, in the last argument. What is compiled is the same.
 */
#ifndef COMPILE_EVENT_TYPES_H
#define COMPILE_EVENT_TYPES_H

#include <stddef.h>

#include <skbscope/source.h>

#include "compile/insertions.h"

/* Tables that an @event tag speaks of have their struct at the end of the text. -ENOMEM. */
int event_types_find(const char *text, size_t length,
		     const struct skbscope_documentation *documentation, struct insertions *out);

#endif
