/* SPDX-License-Identifier: Apache-2.0 */
/* Small help for building JSON documents with json-c. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

void json_put_text(struct json_object *object, const char *key, const char *text); /* NULL: null */
void json_put_number(struct json_object *object, const char *key, uint64_t number);
/* null where not known: unknown is not zero. */
void json_put_known(struct json_object *object, const char *key, uint64_t number, bool known);
void json_put_bool(struct json_object *object, const char *key, bool value);
struct json_object *json_put_list(struct json_object *object, const char *key);

/* Prints the document and a newline, and releases it; gives an exit status. */
int json_print(struct json_object *document, FILE *stream);

#endif
