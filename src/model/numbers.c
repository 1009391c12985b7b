/* SPDX-License-Identifier: Apache-2.0 */
/* Columns whose values have names, without them. */
#include "base/arena.h"
#include "model/schema.h"
#include "model/types.h"

static enum skbscope_display display_of(enum skbscope_display display)
{
	switch (display) {
	case SKBSCOPE_DISPLAY_IP_PROTO:
	case SKBSCOPE_DISPLAY_ETH_PROTO:
	case SKBSCOPE_DISPLAY_IFINDEX:
		return SKBSCOPE_DISPLAY_PLAIN;
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		return SKBSCOPE_DISPLAY_NUMBER_BE;
	default:
		return display;
	}
}

/* The type itself where nothing in it has a name; NULL: no memory. */
static const struct skbscope_type *number_of(const struct skbscope_type *type, struct arena *arena)
{
	const struct skbscope_type *element = NULL;
	struct skbscope_type *copy;

	if (type->kind == SKBSCOPE_KIND_ARRAY) {
		element = number_of(type->element, arena);
		if (!element)
			return NULL;
	}
	if (element == type->element && display_of(type->display) == type->display)
		return type;
	copy = ARENA_NEW(arena, struct skbscope_type);
	if (!copy)
		return NULL;
	*copy = *type;
	copy->display = display_of(type->display);
	copy->element = element;
	return copy;
}

int schema_show_numbers(struct table_schema *table, struct arena *arena)
{
	for (size_t i = 0; i < table->public.column_count; i++) {
		struct skbscope_column *column =
			(struct skbscope_column *)&table->public.columns[i];

		column->type = number_of(column->type, arena);
		if (!column->type)
			return -1;
	}
	return 0;
}
