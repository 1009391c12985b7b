/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records fall in three classes: in the text libbcc rewrote (line numbers are
 * aligned), in headers of the user's own (right as they are), and in libbcc's or
 * the tree's headers, whose inlined helpers are put down to the user's line that
 * called them, that is, the one before.
 */
#include "worker/lines.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/as_typed.h"

/* A bpf_line_info packs the line above ten bits of column. */
#define COLUMN_BITS 10
#define COLUMN_MAX ((1u << COLUMN_BITS) - 1)

struct place {
	uint32_t file_name_off, line_off;
	uint32_t line, column;
};

size_t *lines_index(const char *text, size_t length, size_t *line_count)
{
	size_t count = 1, at = 0;
	size_t *starts;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\n';
	starts = calloc(count + 1, sizeof(*starts));
	if (!starts)
		return NULL;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			starts[++at] = i + 1;
	starts[count] = length + 1;
	*line_count = count;
	return starts;
}

static struct span line_of(const struct line_writer *writer, uint32_t number)
{
	size_t from;

	if (number == 0 || number > writer->line_count)
		return (struct span){ 0 };
	from = writer->line_starts[number - 1];
	return (struct span){ writer->request->text + from,
			      writer->line_starts[number] - 1 - from };
}

/* Line NUMBER as the user wrote it, as a string in the BTF. */
static int text_offset(const struct line_writer *writer, uint32_t number)
{
	struct as_typed place = as_typed_lines(writer->request, number);
	struct span line = line_of(writer, place.line);
	AUTO(freep) char *text = NULL;

	if (!line.text)
		return 0;
	text = as_typed_text(line, line_of(writer, place.again));
	return text ? btf__add_str(writer->btf, text) : -ENOMEM;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t a = strlen(name), b = strlen(suffix);

	return a >= b && strcmp(name + a - b, suffix) == 0;
}

/* The header tree is the working directory while clang runs. */
bool lines_users_header(const struct worker_request *request, const char *file)
{
	static const char tree[] = WORKER_TREE "/";
	const char *headers = request->paths[WORKER_PATH_HEADERS];

	if (strncmp(file, "/virtual/", 9) == 0 || file[0] != '/' ||
	    strncmp(file, tree, strlen(tree)) == 0)
		return false;
	return strncmp(file, headers, strlen(headers)) != 0 && strncmp(file, "/usr/", 5) != 0;
}

static int users_header_name(const struct line_writer *writer, const char *file)
{
	AUTO(buffer_free) struct buffer name = { 0 };

	request_real_names(writer->request, file, strlen(file), &name);
	return name.failed ? -ENOMEM : btf__add_str(writer->btf, buffer_text(&name));
}

static int users_place(const struct line_writer *writer, uint32_t compiled, uint32_t column,
		       struct place *out)
{
	uint32_t line = as_typed_line(writer->request, compiled);
	int file = btf__add_str(writer->btf, writer->request->path);
	int text = text_offset(writer, line);

	if (file < 0 || text < 0)
		return -ENOMEM;
	*out = (struct place){ (uint32_t)file, (uint32_t)text, line, column };
	return 0;
}

/* 1 with *out filled, 0 for a record that has no place of its own. */
static int place_of(const struct line_writer *writer, const struct bpf_line_info *record,
		    struct place *out)
{
	uint32_t line = record->line_col >> COLUMN_BITS, column = record->line_col & COLUMN_MAX;
	const char *file = btf__str_by_offset(writer->btf, record->file_name_off);
	bool unchanged = true;
	int r;

	if (!file || !line)
		return 0;
	if (ends_with(file, WORKER_SOURCE_FILE)) {
		if (writer->map)
			line = line_map_original(writer->map, line, &unchanged);
		if (!line)
			return 0;
		r = users_place(writer, line, unchanged ? column : 0, out);
		return r < 0 ? r : 1;
	}
	if (!lines_users_header(writer->request, file))
		return 0;
	r = users_header_name(writer, file);
	if (r < 0)
		return r;
	*out = (struct place){ (uint32_t)r, record->line_off, line, column };
	return 1;
}

/* The first place that any record has, for those before it. */
static int first_place(const struct line_writer *writer, const struct bpf_line_info *lines,
		       uint32_t count, uint32_t function_line, struct place *out)
{
	if (function_line)
		return users_place(writer, function_line, 0, out);
	for (uint32_t i = 0; i < count; i++) {
		int r = place_of(writer, &lines[i], out);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	return users_place(writer, 1, 0, out);
}

int lines_rewrite(const struct line_writer *writer, struct bpf_line_info *lines, uint32_t count,
		  uint32_t function_line)
{
	struct place place, last = { 0 };
	uint32_t kept = 0;
	int r = first_place(writer, lines, count, function_line, &place);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < count; i++) {
		r = place_of(writer, &lines[i], &place);
		if (r < 0)
			return r;
		/* The kernel wants a record for the first instruction of every
		 * function; libbcc inlines all but one, which starts at 0. */
		if (kept && memcmp(&place, &last, sizeof(place)) == 0)
			continue;
		lines[kept].insn_off = lines[i].insn_off;
		lines[kept].file_name_off = place.file_name_off;
		lines[kept].line_off = place.line_off;
		lines[kept].line_col = place.line << COLUMN_BITS | place.column;
		kept++;
		last = place;
	}
	return (int)kept;
}
