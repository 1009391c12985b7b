/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, as a text and as a key: valid JSON that says the same, if they were
 * UTF-8, and nothing that a terminal obeys. */
#include "render/json_writer.h"

#include <iconv.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "fuzz.h"

/* JSON_TOKENER_VALIDATE_UTF8 of json-c 0.18 takes ASCII only. */
static bool is_utf8(const struct buffer *text)
{
	iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
	char *from = text->data, *wide = malloc(4 * text->length + 1), *to = wide;
	size_t left = text->length, room = 4 * text->length;
	size_t r;

	PROMISE(converter != (iconv_t)-1 && wide);
	r = iconv(converter, &from, &left, &to, &room);
	iconv_close(converter);
	free(wide);
	return r == 0 && left == 0;
}

static struct json_object *parse(const struct buffer *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *json;

	PROMISE(tokener);
	PROMISE(is_utf8(text));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	json = json_tokener_parse_ex(tokener, text->data, (int)text->length);
	PROMISE(json_tokener_get_error(tokener) == json_tokener_success);
	PROMISE(json_tokener_get_parse_end(tokener) == text->length);
	json_tokener_free(tokener);
	return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json_clear) struct json_writer json = { 0 };
	AUTO(freep) char *key = fuzz_string(data, size);
	struct json_object *object, *value;

	json_begin_object(&json, NULL);
	json_bytes(&json, "text", data, size);
	json_text(&json, key, "value");
	json_end_object(&json);
	PROMISE(json_finish(&json) == 0);
	for (size_t i = 0; i + 1 < json.text.length; i++)
		PROMISE((uint8_t)json.text.data[i] >= ' ' && json.text.data[i] != 0x7f);

	object = parse(&json.text);
	PROMISE(json_object_object_get_ex(object, "text", &value));
	if (memchr(json_object_get_string(value), '\\',
		   (size_t)json_object_get_string_len(value)) == NULL &&
	    strcmp(key, "text") != 0)
		PROMISE((size_t)json_object_get_string_len(value) == size &&
			memcmp(json_object_get_string(value), data, size) == 0);
	json_object_put(object);
	return 0;
}
