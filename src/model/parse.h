/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From text to the bytes of a key or of a value, by the types of a table: what value_format()
 * shows reads back as the same bytes, and what people write besides it (units, networks,
 * names in either case) is understood as well. Pure: no kernel, no files.
 */
#ifndef MODEL_PARSE_H
#define MODEL_PARSE_H

#include <skbscope/image.h>
#include <skbscope/snapshot.h>

#include "base/span.h"

/* What only the machine knows. */
struct parse_names {
	uint32_t (*interface)(void *context, const char *name); /* its index; 0: there is none */
	void *context;
};

/* Both: "10.0.0.1", "{addr=10.0.0.1, port=443}", "{10.0.0.1, 443}". names may be NULL. The
 * whole text is taken; -EINVAL, *at points to what is wrong within it, and the error's stage
 * is SKBSCOPE_STAGE_USAGE. */

/* key: key_size bytes. Every member is there; of an LPM table also "10.0.0.0/8", without
 * bits behind the prefix. */
int parse_key(const struct skbscope_schema *schema, const struct parse_names *names,
	      struct span text, uint8_t *key, const char **at, struct skbscope_error *error);

/* value, written: value_size bytes each. Members that are not named are zeros, and so are
 * their bits in WRITTEN; the others' are ones. */
int parse_value(const struct skbscope_schema *schema, const struct parse_names *names,
		struct span text, uint8_t *value, uint8_t *written, const char **at,
		struct skbscope_error *error);

/* One column of either. data, written: zeros, as large as all of the key or the value. */
int parse_column(const struct skbscope_column *column, const struct parse_names *names,
		 struct span text, uint8_t *data, uint8_t *written, const char **at,
		 struct skbscope_error *error);

/* What fills such a table: "--set 'blocked[192.0.2.0/24]={limit=64KiB}'", without the members
 * that the program itself writes. map is the schema's. */
struct buffer;
void parse_example(const struct skbscope_schema *schema, const struct skbscope_image_map *map,
		   struct buffer *out);

/* Whether rows of the table can be written at all. */
bool parse_can_set(const struct skbscope_schema *schema);

#endif
