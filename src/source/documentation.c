/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a comment to help text and wiring. Lenient where a stranger's program may
 * use '@' for its own purposes (Doxygen, addresses): what is not a tag of ours
 * stays text. Strict where it is one, or was clearly meant to be.
 */
#include "source/documentation.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "source/comment.h"

/* So that looking for a second tag of the same name stays cheap. */
#define TAGS_MAX 1024

struct parser {
	struct arena *arena;
	struct skbscope_documentation *out;
	struct skbscope_error *error;
	struct comment_lines lines;
	size_t line;           /* the one being parsed, from 0 */
	bool *is_tag;          /* lines that are no text */
	size_t tag_count;      /* found so far */
	const struct tag *tag; /* the one being parsed */
	struct skbscope_tail *tails;
	struct skbscope_parameter *parameters;
	struct skbscope_table_tag *sorts, *hidden, *events, *histograms;
	const char **with;
};

struct tag {
	const char *name, *form;
	int (*parse)(struct parser *parser, char *text);
	bool continues; /* its text may go on in deeper indented lines */
};

__attribute__((format(printf, 2, 3))) static int wrong(struct parser *parser, const char *format,
						       ...)
{
	char what[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return fail(parser->error, EINVAL, SKBSCOPE_STAGE_READ,
		    "line %zu of the documentation comment: %s", parser->line + 1, what);
}

/* Cuts the next word off *text; "" at the end. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t"), *end = word + strcspn(word, " \t\n\v\f\r");

	*text = *end ? end + 1 + strspn(end + 1, " \t") : end;
	*end = '\0';
	return word;
}

static int misuse(struct parser *parser)
{
	return hint(parser->error, wrong(parser, "a tag that cannot be understood"),
		    "write: @%s %s", parser->tag->name, parser->tag->form);
}

static int set_function(struct parser *parser, char *text, const char **out)
{
	char *function = next_word(&text);

	if (!text_is_identifier(function) || *text)
		return misuse(parser);
	if (*out)
		return wrong(parser, "a second function for the same hook ('%s' and '%s')", *out,
			     function);
	*out = function;
	return 0;
}

static int parse_ingress(struct parser *parser, char *text)
{
	return set_function(parser, text, &parser->out->ingress);
}

static int parse_egress(struct parser *parser, char *text)
{
	return set_function(parser, text, &parser->out->egress);
}

static int parse_enforce(struct parser *parser, char *text)
{
	parser->out->enforce = text;
	return *text ? 0 : misuse(parser);
}

static int parse_group(struct parser *parser, char *text)
{
	if (!*text)
		return misuse(parser);
	if (parser->out->group)
		return wrong(parser, "a second group ('%s' and '%s')", parser->out->group, text);
	parser->out->group = text;
	return 0;
}

static int parse_tail(struct parser *parser, char *text)
{
	struct skbscope_documentation *out = parser->out;
	char *map = next_word(&text), *function = next_word(&text);
	char *open = strchr(map, '['), *close = open ? strchr(open, ']') : NULL;
	uint64_t index;

	if (!close || close[1] || !text_is_identifier(function) || *text)
		return misuse(parser);
	*open = *close = '\0';
	if (!text_is_identifier(map) || !text_number(open + 1, &index) || index > UINT32_MAX)
		return misuse(parser);
	for (size_t i = 0; i < out->tail_count; i++)
		if (strcmp(parser->tails[i].map, map) == 0 && parser->tails[i].index == index)
			return wrong(parser, "'%s[%u]' has a function already", map,
				     (unsigned)index);
	parser->tails[out->tail_count++] = (struct skbscope_tail){ map, (uint32_t)index, function };
	return 0;
}

static int parse_param(struct parser *parser, char *text)
{
	struct skbscope_documentation *out = parser->out;
	char *name = next_word(&text), *equals = strchr(name, '=');

	if (!equals)
		return misuse(parser);
	*equals = '\0';
	if (!text_is_identifier(name))
		return misuse(parser);
	for (size_t i = 0; i < out->parameter_count; i++)
		if (strcmp(parser->parameters[i].name, name) == 0)
			return wrong(parser, "parameter '%s' is there twice", name);
	parser->parameters[out->parameter_count++] =
		(struct skbscope_parameter){ name, equals + 1, text };
	return 0;
}

/* What is left of the tag must be nothing. */
static int add_table(struct parser *parser, struct skbscope_table_tag *tags, size_t *count,
		     const char *table, const char *argument, const char *rest)
{
	if (!text_is_identifier(table) || *rest)
		return misuse(parser);
	for (size_t i = 0; i < *count; i++)
		if (strcmp(tags[i].table, table) == 0)
			return wrong(parser, "table '%s' has this tag already", table);
	tags[(*count)++] = (struct skbscope_table_tag){ table, argument };
	return 0;
}

static int parse_sort(struct parser *parser, char *text)
{
	char *table = next_word(&text), *column = next_word(&text);

	if (!*column)
		return misuse(parser);
	return add_table(parser, parser->sorts, &parser->out->sort_count, table, column, text);
}

static int parse_hide(struct parser *parser, char *text)
{
	char *table = next_word(&text);

	return add_table(parser, parser->hidden, &parser->out->hidden_count, table, NULL, text);
}

static int parse_histogram(struct parser *parser, char *text)
{
	char *table = next_word(&text), *scale = next_word(&text);

	if (*scale && strcmp(scale, "log2") != 0 && strcmp(scale, "linear") != 0)
		return misuse(parser);
	return add_table(parser, parser->histograms, &parser->out->histogram_count, table,
			 *scale ? scale : "log2", text);
}

static int parse_event(struct parser *parser, char *text)
{
	char *table = next_word(&text), *type = next_word(&text);

	if (strcmp(type, "struct") == 0)
		type = next_word(&text);
	if (!text_is_identifier(type))
		return misuse(parser);
	return add_table(parser, parser->events, &parser->out->event_count, table, type, text);
}

static int parse_with(struct parser *parser, char *text)
{
	if (!*text)
		return misuse(parser);
	for (size_t i = 0; i < parser->out->with_count; i++)
		if (strcmp(parser->with[i], text) == 0)
			return wrong(parser, "the file '%s' is there twice", text);
	parser->with[parser->out->with_count++] = text;
	return 0;
}

static const struct tag tags[] = {
	{ "ingress", "FUNCTION", parse_ingress, false },
	{ "egress", "FUNCTION", parse_egress, false },
	{ "tail", "MAP[INDEX] FUNCTION", parse_tail, false },
	{ "param", "NAME=DEFAULT what it means", parse_param, true },
	{ "sort", "TABLE COLUMN", parse_sort, false },
	{ "hide", "TABLE", parse_hide, false },
	{ "histogram", "TABLE [log2 or linear]", parse_histogram, false },
	{ "event", "TABLE STRUCT", parse_event, false },
	{ "with", "FILE", parse_with, false },
	{ "group", "WORD", parse_group, false },
	{ "enforce", "why packets are meant to be changed or dropped", parse_enforce, true },
};

static const struct tag *find_tag(const char *word)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strcmp(tags[i].name, word) == 0)
			return &tags[i];
	return NULL;
}

