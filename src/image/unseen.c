/* SPDX-License-Identifier: Apache-2.0 */
/* From what functions do with their maps to what becomes of it without a reader or a filler. */
#include "image/unseen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/audit.h"
#include "image/context.h"

#define BIT(kind) (1u << ((kind)-AUDIT_LOOKS_UP))

/* All that any function does with one map, or (the last) with none. */
struct use {
	unsigned int done; /* BIT() */
	const struct skbscope_image_program *program;
	uint32_t instruction; /* the first that somebody is missing for */
};

static void add_use(struct use *use, const struct skbscope_image_program *program,
		    const struct audit_finding *finding)
{
	if (finding->kind == AUDIT_READS_LENGTH)
		return;
	use->done |= BIT(finding->kind);
	if (use->program || finding->kind == AUDIT_STORES || finding->kind == AUDIT_FILLS ||
	    finding->kind == AUDIT_INDEXES || (finding->map < 0 && finding->kind != AUDIT_PRINTS))
		return;
	use->program = program;
	use->instruction = finding->instruction;
}

static int add_function(const struct skbscope_image *image,
			const struct skbscope_image_program *program, struct use *uses)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	size_t count = 0;
	int r = audit_uses(image, program, &findings, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		int32_t map = findings[i].map;
		bool known = map >= 0 && (size_t)map < image->map_count;

		add_use(&uses[known ? (size_t)map : image->map_count], program, &findings[i]);
	}
	return r;
}

static bool is_tagged(const struct skbscope_image *image, const char *map)
{
	const struct skbscope_documentation *doc = image->documentation;

	for (size_t i = 0; doc && i < doc->tail_count; i++)
		if (strcmp(doc->tails[i].map, map) == 0)
			return true;
	return false;
}

/* The program's own: zeros, locks. */
static bool is_hidden(const struct skbscope_image *image, const char *map)
{
	const struct skbscope_documentation *doc = image->documentation;

	for (size_t i = 0; doc && i < doc->hidden_count; i++)
		if (strcmp(doc->hidden[i].table, map) == 0)
			return true;
	return false;
}

/* Of a map that no function fills, whether or not it stores in place. */
static bool unfilled(const struct skbscope_image_map *map, unsigned int done,
		     enum unseen_kind *kind)
{
	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		*kind = UNSEEN_ENTRIES;
		return true;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		*kind = UNSEEN_VALUES;
		return !(done & BIT(AUDIT_STORES));
	default:
		return false;
	}
}

static bool is_inner(const struct skbscope_image *image, size_t map)
{
	for (size_t i = 0; i < image->map_count; i++)
		if (image->maps[i].inner_map == (int32_t)map)
			return true;
	return false;
}

static bool judge(const struct skbscope_image *image, size_t index, const struct use *use,
		  unsigned int anywhere, enum unseen_kind *kind)
{
	const struct skbscope_image_map *map = &image->maps[index];

	if (use->done & BIT(AUDIT_SUBMITS))
		return false;
	/* What is pinned, others may fill. */
	if (map->pin_path || is_inner(image, index) || (anywhere & BIT(AUDIT_FILLS)))
		return false;
	*kind = UNSEEN_TAILS;
	if (use->done & BIT(AUDIT_TAIL_CALLS))
		return !is_tagged(image, map->name);
	return (use->done & BIT(AUDIT_LOOKS_UP)) && !(use->done & BIT(AUDIT_FILLS)) &&
	       !is_hidden(image, map->name) && unfilled(map, use->done | anywhere, kind);
}

static void collect(const struct skbscope_image *image, const struct use *uses, struct unseen *list,
		    size_t *count)
{
	const struct use *none = &uses[image->map_count];

	for (size_t i = 0; i < image->map_count; i++) {
		enum unseen_kind kind;

		if (judge(image, i, &uses[i], none->done, &kind))
			list[(*count)++] = (struct unseen){ kind, (int32_t)i, uses[i].program,
							    uses[i].instruction };
	}
	if (none->done & BIT(AUDIT_PRINTS))
		list[(*count)++] =
			(struct unseen){ UNSEEN_PRINTS, -1, none->program, none->instruction };
}

static int by_kind(const void *a, const void *b)
{
	const struct unseen *x = a, *y = b;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
				  : (x->map > y->map) - (x->map < y->map);
}

int unseen_find(const struct skbscope_image *image, struct unseen **out, size_t *count)
{
	AUTO(freep) struct use *uses = calloc(image->map_count + 1, sizeof(*uses));
	AUTO(freep) struct unseen *list = calloc(image->map_count + 1, sizeof(*list));
	struct foreign foreign;
	int r = uses && list ? 0 : -ENOMEM;

	for (size_t i = 0; i < image->program_count && r == 0; i++)
		if (!context_is_foreign(&image->programs[i], &foreign))
			r = add_function(image, &image->programs[i], uses);
	if (r < 0)
		return r;
	*count = 0;
	collect(image, uses, list, count);
	qsort(list, *count, sizeof(*list), by_kind);
	*out = TAKE(list);
	return 0;
}

size_t unseen_alike(const struct unseen *list, size_t count)
{
	size_t alike = 0;

	while (alike < count && list[alike].kind == list[0].kind)
		alike++;
	return alike;
}

static void append_names(const struct skbscope_image *image, const struct unseen *list,
			 size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "%s'%s'",
			      i == 0          ? ""
			      : i + 1 < count ? ", "
					      : " and ",
			      image->maps[list[i].map].name);
}

void unseen_text(const struct skbscope_image *image, const struct unseen *list, size_t count,
		 struct buffer *out)
{
	const bool one = count == 1;

	switch (list->kind) {
	case UNSEEN_PRINTS:
		buffer_string(out, "what this prints goes to the kernel's trace, which skbscope "
				   "does not show");
		break;
	case UNSEEN_TAILS:
		buffer_string(out, one ? "nothing fills the program array "
				       : "nothing fills the program arrays ");
		append_names(image, list, count, out);
		buffer_string(out, ": a tail call through an empty slot does nothing");
		break;
	case UNSEEN_ENTRIES:
		append_names(image, list, count, out);
		buffer_string(out, one ? " is only looked up: it stays empty unless user space "
					 "fills it"
				       : " are only looked up: they stay empty unless user space "
					 "fills them");
		break;
	case UNSEEN_VALUES:
		append_names(image, list, count, out);
		buffer_string(out, one ? " is only read: its values stay 0 unless user space sets "
					 "them"
				       : " are only read: their values stay 0 unless user space "
					 "sets them");
		break;
	}
}

void unseen_hint(const struct skbscope_image *image, const struct unseen *unseen,
		 struct buffer *out)
{
	const char *table = unseen->map >= 0 ? image->maps[unseen->map].name : "";

	switch (unseen->kind) {
	case UNSEEN_PRINTS:
		buffer_string(out, "write bpf_trace_printk(\"%d\\n\", value)");
		break;
	case UNSEEN_TAILS:
		buffer_printf(
			out, "write @tail %s[INDEX] FUNCTION in the comment at the top of the file",
			table);
		break;
	default:
		buffer_printf(out, "while it runs: bpftool map update name %.15s key … value …",
			      table);
		break;
	}
}
