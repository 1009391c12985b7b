/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: what is declared and used in ways that no table has. */
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "base/text.h"
#include "compile/hints.h"

static const char *const map_types[] = {
	"hash",          "array",           "percpu_hash",    "percpu_array",
	"lru_hash",      "lru_percpu_hash", "lpm_trie",       "histogram",
	"prog",          "perf_output",     "perf_array",     "ringbuf",
	"queue",         "stack",           "cgroup_array",   "stacktrace",
	"devmap",        "cpumap",          "xskmap",         "hash_of_maps",
	"array_of_maps", "sk_storage",      "inode_storage",  "task_storage",
	"sockmap",       "sockhash",        "cgroup_storage", "percpu_cgroup_storage",
};

static const char *const macros[] = {
	"BPF_TABLE",         "BPF_F_TABLE",      "BPF_TABLE_PUBLIC",    "BPF_TABLE_SHARED",
	"BPF_TABLE_PINNED",  "BPF_HASH",         "BPF_ARRAY",           "BPF_HISTOGRAM",
	"BPF_PERCPU_HASH",   "BPF_PERCPU_ARRAY", "BPF_LPM_TRIE",        "BPF_LRU_HASH",
	"BPF_PERF_OUTPUT",   "BPF_PERF_ARRAY",   "BPF_PROG_ARRAY",      "BPF_RINGBUF_OUTPUT",
	"BPF_QUEUE",         "BPF_STACK",        "BPF_STACK_TRACE",     "BPF_CGROUP_ARRAY",
	"BPF_ARRAY_OF_MAPS", "BPF_HASH_OF_MAPS", "BPF_SK_STORAGE",      "BPF_SOCKMAP",
	"BPF_SOCKHASH",      "BPF_DEVMAP",       "BPF_CPUMAP",          "BPF_XSKMAP",
	"BPF_QUEUESTACK",    "BPF_LICENSE",      "BPF_LRU_PERCPU_HASH",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_unknown_type(const struct hint_question *question, struct buffer *plain,
			    struct buffer *remedy)
{
	const char *type = strstr(question->message, "maps/");
	const char *nearest;

	if (!strstr(question->message, "unsupported map type") || !type)
		return false;
	type += strlen("maps/");
	nearest = text_nearest(type, map_types, COUNT(map_types));
	buffer_printf(plain, "there is no table type \"%s\"", type);
	if (nearest)
		buffer_printf(remedy, "did you mean \"%s\"?", nearest);
	else
		buffer_string(remedy, "\"hash\", \"array\", \"percpu_hash\", \"percpu_array\", "
				      "\"lru_hash\" and \"lpm_trie\" are the usual ones");
	return true;
}

/* What tells a table's type: its functions. */
static const struct {
	const char *function, *declaration; /* %s: the table's name */
} kinds[] = {
	{ "call", "BPF_PROG_ARRAY(%s, 8)" },
	{ "perf_submit", "BPF_PERF_OUTPUT(%s)" },
	{ "perf_submit_skb", "BPF_PERF_OUTPUT(%s)" },
	{ "perf_read", "BPF_PERF_ARRAY(%s, 128)" },
	{ "ringbuf_output", "BPF_RINGBUF_OUTPUT(%s, 8)" },
	{ "ringbuf_reserve", "BPF_RINGBUF_OUTPUT(%s, 8)" },
	{ "ringbuf_submit", "BPF_RINGBUF_OUTPUT(%s, 8)" },
	{ "push", "BPF_QUEUE(%s, type, 1024)" },
	{ "get_stackid", "BPF_STACK_TRACE(%s, 1024)" },
};

static bool is_called(const char *program, const char *table, const char *function)
{
	char call[160];
	size_t length = (size_t)snprintf(call, sizeof(call), "%s.%s", table, function);

	for (const char *at = program; length < sizeof(call) && (at = strstr(at, call)); at++)
		if ((at == program || !text_is_word(at[-1])) && !text_is_word(at[length]))
			return true;
	return false;
}

static bool declare(const char *function, const char *table, struct buffer *remedy)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct span rest, before;

		if (strcmp(kinds[i].function, function) != 0)
			continue;
		rest = span_of(kinds[i].declaration);
		span_cut(&rest, "%s", &before);
		buffer_printf(remedy, "declare it with %.*s%s%.*s", (int)before.length, before.text,
			      table, (int)rest.length, rest.text);
		return true;
	}
	return false;
}

