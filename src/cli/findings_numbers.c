/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit saw of keys and values, held against the columns that they are shown in:
 * padding in keys, addresses in the wrong byte order, first counts that are written over,
 * and members of per-CPU values that are no amounts.
 */
#include "cli/findings_numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/rules.h"
#include "cli/warning.h"
#include "image/image.h"
#include "run/key_order.h"

enum told {
	TOLD_PADDING = 1,
	TOLD_ORDER = 2,
	TOLD_FIRST = 4,
	TOLD_INDEX = 8,
	TOLD_EXTREME = 16,
	TOLD_UNSET = 32
};

__attribute__((format(printf, 6, 7))) static int warn(struct numbers *numbers,
						      const struct skbscope_image_program *program,
						      uint32_t instruction, const char *rule,
						      const char *hint, const char *format, ...)
{
	struct image_place known = { 0 };
	bool is_known = image_place(numbers->image, program, instruction, &known);
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = warning_add(numbers->out, is_known ? &known : NULL, rule, hint, format, arguments);
	va_end(arguments);
	return r;
}

int numbers_open(struct numbers *numbers, struct skbscope_diagnostics *out)
{
	numbers->out = out;
	numbers->told = calloc(numbers->image->map_count + 1, sizeof(*numbers->told));
	if (!numbers->told)
		return -ENOMEM;
	schema_set_new(numbers->image, &numbers->set, NULL);
	return 0;
}

void numbers_clear(struct numbers *numbers)
{
	schema_set_unref(TAKE(numbers->set));
	free(TAKE(numbers->told));
}

/* Whether to say it: once of a table. */
static bool is_new(struct numbers *numbers, int32_t map, enum told what)
{
	bool new = !(numbers->told[map] & what);

	numbers->told[map] |= (unsigned char)what;
	return new;
}

static int add_padding(struct numbers *numbers, const struct skbscope_image_program *program,
		       const struct audit_finding *finding, const struct table_schema *table)
{
	uint64_t set = finding->zeros | finding->constants;
	uint32_t dirty = 0;

	for (uint32_t i = 0; table->key_holes && i < finding->size && i < 64; i++)
		dirty += table->key_holes[i] && !(set >> i & 1);
	if (!dirty || !is_new(numbers, finding->map, TOLD_PADDING))
		return 0;
	return warn(numbers, program, finding->instruction, RULE_KEY_PADDING,
		    "start the key with '= {}', or declare the padding as a member and set it to 0",
		    "the key of '%s' has %u byte%s of padding that %s not 0 for certain: rows "
		    "that look the same can differ there",
		    table->public.table, dirty, dirty == 1 ? "" : "s", dirty == 1 ? "is" : "are");
}

/* What lies on the stack where a member is that the program never sets. */
static int add_unset(struct numbers *numbers, const struct skbscope_image_program *program,
		     const struct audit_finding *finding, const struct skbscope_schema *schema)
{
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (!column->is_key || !key_order_has_all(finding->unset, column))
			continue;
		if (!is_new(numbers, finding->map, TOLD_UNSET))
			return 0;
		return warn(numbers, program, finding->instruction, RULE_KEY_UNSET,
			    "set it, or start the key with '= {}'",
			    "'%s' of the key of '%s' is set nowhere: it is whatever was on the "
			    "stack",
			    column->name, schema->table);
	}
	return 0;
}

static int add_order(struct numbers *numbers, const struct skbscope_image_program *program,
		     const struct audit_finding *finding, const struct skbscope_schema *schema)
{
	struct key_order order;

	if (!key_order_find(schema, finding, &order) || !is_new(numbers, finding->map, TOLD_ORDER))
		return 0;
	return warn(numbers, program, finding->instruction, RULE_SHOWN_ORDER, order.instead,
		    "'%s' of '%s' is shown as of %s byte order, and gets a number "
		    "in %s order",
		    order.column->name, schema->table, order.is_host ? "network" : "host",
		    order.is_host ? "host" : "network");
}

static int add_first_count(struct numbers *numbers, const struct skbscope_image_program *program,
			   const struct audit_finding *finding)
{
	const char *table = numbers->image->maps[finding->map].name;
	AUTO(buffer_free) struct buffer hint = { 0 };

	if (!is_new(numbers, finding->map, TOLD_FIRST))
		return 0;
	buffer_printf(&hint,
		      "make it with %s.lookup_or_try_init(&key, &zero) and count with "
		      "lock_xadd(value, 1), or declare the table per CPU",
		      table);
	return warn(numbers, program, finding->instruction, RULE_RACY_FIRST, buffer_text(&hint),
		    "counts in '%s' can be lost: of two CPUs that meet a new key at once, one "
		    "loses its first count",
		    table);
}

static int add_extreme(struct numbers *numbers, const struct skbscope_image_program *program,
		       const struct audit_finding *finding)
{
	if (!is_new(numbers, finding->map, TOLD_EXTREME))
		return 0;
	return warn(numbers, program, finding->instruction, RULE_RACY_EXTREME,
		    "declare the table per CPU (BPF_PERCPU_HASH, BPF_PERCPU_ARRAY) and the value "
		    "max_t, min_t or when_t",
		    "a maximum or minimum in '%s' can be lost: CPUs share its values, and between "
		    "the comparison and this store another one may have set it",
		    numbers->image->maps[finding->map].name);
}

