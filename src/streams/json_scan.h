/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, words and texts of JSON as it comes by, with the place where each stands. Keeps no
 * more of it than that place and the scalar at hand, so that megabytes cost nothing but time. It
 * does not say whether what comes is JSON: of what is none it makes less, or nonsense, but no more.
 */
#ifndef STREAMS_JSON_SCAN_H
#define STREAMS_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 16u   /* what is deeper is passed over */
#define JSON_PATH_MAX 160u   /* so is what has a longer path */
#define JSON_SCALAR_MAX 128u /* of longer ones, the beginning */

struct json_value {
	/* Names of members with dots between them, "[]" for being in an array:
	 * "choices[].delta.content". Dots and brackets in names are "?" there. */
	const char *path;
	const char *text; /* without quotes and escapes; NUL ends it, and is in it as U+FFFD */
	size_t length;
	bool is_text; /* else a number, true, false or null */
	bool cut;     /* there was more */
};

struct json_scan {
	/* Of values that are members of an object; those in arrays are passed over. */
	void (*value)(void *context, const struct json_value *value);
	void *context;
	uint32_t elements; /* objects begun in an array that is the whole */

	uint32_t depth;
	uint8_t state;
	bool in_name;
	uint16_t arrays; /* bit N: what is open at depth N + 1 is an array */
	uint16_t base[JSON_DEPTH_MAX + 1];
	uint16_t path_length, length;
	bool cut;
	uint8_t digits; /* of a \u escape that are to come */
	uint16_t unit;  /* of it, so far */
	uint16_t high;  /* surrogate that waits for its other half */
	char path[JSON_PATH_MAX];
	char scalar[JSON_SCALAR_MAX];
};

void json_scan_init(struct json_scan *scan,
		    void (*value)(void *context, const struct json_value *value), void *context);
void json_scan_feed(struct json_scan *scan, const char *data, size_t length);
/* A number at the very end has nothing behind it. */
void json_scan_end(struct json_scan *scan);

#endif