/* BPF_TABLE("extern", key, leaf, NAME, …. */
static bool table_declared(const char *source, char *name, size_t size)
{
	struct span rest = span_of(source ? source : ""), part, word;

	if (!span_cut(&rest, "\"extern\"", &part))
		return false;
	for (int i = 0; i < 3; i++)
		if (!span_cut(&rest, ",", &part))
			return false;
	rest = span_trim(rest);
	if (!span_next_word(&rest, &word) || word.length >= size)
		return false;
	snprintf(name, size, "%.*s", (int)word.length, word.text);
	return true;
}

static bool is_extern(const struct hint_question *question, struct buffer *plain,
		      struct buffer *remedy)
{
	char name[128];

	if (!strstr(question->message, "reference to undefined table"))
		return false;
	if (!table_declared(question->source, name, sizeof(name)) ||
	    !strstr(question->program, question->source)) {
		buffer_string(plain, "a table is declared extern by a macro or in a header, where "
				     "it is not looked for");
		buffer_string(remedy,
			      "write BPF_TABLE(\"extern\", …) with the table's name in the file "
			      "that uses it");
		return true;
	}
	buffer_printf(plain,
		      "the table '%s' is another file's (extern), and no file of the program "
		      "declares it",
		      name);
	buffer_string(remedy, "name the file that does with --with FILE, or with @with FILE in the "
			      "first comment; or ");
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (is_called(question->program, name, kinds[i].function))
			return declare(kinds[i].function, name, remedy);
	buffer_printf(remedy,
		      "declare it here: BPF_TABLE(\"hash\", key type, value type, %s, entries)",
		      name);
	return true;
}

/* "no member named 'perf_submit' in 'struct events_table_t'". */
static bool is_wrong_function(const struct hint_question *question, struct buffer *plain,
			      struct buffer *remedy)
{
	struct span rest = span_of(question->message), function, type;
	char name[128], table[128];

	if (!strstr(question->message, "no member named") ||
	    !strstr(question->message, "_table_t'") || !span_next_quoted(&rest, &function) ||
	    !span_next_quoted(&rest, &type))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)function.length, function.text);
	span_skip(&type, "struct ");
	snprintf(table, sizeof(table), "%.*s", (int)(type.length - strlen("_table_t")), type.text);
	buffer_printf(plain, "a table of this type has no function '%s'", name);
	if (!declare(name, table, remedy))
		buffer_string(remedy,
			      "tables have lookup, lookup_or_try_init, update, insert, delete and "
			      "atomic_increment; others depend on their type: "
			      "docs/writing-programs.md");
	return true;
}

/* Whether the program declares a table of that name. */
static bool is_table(const char *program, const char *name)
{
	const size_t length = strlen(name);

	for (const char *at = program; (at = strstr(at, name)); at++) {
		const char *line = at;

		if ((at != program && text_is_word(at[-1])) || text_is_word(at[length]))
			continue;
		while (line > program && line[-1] != '\n')
			line--;
		if (strncmp(line, "BPF_", 4) == 0)
			return true;
	}
	return false;
}

/* The name that ends in front of the column of "[". */
static bool is_subscript(const struct hint_question *question, struct buffer *plain,
			 struct buffer *remedy)
{
	size_t end = question->column ? question->column - 1 : 0, start;
	char name[128];