/* Words of Doxygen and its kin that stand near a tag of ours by accident. */
static bool is_foreign(const char *word)
{
	static const char *const words[] = { "short", "tparam", "file", "section", "internal" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static const char *near_tag(const char *word)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t bound = strlen(tags[i].name) >= 6 ? 2 : 1;

		if (text_distance(word, tags[i].name) <= bound)
			return tags[i].name;
	}
	return NULL;
}

/* The word behind '@' at the start of a line; NULL if the line is text. */
static const char *tag_word(struct parser *parser, const char *line, const char **rest)
{
	const char *start = line + strspn(line, " \t"), *end;

	if (*start != '@')
		return NULL;
	end = ++start;
	while (isalpha((unsigned char)*end) || *end == '_')
		end++;
	if (end == start || (*end && !isspace((unsigned char)*end)))
		return NULL; /* an address, a decorator, a lone '@' */
	*rest = end + strspn(end, " \t");
	return arena_string_n(parser->arena, start, (size_t)(end - start));
}

/* "@param skb the packet" is Doxygen's; ours has a default. */
static bool is_doxygen_param(const char *word, const char *rest)
{
	return strcmp(word, "param") == 0 && !memchr(rest, '=', strcspn(rest, " \t"));
}

/* Joins the deeper indented lines behind a tag to its text. */
static char *continue_text(struct parser *parser, size_t line, const char *text)
{
	const size_t indent = strspn(parser->lines.items[line], " \t");
	AUTO(buffer_free) struct buffer joined = { 0 };

	buffer_string(&joined, text);
	while (++line < parser->lines.count) {
		const char *more = parser->lines.items[line];
		size_t blanks = strspn(more, " \t");

		if (more[blanks] == '\0' || more[blanks] == '@' || blanks <= indent)
			break;
		parser->is_tag[line] = true;
		buffer_printf(&joined, " %s", more + blanks);
	}
	return joined.failed ? NULL : arena_string(parser->arena, buffer_text(&joined));
}

