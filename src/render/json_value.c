/* SPDX-License-Identifier: Apache-2.0 */
/* Values for JSON: exact numbers, valid text. */
#include "render/json_value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/value.h"

/* Keys here are new by construction, and outlive the object. */
#define KEY_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY)

void json_putp(struct json_object **object)
{
	json_object_put(*object);
}

const char *json_text_of(struct json_object *object, size_t *length)
{
	return json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, length);
}

/* A number by its digits, or the word null: json-c keeps the text as it is given.
 * Unlike json-c's own null this is an object, so NULL always means no memory. */
static struct json_object *literal(const char *text)
{
	return json_object_new_double_s(0, text);
}

struct json_object *json_null(void)
{
	return literal("null");
}

struct json_object *json_double(double number)
{
	AUTO(buffer_free) struct buffer digits = { 0 };

	if (!isfinite(number))
		return json_null();
	return format_double(number, &digits) < 0 ? NULL : literal(digits.data);
}

/* The length of the valid UTF-8 sequence that starts here; 0 if none does. */
static size_t utf8_length(const uint8_t *text, size_t left)
{
	uint32_t c = text[0];
	size_t length = c < 0x80   ? 1
			: c < 0xc2 ? 0
			: c < 0xe0 ? 2
			: c < 0xf0 ? 3
			: c < 0xf5 ? 4
				   : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and numbers past the end of Unicode. */
	if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) ||
	    (c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

struct json_object *json_bytes(const void *bytes, size_t length)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	const uint8_t *text = bytes;
	int r = 0;

	for (size_t i = 0, n; i < length && r == 0; i += n) {
		n = utf8_length(text + i, length - i);
		if (n) {
			r = buffer_append(&safe, text + i, n);
		} else {
			r = buffer_printf(&safe, "\\x%02x", text[i]);
			n = 1;
		}
	}
	return r < 0 ? NULL : json_object_new_string_len(buffer_text(&safe), (int)safe.length);
}

struct json_object *json_text(const char *text)
{
	return text ? json_bytes(text, strlen(text)) : json_null();
}

int json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_object_add_ex(object, key, value, KEY_FLAGS) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int json_append(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static struct json_object *json_scalar(const struct skbscope_column *column,
				       const struct value *value, const uint8_t *data)
{
	AUTO(buffer_free) struct buffer digits = { 0 };

	if (column->type->kind == SKBSCOPE_KIND_BOOLEAN && value->u <= 1)
		return json_object_new_boolean(value->u == 1);
	if (value->form == VALUE_FLOAT && !isfinite(value->f))
		return json_null();
	if (value->form == VALUE_UNSIGNED && value->u <= UINT64_MAX)
		return json_object_new_uint64((uint64_t)value->u);
	if (value->form == VALUE_SIGNED && (__int128)value->u == (int64_t)value->u)
		return json_object_new_int64((int64_t)value->u);
	return value_format_raw(column, data, &digits) < 0 ? NULL : literal(digits.data);
}

static struct json_object *json_list(const uint8_t *bytes, const struct skbscope_type *element,
				     uint32_t element_bits, size_t count)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array_ext((int)count);

	for (size_t i = 0; array && i < count; i++) {
		struct json_object *item = element ? json_cell(element, (uint32_t)i * element_bits,
							       element_bits, bytes)
						   : json_object_new_int(bytes[i]);

		if (json_append(array, item) < 0)
			return NULL;
	}
	return TAKE(array);
}

static int add_members(struct json_object *object, const struct skbscope_type *type,
		       uint32_t bit_offset, const uint8_t *data)
{
	int r = 0;

	for (size_t i = 0; i < type->member_count && r == 0; i++) {
		const struct skbscope_member *member = &type->members[i];
		uint32_t offset = bit_offset + member->bit_offset;

		if (!member->bit_size)
			continue;
		/* Without KEY_FLAGS: names in a stranger's types may repeat. */
		if (*member->name) {
			struct json_object *value =
				json_cell(member->type, offset, member->bit_size, data);

			if (!value || json_object_object_add(object, member->name, value) < 0) {
				json_object_put(value);
				r = -ENOMEM;
			}
		} else {
			r = add_members(object, member->type, offset, data);
		}
	}
	return r;
}

struct json_object *json_cell(const struct skbscope_type *type, uint32_t bit_offset,
			      uint32_t bit_size, const uint8_t *data)
{
	const struct skbscope_column column = {
		.name = "", .type = type, .bit_offset = bit_offset, .bit_size = bit_size
	};
	AUTO(json_putp) struct json_object *object = NULL;
	struct value value = value_read(&column, data);

	if (value.form != VALUE_BYTES)
		return json_scalar(&column, &value, data);
	if (type->display == SKBSCOPE_DISPLAY_TEXT)
		return json_bytes(value.bytes, strnlen((const char *)value.bytes, value.length));
	if (type->kind == SKBSCOPE_KIND_ARRAY)
		return json_list(value.bytes, type->element, type->element->bits, type->count);
	if (type->display != SKBSCOPE_DISPLAY_PLAIN)
		return json_list(value.bytes, NULL, 8, value.length);
	object = json_object_new_object();
	if (!object || add_members(object, type, bit_offset, data) < 0)
		return NULL;
	return TAKE(object);
}