static int add_index(struct numbers *numbers, const struct skbscope_image_program *program,
		     const struct audit_finding *finding)
{
	const struct skbscope_image_map *map = &numbers->image->maps[finding->map];

	if (!is_new(numbers, finding->map, TOLD_INDEX))
		return 0;
	return warn(numbers, program, finding->instruction, RULE_WIDE_INDEX,
		    "compare it with the number of slots first, and count the rest in the last one",
		    "'%s' has %u slots, and %s%s can be out of that range: what is, is not "
		    "counted",
		    map->name, map->max_entries, finding->what ? "skb->" : "",
		    finding->what ? finding->what : "a number from the packet");
}

/* Of an array without any tag it is said that nothing fills it; a pinned one others may fill. */
static int add_slot(struct numbers *numbers, const struct skbscope_image_program *program,
		    const struct audit_finding *finding)
{
	const struct skbscope_image_map *map = &numbers->image->maps[finding->map];
	const struct skbscope_documentation *doc = numbers->image->documentation;
	AUTO(buffer_free) struct buffer hint = { 0 };
	bool is_tagged = false;

	for (size_t i = 0; doc && i < doc->tail_count; i++) {
		if (strcmp(doc->tails[i].map, map->name) != 0)
			continue;
		if (doc->tails[i].index == (uint32_t)finding->verdict)
			return 0;
		is_tagged = true;
	}
	if (!is_tagged || map->pin_path)
		return 0;
	buffer_printf(&hint, "write @tail %s[%d] FUNCTION in the comment at the top of the file",
		      map->name, finding->verdict);
	return warn(numbers, program, finding->instruction, RULE_EMPTY_SLOT, buffer_text(&hint),
		    "nothing fills slot %d of the program array '%s': a tail call through an empty "
		    "slot does nothing",
		    finding->verdict, map->name);
}

int numbers_add(struct numbers *numbers, const struct skbscope_image_program *program,
		const struct audit_finding *findings, size_t count)
{
	int r = 0;

	for (size_t i = 0; numbers->set && i < count && r == 0; i++) {
		const struct audit_finding *finding = &findings[i];

		if (finding->kind == AUDIT_KEY) {
			const struct table_schema *table =
				schema_set_table(numbers->set, (size_t)finding->map);

			r = add_padding(numbers, program, finding, table);
			if (r == 0)
				r = add_unset(numbers, program, finding, &table->public);
			if (r == 0)
				r = add_order(numbers, program, finding, &table->public);
		} else if (finding->kind == AUDIT_TAIL_SLOT && finding->map >= 0) {
			r = add_slot(numbers, program, finding);
		} else if (finding->kind == AUDIT_WIDE_INDEX) {
			r = add_index(numbers, program, finding);
		} else if (finding->kind == AUDIT_RACY_EXTREME) {
			r = add_extreme(numbers, program, finding);
		} else if (finding->kind == AUDIT_FIRST_COUNT) {
			r = add_first_count(numbers, program, finding);
		}
	}
	return r;
}

/* The first that sets a member, in place or not. */
static const struct skbscope_image_write *find_assignment(const struct skbscope_image_map *map,
							  const struct skbscope_column *column,
							  bool in_place)
{
	const uint32_t first = column->bit_offset / 8, end = first + column->bit_size / 8;

	for (size_t i = 0; i < map->write_count; i++)
		if (map->writes[i].offset <= first && !map->writes[i].adds &&
		    !(in_place && map->writes[i].whole) &&
		    map->writes[i].offset + map->writes[i].size >= end)
			return &map->writes[i];
	return NULL;
}

static bool is_added_to(const struct skbscope_image_map *map, const struct skbscope_column *column)
{
	for (size_t i = 0; i < map->write_count; i++)
		if (map->writes[i].adds && map->writes[i].offset * 8 == column->bit_offset &&
		    map->writes[i].size * 8 == column->bit_size)
			return true;
	return false;
}

/* Of what is set and added to (what is left of an allowance) no sum is right, but for a type
 * that says so. */
static bool is_doubtful(const struct skbscope_image_map *map, const struct skbscope_column *column)
{
	return is_added_to(map, column) && column->type->adds_up &&
	       column->type->kind == SKBSCOPE_KIND_INTEGER &&
	       column->bit_size == column->type->bits && strcmp(column->type->name, "count_t") != 0;
}

int numbers_end(struct numbers *numbers)
{
	int r = 0;

	for (size_t map = 0; numbers->set && map < schema_set_count(numbers->set); map++) {
		const struct skbscope_schema *schema = schema_set_get(numbers->set, map);

		if (!schema->per_cpu || schema->hidden) /* what is not shown needs no sum */
			continue;
		for (size_t i = 0; i < schema->column_count && r == 0; i++) {
			const struct skbscope_column *column = &schema->columns[i];
			const struct skbscope_image_write *write;
			const bool set = column->type->of_cpus == SKBSCOPE_OF_CPUS_SET;

			if (column->is_key ||
			    (!set && !is_doubtful(&numbers->image->maps[map], column)))
				continue;
			write = find_assignment(&numbers->image->maps[map], column, !set);
			if (write && !set)
				r = warn(numbers, &numbers->image->programs[write->program],
					 write->instruction, RULE_PER_CPU_SET,
					 "declare it level_t if it is no amount (the first CPU's "
					 "that is not 0 is shown then), or count_t if it is",
					 "'%s' of '%s' is set here and added to elsewhere: the sum "
					 "of all CPUs' is shown",
					 column->name, schema->table);
			else if (write)
				r = warn(numbers, &numbers->image->programs[write->program],
					 write->instruction, RULE_PER_CPU_SET,
					 "declare it max_t, min_t, when_t, or level_t (the first "
					 "CPU's that is not 0)",
					 "'%s' of '%s' is set, and not only added to: the largest "
					 "of "
					 "all CPUs' is shown",
					 column->name, schema->table);
		}
	}
	return r;
}