	if (!strstr(question->message, "subscripted value is not an array") || !question->source ||
	    end > strlen(question->source))
		return false;
	while (end && question->source[end - 1] == ' ')
		end--;
	for (start = end; start && text_is_word(question->source[start - 1]); start--)
		;
	snprintf(name, sizeof(name), "%.*s", (int)(end - start), question->source + start);
	if (end == start || !is_table(question->program, name))
		return false;
	buffer_printf(plain, "'%s' is a table, and has no [ ]", name);
	buffer_printf(remedy, "count with %s.atomic_increment(key), read with %s.lookup(&key)",
		      name, name);
	return true;
}

/* "indirection requires pointer operand ('struct seen_table_t' invalid)" and the like. */
static bool is_value(const struct hint_question *question, struct buffer *plain,
		     struct buffer *remedy)
{
	static const char *const words[] = { "indirection requires pointer",
					     "cannot increment value",
					     "cannot decrement value",
					     "invalid operands to",
					     "invalid argument type",
					     "assigning to",
					     "initializing",
					     "is not a pointer",
					     "not contextually convertible",
					     "where arithmetic or pointer type is required" };
	const char *end = strstr(question->message, "_table_t'"), *start = end;
	bool known = false;

	for (size_t i = 0; i < COUNT(words); i++)
		known |= strstr(question->message, words[i]) != NULL;
	while (start && start > question->message && text_is_word(start[-1]))
		start--;
	if (!known || !end || start == end)
		return false;
	buffer_printf(plain, "'%.*s' is a table, and neither a pointer nor a value",
		      (int)(end - start), start);
	buffer_printf(remedy, "read with %.*s.lookup(&key), write with %.*s.update(&key, &value)",
		      (int)(end - start), start, (int)(end - start), start);
	return true;
}

static bool is_inside_function(const struct hint_question *question, struct buffer *plain,
			       struct buffer *remedy)
{
	if (!strstr(question->message, "'section' attribute only applies to") ||
	    !question->source || !strstr(question->source, "BPF_"))
		return false;
	buffer_string(plain, "a table is declared inside a function");
	buffer_string(remedy, "declare it above the functions, where they all can use it");
	return true;
}

static bool is_known(const char *macro)
{
	for (size_t i = 0; i < COUNT(macros); i++)
		if (strcmp(macro, macros[i]) == 0)
			return true;
	return false;
}

/* A macro that is none is a function to the compiler, in words that say nothing of it. */
static bool is_misspelt(const struct hint_question *question, struct buffer *plain,
			struct buffer *remedy)
{
	struct span rest = span_of(question->source ? question->source : ""), word;
	char name[64], define[80];
	const char *nearest;

	if (!span_begins(rest, "BPF_") || !span_next_word(&rest, &word) ||
	    !span_begins(rest, "(") || word.length >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)word.length, word.text);
	snprintf(define, sizeof(define), "define %s", name);
	nearest = text_nearest(name, macros, COUNT(macros));
	if (is_known(name) || !nearest || strstr(question->program, define))
		return false;
	buffer_printf(plain, "there is no %s", name);
	buffer_printf(remedy, "did you mean %s?", nearest);
	return true;
}

static bool is_array_type(const struct hint_question *question, struct buffer *plain,
			  struct buffer *remedy)
{
	if (!question->source || strncmp(question->source, "BPF_", 4) != 0 ||
	    !strchr(question->source, '[') ||
	    (!strstr(question->message, "expected ')'") &&
	     !strstr(question->message, "brackets are not allowed here")))
		return false;
	buffer_string(plain, "a table's key or value cannot be written as an array");
	buffer_string(remedy,
		      "a table takes an array as a member of a struct: \"struct name { char "
		      "text[16]; };\", then struct name");
	return true;
}

bool hints_of_tables(const struct hint_question *question, struct buffer *plain,
		     struct buffer *remedy)
{
	static bool (*const answers[])(const struct hint_question *, struct buffer *,
				       struct buffer *) = {
		is_unknown_type, is_extern,          is_wrong_function, is_subscript,
		is_array_type,   is_inside_function, is_misspelt,       is_value,
	};

	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i](question, plain, remedy))
			return true;
	return false;
}