static int parse_line(struct parser *parser, size_t line)
{
	const char *rest, *word = tag_word(parser, parser->lines.items[line], &rest);
	char *text;

	if (!word)
		return 0;
	parser->line = line;
	parser->tag = find_tag(word);
	if (!parser->tag) {
		const char *near = is_foreign(word) ? NULL : near_tag(word);

		return near ? hint(parser->error, wrong(parser, "unknown tag '@%s'", word),
				   "did you mean '@%s'?", near)
			    : 0;
	}
	if (is_doxygen_param(word, rest))
		return 0;
	if (++parser->tag_count > TAGS_MAX)
		return wrong(parser, "more than %d tags", TAGS_MAX);
	parser->is_tag[line] = true;
	text = parser->tag->continues ? continue_text(parser, line, rest)
				      : arena_string(parser->arena, rest);
	if (!text)
		return fail_memory(parser->error, SKBSCOPE_STAGE_READ);
	return parser->tag->parse(parser, text);
}

/* No more tags than lines that begin with '@'. */
static size_t count_candidates(const struct comment_lines *lines)
{
	size_t count = 0;

	for (size_t i = 0; i < lines->count && count < TAGS_MAX; i++)
		count += lines->items[i][strspn(lines->items[i], " \t")] == '@';
	return count;
}

static int parse_tags(struct parser *parser)
{
	struct arena *arena = parser->arena;
	struct skbscope_documentation *out = parser->out;
	const size_t most = count_candidates(&parser->lines);
	int r = 0;

	out->tails = parser->tails = ARENA_ARRAY(arena, struct skbscope_tail, most);
	out->parameters = parser->parameters = ARENA_ARRAY(arena, struct skbscope_parameter, most);
	out->sorts = parser->sorts = ARENA_ARRAY(arena, struct skbscope_table_tag, most);
	out->hidden = parser->hidden = ARENA_ARRAY(arena, struct skbscope_table_tag, most);
	out->events = parser->events = ARENA_ARRAY(arena, struct skbscope_table_tag, most);
	out->histograms = parser->histograms = ARENA_ARRAY(arena, struct skbscope_table_tag, most);
	out->with = parser->with = ARENA_ARRAY(arena, const char *, most);
	parser->is_tag = ARENA_ARRAY(arena, bool, parser->lines.count);
	if (arena_failed(arena))
		return fail_memory(parser->error, SKBSCOPE_STAGE_READ);
	for (size_t i = 0; r == 0 && i < parser->lines.count; i++)
		r = parse_line(parser, i);
	return r;
}

/* What is left when the tags are gone: runs of blank lines become one. */
static int collect_text(struct parser *parser)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	bool blank = false;

	for (size_t i = 0; i < parser->lines.count; i++) {
		const char *line = parser->lines.items[i];

		if (parser->is_tag[i])
			continue;
		if (!*line) {
			blank = true;
			continue;
		}
		buffer_printf(&text, "%s%s%s", text.length ? "\n" : "",
			      blank && text.length ? "\n" : "", line);
		blank = false;
	}
	if (text.failed)
		return fail_memory(parser->error, SKBSCOPE_STAGE_READ);
	parser->out->text = arena_string(parser->arena, buffer_text(&text));
	return arena_failed(parser->arena) ? fail_memory(parser->error, SKBSCOPE_STAGE_READ) : 0;
}

/* "name - what it does": the name is known already. */
static const char *without_name(const char *line)
{
	static const char *const dashes[] = { " - ", " -- ", " \xe2\x80\x93 ", " \xe2\x80\x94 " };
	const char *blank = strchr(line, ' ');

	for (size_t i = 0; blank && i < sizeof(dashes) / sizeof(dashes[0]); i++)
		if (strncmp(blank, dashes[i], strlen(dashes[i])) == 0)
			return blank + strlen(dashes[i]);
	return line;
}

static void find_summary(struct parser *parser)
{
	const char *text = parser->out->text;
	size_t left = strlen(text);
	const char *line;
	bool licence;

	while (left) { /* a licence in front of the first words is not what it does */
		size_t size = paragraph_measure(text, left, &licence);

		if (!licence)
			break;
		while (size < left && text[size] == '\n')
			size++;
		text += size;
		left -= size;
	}
	text += strspn(text, " \t");
	line = arena_string_n(parser->arena, text, strcspn(text, "\n"));
	if (line)
		parser->out->summary = without_name(line);
}

int documentation_parse(const char *comment, struct arena *arena,
			struct skbscope_documentation *out, struct skbscope_error *error)
{
	struct parser parser = { .arena = arena, .out = out, .error = error };
	int r;

	*out = (struct skbscope_documentation){ .summary = "", .text = "" };
	if (!comment_split(comment, arena, &parser.lines))
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	r = parse_tags(&parser);
	if (r < 0)
		return r;
	r = collect_text(&parser);
	if (r < 0)
		return r;
	find_summary(&parser);
	return arena_failed(arena) ? fail_memory(error, SKBSCOPE_STAGE_READ) : 0;
}
