/* SPDX-License-Identifier: Apache-2.0 */
/* Cells. */
#include "render/cell.h"

#include <string.h>

#include "model/value.h"

static const char *interface_name(const struct skbscope_snapshot *snapshot, unsigned ifindex)
{
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (snapshot->hooks[i].ifindex == ifindex)
			return snapshot->hooks[i].interface;
	return NULL;
}

int cell_format(const struct skbscope_snapshot *snapshot, const struct skbscope_column *column,
		const uint8_t *data, bool exact, struct buffer *out)
{
	buffer_clear(out);
	if (column->type->display == SKBSCOPE_DISPLAY_IFINDEX) {
		struct value value = value_read(column, data);
		const char *name =
			value.u <= UINT32_MAX ? interface_name(snapshot, (unsigned)value.u) : NULL;

		if (name)
			return format_text(name, strlen(name), out);
	}
	return value_format(column, data, exact, out);
}

static bool is_number(const struct skbscope_column *column)
{
	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_PLAIN:
	case SKBSCOPE_DISPLAY_NS:
	case SKBSCOPE_DISPLAY_BYTES:
	case SKBSCOPE_DISPLAY_PORT_BE:
	case SKBSCOPE_DISPLAY_HEX:
	case SKBSCOPE_DISPLAY_LOG2:
		return column->type->kind == SKBSCOPE_KIND_INTEGER ||
		       column->type->kind == SKBSCOPE_KIND_FLOAT ||
		       column->type->kind == SKBSCOPE_KIND_POINTER;
	default:
		return false;
	}
}

/* Half a text or half an array is still of use; half a number or half an address
 * is another one. */
static bool may_be_cut(const struct skbscope_column *column)
{
	return column->type->kind == SKBSCOPE_KIND_ARRAY &&
	       (column->type->display == SKBSCOPE_DISPLAY_TEXT ||
		column->type->display == SKBSCOPE_DISPLAY_HEX ||
		column->type->display == SKBSCOPE_DISPLAY_PLAIN);
}

enum layout_align cell_align(const struct skbscope_column *column)
{
	return is_number(column) ? LAYOUT_RIGHT : may_be_cut(column) ? LAYOUT_CUT : LAYOUT_LEFT;
}
