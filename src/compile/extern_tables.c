/* SPDX-License-Identifier: Apache-2.0 */
/* Where a text says "extern", of which table, and what is put there. */
#include "compile/extern_tables.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "compile/c_scan.h"

#define WORD "\"extern\""
#define MACRO "SKBX%04zx" /* as long as the word */
#define DECLARATIONS_MAX ((size_t)1 << 16)

_Static_assert(sizeof(WORD) == sizeof("SKBX0000"), "columns stay");

struct declaration {
	size_t at; /* of the word */
	struct span table;
};

static bool begins(const struct c_scanner *scanner, size_t at, const char *text)
{
	return scanner->length - at >= strlen(text) &&
	       memcmp(scanner->text + at, text, strlen(text)) == 0;
}

/* The fourth argument, from behind the first. */
static bool find_name(struct c_scanner scanner, struct span *name)
{
	int commas = 0, depth = 0;
	struct span word;
	char c;

	while ((c = c_next(&scanner, &word))) {
		if (word.length && commas == 3) {
			*name = word;
			return true;
		}
		if (word.length)
			continue;
		depth += (c == '(') - (c == ')');
		if (depth < 0)
			return false;
		commas += c == ',' && depth == 0;
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool next_declaration(struct c_scanner *scanner, struct declaration *out)
{
	char before = '\0';

	for (;;) {
		struct span word;
		size_t at = scanner->at;
		char c = c_next(scanner, &word);

		if (!c)
			return false;
		if (before == '(' && begins(scanner, at, WORD) &&
		    find_name(*scanner, &out->table)) {
			out->at = at;
			return true;
		}
		if (word.length)
			before = 'w';
		else if (!is_blank(c))
			before = c;
	}
}

bool extern_tables_has(const struct extern_tables *tables, const char *name)
{
	for (size_t i = 0; i < tables->count; i++)
		if (strcmp(tables->names[i], name) == 0)
			return true;
	return false;
}

static size_t count_declarations(const char *text, size_t length)
{
	struct c_scanner scanner = { text, length, 0 };
	struct declaration declaration;
	size_t count = 0;

	while (memmem(text, length, WORD, strlen(WORD)) && count < DECLARATIONS_MAX &&
	       next_declaration(&scanner, &declaration))
		count++;
	return count;
}

int extern_tables_find(const char *text, size_t length, struct arena *arena,
		       struct extern_tables *out)
{
	struct c_scanner scanner = { text, length, 0 };
	size_t count = count_declarations(text, length);
	struct declaration declaration;

	out->count = 0;
	out->names = ARENA_ARRAY(arena, const char *, count);
	if (!out->names)
		return -ENOMEM;
	for (size_t i = 0; i < count && next_declaration(&scanner, &declaration); i++) {
		const char *name =
			arena_string_n(arena, declaration.table.text, declaration.table.length);

		if (!name)
			return -ENOMEM;
		if (!extern_tables_has(out, name))
			out->names[out->count++] = name;
	}
	return 0;
}

const char *extern_tables_type(const struct skbscope_image_map *map)
{
	static const char *const names[] = {
		[BPF_MAP_TYPE_HASH] = "hash",
		[BPF_MAP_TYPE_ARRAY] = "array",
		[BPF_MAP_TYPE_PROG_ARRAY] = "prog",
		[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = "perf_array",
		[BPF_MAP_TYPE_PERCPU_HASH] = "percpu_hash",
		[BPF_MAP_TYPE_PERCPU_ARRAY] = "percpu_array",
		[BPF_MAP_TYPE_STACK_TRACE] = "stacktrace",
		[BPF_MAP_TYPE_CGROUP_ARRAY] = "cgroup_array",
		[BPF_MAP_TYPE_LRU_HASH] = "lru_hash",
		[BPF_MAP_TYPE_LRU_PERCPU_HASH] = "lru_percpu_hash",
		[BPF_MAP_TYPE_LPM_TRIE] = "lpm_trie",
		[BPF_MAP_TYPE_DEVMAP] = "devmap",
		[BPF_MAP_TYPE_SOCKMAP] = "sockmap",
		[BPF_MAP_TYPE_CPUMAP] = "cpumap",
		[BPF_MAP_TYPE_XSKMAP] = "xskmap",
		[BPF_MAP_TYPE_SOCKHASH] = "sockhash",
		[BPF_MAP_TYPE_QUEUE] = "queue",
		[BPF_MAP_TYPE_STACK] = "stack",
	};

	/* Maps of maps among the others: their declaration would need its template here. */
	return map->type < sizeof(names) / sizeof(names[0]) && names[map->type] ? names[map->type]
										: "hash";
}

/* Behind a name: ".call". */
static bool is_called(struct c_scanner scanner)
{
	struct span word;

	if (c_next_solid(&scanner) != '.')
		return false;
	while (is_blank(c_next(&scanner, &word)))
		;
	return span_is(word, "call");
}

/* By what is done with it. */
const char *extern_tables_guess(const char *text, size_t length, const char *name)
{
	struct c_scanner scanner = { text, length, 0 };
	struct span word;

	while (c_next(&scanner, &word)) {
		if (word.length && span_is(word, name) && is_called(scanner))
			return "prog";
	}
	return "hash";
}

static const char *type_of(struct span table, const char *const *defines, size_t define_count)
{
	for (size_t i = 0; i < define_count; i++) {
		struct span rest = span_of(defines[i]);

		if (span_skip(&rest, EXTERN_TABLES_DEFINE) && rest.length > table.length &&
		    rest.text[table.length] == '=' &&
		    memcmp(rest.text, table.text, table.length) == 0)
			return rest.text + table.length + 1;
	}
	return NULL;
}

int extern_tables_resolve(const char *text, size_t length, const char *const *defines,
			  size_t define_count, struct arena *arena, struct extern_text *out)
{
	struct c_scanner scanner = { text, length, 0 };
	size_t count = count_declarations(text, length);
	struct declaration declaration;
	char *changed;

	*out = (struct extern_text){ .text = text };
	if (!count)
		return 0;
	changed = arena_string_n(arena, text, length);
	out->flags = ARENA_ARRAY(arena, const char *, count);
	if (!changed || !out->flags)
		return -ENOMEM;
	for (size_t i = 0; i < count && next_declaration(&scanner, &declaration); i++) {
		const char *type = type_of(declaration.table, defines, define_count);
		char macro[32];

		if (!type)
			continue;
		snprintf(macro, sizeof(macro), MACRO, i & (DECLARATIONS_MAX - 1));
		memcpy(changed + declaration.at, macro, strlen(WORD));
		out->flags[out->flag_count++] = arena_printf(arena, "-D%s=%s", macro, type);
	}
	out->text = changed;
	return arena_failed(arena) ? -ENOMEM : 0;
}
