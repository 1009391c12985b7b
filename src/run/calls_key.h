/* SPDX-License-Identifier: Apache-2.0 */
/* The key of consumers, and the headers that may be asked for. */
#ifndef RUN_CALLS_KEY_H
#define RUN_CALLS_KEY_H

#include <skbscope/error.h>

#include "calls/wire.h"
#include "run/settings.h"

/* From a file of at least 16 bytes; PATH NULL: a new one. */
int calls_key_read(const char *path, uint8_t out[WIRE_KEY_BYTES], struct skbscope_error *error);

/* Of "header:NAME"; NULL: it is not of that form. */
const char *calls_header_name(const char *column);
/* Whether all may be shown. */
int calls_columns_check(const struct list *columns, struct skbscope_error *error);

/* Any file of a key, hashed to a fixed size. */
int key_file_read(const char *path, const char *option, uint8_t out[WIRE_KEY_BYTES],
		  struct skbscope_error *error);

#endif
