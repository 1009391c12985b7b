/* SPDX-License-Identifier: Apache-2.0 */
/* Cells. */
#include "render/cell.h"

#include <string.h>

#include "model/format.h"
#include "model/histogram.h"
#include "model/value.h"

static const char *interface_name(const struct skbscope_snapshot *snapshot,
				  const struct skbscope_column *column, const uint8_t *data)
{
	struct value value;

	if (column->type->display != SKBSCOPE_DISPLAY_IFINDEX)
		return NULL;
	value = value_read(column, data);
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (snapshot->hooks[i].ifindex == value.u)
			return snapshot->hooks[i].interface;
	return NULL;
}

void cell_text(struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_column *column, const uint8_t *data)
{
	const char *name = data ? interface_name(snapshot, column, data) : NULL;
	struct buffer *text = &painter->cell;

	buffer_clear(text);
	if (!data || value_is_unknown(column, data))
		buffer_string(text, "-");
	else if (name)
		format_text(name, strlen(name), text);
	else if (column->type->display == SKBSCOPE_DISPLAY_WHEN && !painter->options->exact)
		value_format_when(column, data, snapshot->monotonic_ns, text);
	else
		value_format(column, data, painter->options->exact, text);
}

void cell_put(struct painter *painter, const struct skbscope_snapshot *snapshot,
	      const struct skbscope_column *column, const uint8_t *data, struct layout *layout)
{
	cell_text(painter, snapshot, column, data);
	layout_cell(layout, layout_whole(&painter->cell));
}

void cell_plain(const struct skbscope_snapshot *snapshot, const struct skbscope_column *column,
		const uint8_t *data, struct buffer *out)
{
	const char *name = interface_name(snapshot, column, data);
	struct value value = value_read(column, data);

	if (name)
		buffer_string(out, name);
	else if (column->type->display == SKBSCOPE_DISPLAY_TEXT && value.form == VALUE_BYTES)
		buffer_append(out, value.bytes, value_text_length(value.bytes, value.length));
	else if (column->type->display == SKBSCOPE_DISPLAY_WHEN)
		value_format_raw(column, data, out);
	else
		value_format(column, data, true, out);
}

#define PROCESSES_SHOWN 3u

void cell_processes(struct painter *painter, const struct skbscope_processes *processes)
{
	struct buffer *text = &painter->cell;
	const size_t count = processes ? processes->count : 0;

	buffer_clear(text);
	buffer_string(text, count ? "" : "-");
	for (size_t i = 0; i < count && i < PROCESSES_SHOWN; i++) {
		const struct skbscope_process *process = &processes->list[i];

		buffer_string(text, i ? ", " : "");
		format_text(process->name, strlen(process->name), text);
		buffer_printf(text, " %u", process->pid);
	}
	buffer_string(text, count > PROCESSES_SHOWN ? ", ..." : "");
}

void cell_put_processes(struct painter *painter, const struct skbscope_processes *processes,
			struct layout *layout)
{
	cell_processes(painter, processes);
	layout_cell(layout, layout_whole(&painter->cell));
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
	case SKBSCOPE_DISPLAY_NUMBER_BE:
	case SKBSCOPE_DISPLAY_WHEN:
	case SKBSCOPE_DISPLAY_PREFIX:
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
	return column->type->kind == SKBSCOPE_KIND_ARRAY && !type_is_histogram(column->type) &&
	       (column->type->display == SKBSCOPE_DISPLAY_TEXT ||
		column->type->display == SKBSCOPE_DISPLAY_HEX ||
		column->type->display == SKBSCOPE_DISPLAY_PLAIN);
}

enum layout_align cell_align(const struct skbscope_column *column)
{
	return is_number(column) ? LAYOUT_RIGHT : may_be_cut(column) ? LAYOUT_CUT : LAYOUT_LEFT;
}
