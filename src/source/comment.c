/* SPDX-License-Identifier: Apache-2.0 */
/* A comment as lines without decoration, and as paragraphs. */
#include "source/comment.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool is_licence_line(const char *line, size_t length)
{
	static const char *const signs[] = {
		"spdx-license-identifier",
		"copyright",
		"(c) ",
		"licensed under",
		"apache.org/licenses",
		"gnu.org/licenses",
		"free software",
		"general public license",
		"permission is hereby granted",
		"redistribution and use",
		"redistributions ",
		"as is\"",
		"warranty",
		"warranties",
		"required by applicable law",
		"all rights reserved",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t size = strlen(signs[i]);

		for (size_t at = 0; at + size <= length; at++)
			if (strncasecmp(line + at, signs[i], size) == 0)
				return true;
	}
	return false;
}

bool comment_line_is_blank(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isspace((unsigned char)line[i]) && line[i] != '*' && line[i] != '/')
			return false;
	return true;
}

size_t paragraph_measure(const char *text, size_t length, bool *licence)
{
	const char *at = text, *end = text + length;

	*licence = false;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((newline ? newline : end) - at);

		if (comment_line_is_blank(at, size) && at != text)
			break;
		if (is_licence_line(at, size))
			*licence = true;
		at = newline ? newline + 1 : end;
	}
	return (size_t)(at - text);
}

/* Without delimiters, however many stars they have, and without Doxygen's '!'. */
static const char *inside(const char *comment, size_t *length)
{
	const char *start = comment, *end = comment + strlen(comment);

	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	if (strncmp(start, "/*", 2) == 0) {
		start += 2;
		if (end - start >= 2 && end[-1] == '/' && end[-2] == '*')
			end -= 2;
		while (start < end && (*start == '*' || *start == '!'))
			start++;
		while (end > start && end[-1] == '*')
			end--;
	}
	*length = (size_t)(end - start);
	return start;
}

static size_t blanks_at(const char *line)
{
	return strspn(line, " \t");
}

static bool is_rule(const char *line) /* a line of stars is decoration too */
{
	return *line == '*' && line[strspn(line, "*")] == '\0';
}

/* " * text": every line has its star. The first line stands behind the opening
 * delimiter and says nothing about the others. */
static bool is_starred(const struct comment_lines *lines)
{
	bool any = false;

	for (size_t i = 1; i < lines->count; i++) {
		const char *line = lines->items[i] + blanks_at(lines->items[i]);

		if (*line && *line != '*')
			return false;
		any |= *line == '*';
	}
	return any;
}

static void strip_stars(struct comment_lines *lines)
{
	for (size_t i = 1; i < lines->count; i++) {
		char *line = lines->items[i] + blanks_at(lines->items[i]);

		if (is_rule(line))
			line += strlen(line);
		if (*line == '*')
			line++;
		if (*line == ' ')
			line++;
		lines->items[i] = line;
	}
}

static void strip_indentation(struct comment_lines *lines)
{
	size_t common = SIZE_MAX;

	for (size_t i = 1; i < lines->count; i++) {
		size_t blanks = blanks_at(lines->items[i]);

		if (lines->items[i][blanks] && blanks < common)
			common = blanks;
	}
	for (size_t i = 1; i < lines->count; i++) {
		size_t blanks = blanks_at(lines->items[i]);

		lines->items[i] += blanks < common ? blanks : common;
	}
}

static size_t count_lines(const char *text, size_t length)
{
	size_t count = 1;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\n';
	return count;
}

bool comment_split(const char *comment, struct arena *arena, struct comment_lines *out)
{
	size_t length;
	const char *start = inside(comment, &length);
	char *text = arena_string_n(arena, start, length), *next = text;

	*out = (struct comment_lines){ .count = count_lines(start, length) };
	out->items = ARENA_ARRAY(arena, char *, out->count);
	if (!text || !out->items)
		return false;
	for (size_t i = 0; i < out->count; i++) {
		char *end = next + strcspn(next, "\n");

		out->items[i] = next;
		next = end + 1;
		*end = '\0';
		while (end > out->items[i] && isspace((unsigned char)end[-1]))
			*--end = '\0';
	}
	out->items[0] += blanks_at(out->items[0]);
	if (is_starred(out))
		strip_stars(out);
	else
		strip_indentation(out);
	return true;
}
