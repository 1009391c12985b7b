/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of each column of the old table in the new one, and the line that
 * tells of it.
 */
#include "model/migrate.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/column_match.h"

#define NEWS_MAX 8u /* members named in the text; it is one line */

static const struct skbscope_image_map *map_of(const struct migrate_table *table)
{
	return &table->image->maps[table->index];
}

static const struct skbscope_schema *schema_of(const struct migrate_table *table)
{
	return schema_set_get(table->schemas, table->index);
}

static bool is_same_column(const struct skbscope_column *a, const struct skbscope_column *b)
{
	return a->is_key == b->is_key && a->bit_offset == b->bit_offset &&
	       a->bit_size == b->bit_size && strcmp(a->name, b->name) == 0 &&
	       convert_is_same(a->type, b->type);
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool migrate_same_shape(const struct migrate_table *from, const struct migrate_table *to)
{
	const struct skbscope_image_map *a = map_of(from), *b = map_of(to);
	const struct skbscope_schema *old = schema_of(from), *new = schema_of(to);

	if (a->type != b->type || a->key_size != b->key_size || a->value_size != b->value_size ||
	    a->max_entries != b->max_entries || a->flags != b->flags ||
	    !is_same_text(a->pin_path, b->pin_path) || old->column_count != new->column_count ||
	    (a->inner_map < 0) != (b->inner_map < 0))
		return false;
	for (size_t i = 0; i < old->column_count; i++)
		if (!is_same_column(&old->columns[i], &new->columns[i]))
			return false;
	if (a->inner_map >= 0) { /* a template is itself never a map of maps */
		const struct migrate_table inner_from = { from->image, from->schemas,
							  (size_t)a->inner_map };
		const struct migrate_table inner_to = { to->image, to->schemas,
							(size_t)b->inner_map };

		return migrate_same_shape(&inner_from, &inner_to);
	}
	return true;
}

/* Why rows cannot go from one kind of table to the other, as the end of "starts
 * empty: …"; NULL if they can. */
static const char *obstacle(const struct migrate_table *from, const struct migrate_table *to,
			    struct arena *arena)
{
	const struct skbscope_image_map *a = map_of(from), *b = map_of(to);
	const struct skbscope_schema *old = schema_of(from), *new = schema_of(to);

	if (a->type == BPF_MAP_TYPE_QUEUE || a->type == BPF_MAP_TYPE_STACK)
		return arena_printf(arena, "reading a %s would empty it", old->map_type);
	if (a->type == BPF_MAP_TYPE_PROG_ARRAY && b->type == BPF_MAP_TYPE_PROG_ARRAY)
		return "a prog_array is filled as the @tail tags say";
	if (!map_type_is(a->type, MAP_NUMERIC))
		return arena_printf(arena, "a table of type %s has no numeric rows", old->map_type);
	if (!map_type_is(b->type, MAP_NUMERIC))
		return arena_printf(arena, "a table of type %s takes no numeric rows",
				    new->map_type);
	if ((a->type == BPF_MAP_TYPE_LPM_TRIE) != (b->type == BPF_MAP_TYPE_LPM_TRIE))
		return "the keys of an lpm_trie are prefixes, those of other types are not";
	if (a->flags & BPF_F_WRONLY)
		return "the old table was declared write-only";
	if (b->flags & BPF_F_RDONLY)
		return "the new table is declared read-only";
	return NULL;
}

/* What the text says, item by item. */
struct news {
	struct buffer text;
	size_t items;
};

#define news_add(news, ...)                                                                        \
	do {                                                                                       \
		if ((news)->items++ >= NEWS_MAX)                                                   \
			break;                                                                     \
		buffer_string(&(news)->text, (news)->text.length ? ", " : "");                     \
		buffer_printf(&(news)->text, __VA_ARGS__);                                         \
	} while (0)

/* NULL when out of memory. */
static const char *news_text(struct news *news, struct arena *arena)
{
	size_t more = news->items > NEWS_MAX ? news->items - NEWS_MAX : 0;

	if (more)
		buffer_printf(&news->text, ", and %zu more change%s", more, more == 1 ? "" : "s");
	return news->text.failed ? NULL : arena_string(arena, buffer_text(&news->text));
}

static void news_clear(struct news *news)
{
	buffer_free(&news->text);
}

static const char *where(const struct column_match *half, bool added)
{
	return !half->is_key ? "" : added ? " to the key" : " from the key";
}

static void report_type(struct news *news, const struct skbscope_column *old,
			const struct skbscope_column *new)
{
	const char *before = old->type->name, *after = new->type->name;

	if (strcmp(old->name, new->name) != 0 && !column_match_is_same_name(old, new))
		news_add(news, "%s is now %s", old->name, new->name);
	if (convert_is_same(old->type, new->type) && old->bit_size == new->bit_size)
		return;
	if (old->type->kind == SKBSCOPE_KIND_ENUM && new->type->kind == SKBSCOPE_KIND_ENUM &&
	    old->bit_size == new->bit_size)
		news_add(news, "%s renumbered", new->name);
	else if (strcmp(before, after) != 0)
		news_add(news, "%s %s→%s", new->name, before, after);
	else if (old->bit_size != new->bit_size)
		news_add(news, "%s %u→%u bits", new->name, old->bit_size, new->bit_size);
	else
		news_add(news, "%s converted", new->name);
}

static int convert_columns(const struct column_match *half, struct arena *arena,
			   struct migrate_columns *out, struct news *news)
{
	bool *used = ARENA_ARRAY(arena, bool, half->old_count); /* of the old columns */

	out->columns = ARENA_ARRAY(arena, struct migrate_column, half->new_count);
	if (!out->columns || !used)
		return -ENOMEM;
	for (size_t i = 0; i < half->new_count; i++) {
		const struct skbscope_column *new = &half->new[i];
		const struct skbscope_column *old = column_match_source(half, new);
		struct migrate_column *column = &out->columns[out->count];
		int r = -EOPNOTSUPP;

		if (!old) {
			news_add(news, "%s added%s (0)", new->name, where(half, true));
			continue;
		}
		used[old - half->old] = true;
		r = convert_plan(old, new, arena, &column->conversion);
		if (r == -EOPNOTSUPP) {
			news_add(news, "%s starts at 0 (%s cannot be converted to %s)", new->name,
				 old->type->name, new->type->name);
			continue;
		}
		if (r < 0)
			return r;
		column->name = new->name;
		out->count++;
		report_type(news, old, new);
	}
	for (size_t i = 0; i < half->old_count; i++)
		if (!used[i])
			news_add(news, "%s dropped%s", half->old[i].name, where(half, false));
	return 0;
}

static bool is_copy(const struct column_match *half, uint32_t old_size, uint32_t new_size)
{
	if (old_size != new_size || half->old_count != half->new_count)
		return false;
	for (size_t i = 0; i < half->old_count; i++)
		if (!is_same_column(&half->old[i], &half->new[i]))
			return false;
	return true;
}

/* A number without a name, and several that it might be. */
static const char *no_match(const struct column_match *half, struct arena *arena)
{
	const char *what = half->is_key ? "key" : "value";

	if (column_match_has_no_name(half->old, half->old_count, half->is_key))
		return arena_printf(arena,
				    "the old %s (%s) has no name to match a member of the new one",
				    what, half->old->type->name);
	if (column_match_has_no_name(half->new, half->new_count, half->is_key))
		return arena_printf(arena,
				    "the new %s (%s) has no name to match a member of the old one",
				    what, half->new->type->name);
	return arena_printf(arena, "no member of the old %s remains", what);
}

static int make_columns(struct migrate_plan *plan, bool is_key, struct news *news)
{
	struct column_match half = column_match_of(plan->from, plan->to, is_key);
	struct migrate_columns *columns = is_key ? &plan->key : &plan->value;
	int r = convert_columns(&half, plan->arena, columns, news);

	if (r < 0)
		return r;
	if (is_key)
		columns->is_copy = is_copy(&half, plan->from->key_size, plan->to->key_size);
	else
		columns->is_copy = is_copy(&half, plan->from->value_size, plan->to->value_size);
	if (!columns->count && !columns->is_copy) {
		plan->possible = false;
		plan->text = no_match(&half, plan->arena);
	}
	return 0;
}

static void report_table(const struct migrate_plan *plan, struct news *news)
{
	if (strcmp(plan->from->map_type, plan->to->map_type) != 0)
		news_add(news, "%s→%s", plan->from->map_type, plan->to->map_type);
	if (plan->from->per_cpu && !plan->to->per_cpu)
		news_add(news, "CPUs summed");
	if (!plan->from->per_cpu && plan->to->per_cpu)
		news_add(news, "all on CPU 0");
	if (plan->from->max_entries != plan->to->max_entries)
		news_add(news, "%u→%u entries", plan->from->max_entries, plan->to->max_entries);
}

static int make_plan(struct migrate_plan *plan, const struct migrate_table *from,
		     const struct migrate_table *to)
{
	AUTO(news_clear) struct news news = { 0 };
	int r;

	plan->text = obstacle(from, to, plan->arena);
	plan->possible = !plan->text;
	if (!plan->possible || arena_failed(plan->arena))
		return 0;
	plan->sum = schema_set_table(to->schemas, to->index)->sum;
	report_table(plan, &news);
	r = make_columns(plan, true, &news);
	if (r == 0 && plan->possible)
		r = make_columns(plan, false, &news);
	if (r < 0 || !plan->possible)
		return r;
	if (!news.items && map_of(from)->flags != map_of(to)->flags)
		news_add(&news, "declared with other flags");
	else if (!news.items && !(plan->key.is_copy && plan->value.is_copy))
		news_add(&news, "members reordered");
	plan->text = news_text(&news, plan->arena);
	return plan->text ? 0 : -ENOMEM;
}

int migrate_plan_new(const struct migrate_table *from, const struct migrate_table *to,
		     uint32_t cpus, struct migrate_plan **out)
{
	AUTO(arena_object_freep) struct migrate_plan *plan = arena_object_new(sizeof(*plan));
	int r;

	if (!plan)
		return -ENOMEM;
	plan->arena = arena_of(plan);
	plan->from = schema_of(from);
	plan->to = schema_of(to);
	plan->cpus = cpus;
	r = make_plan(plan, from, to);
	if (r < 0 || arena_failed(plan->arena))
		return -ENOMEM;
	*out = TAKE(plan);
	return 0;
}
