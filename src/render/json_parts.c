/* SPDX-License-Identifier: Apache-2.0 */
/* What beside its tables a reading says in JSON. */
#include "render/json_parts.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "model/value.h"

#define NS_PER_S 1000000000u

int json_write(struct json_object *json, size_t skip, FILE *stream)
{
	AUTO(json_putp) struct json_object *owned = json;
	const char *text;
	size_t length;

	if (!owned)
		return -ENOMEM;
	text = json_text_of(owned, &length);
	if (!text)
		return -ENOMEM;
	return fwrite(text, 1, length - skip, stream) == length - skip ? 0 : -EIO;
}

int json_write_text(const char *text, FILE *stream)
{
	return fputs(text, stream) < 0 ? -EIO : 0;
}

static struct json_object *json_loss(const struct skbscope_loss *loss)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || json_add(json, "table", json_text(loss->table)) < 0 ||
	    json_add(json, "what", json_text(loss->what)) < 0 ||
	    json_add(json, "count",
		     loss->known ? json_object_new_uint64(loss->count) : json_null()) < 0)
		return NULL;
	return TAKE(json);
}

struct json_object *json_losses(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < snapshot->loss_count; i++)
		if (json_append(array, json_loss(&snapshot->losses[i])) < 0)
			return NULL;
	return TAKE(array);
}

struct json_object *json_wall_time(uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[64];
	struct tm tm;
	size_t length;

	if (!gmtime_r(&seconds, &tm))
		return json_null();
	length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, sizeof(text) - length, ".%09uZ", (unsigned)(wall_ns % NS_PER_S));
	return json_object_new_string(text);
}
