/* SPDX-License-Identifier: Apache-2.0 */
/* Small help for building JSON documents with json-c. */
#include "cli/json.h"

#include "cli/command.h"
#include "run/report.h"

void json_put_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void json_put_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void json_put_known(struct json_object *object, const char *key, uint64_t number, bool known)
{
	json_object_object_add(object, key, known ? json_object_new_uint64(number) : NULL);
}

void json_put_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

struct json_object *json_put_list(struct json_object *object, const char *key)
{
	struct json_object *list = json_object_new_array();

	json_object_object_add(object, key, list);
	return list;
}

int json_print(struct json_object *document, FILE *stream)
{
	const char *text =
		document
			? json_object_to_json_string_ext(
				  document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
			: NULL;

	if (!text) {
		report_say("skbscope: out of memory");
		json_object_put(document);
		return EXIT_FAILED;
	}
	fprintf(stream, "%s\n", text);
	json_object_put(document);
	return EXIT_FINE;
}
