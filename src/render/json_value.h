/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the JSON renderer writes, as objects of json-c. NULL always means that there
 * was no memory: what is unknown is an object too, which prints as null.
 */
#ifndef RENDER_JSON_VALUE_H
#define RENDER_JSON_VALUE_H

#include <json-c/json.h>
#include <skbscope/snapshot.h>

void json_putp(struct json_object **object); /* for AUTO() */
/* As all of it is written; the object's own. NULL: no memory. */
const char *json_text_of(struct json_object *object, size_t *length);

struct json_object *json_null(void);
struct json_object *json_double(double number); /* null where it is none */
/* Bytes that are not UTF-8 become "\xNN": packets and file names may hold any. */
struct json_object *json_bytes(const void *bytes, size_t length);
struct json_object *json_text(const char *text); /* null for NULL */

/* The exact value of a cell, whatever its display. */
struct json_object *json_cell(const struct skbscope_type *type, uint32_t bit_offset,
			      uint32_t bit_size, const uint8_t *data);

/* Both take the value, and answer a NULL one with -ENOMEM. The key is borrowed for
 * the object's life and new to it. */
int json_add(struct json_object *object, const char *key, struct json_object *value);
int json_append(struct json_object *array, struct json_object *value);

#endif
