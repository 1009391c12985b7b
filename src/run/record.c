/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is expected is what a replay of the recorded packets comes to, and only where that is
 * what the live tables came to as well. Then the file is read and run as any other.
 */
#include "run/record.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skbscope/difference.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "expect/match.h"
#include "kernel/session.h"
#include "model/difference.h"
#include "model/names.h"
#include "model/record.h"
#include "model/value.h"
#include "run/attach.h"
#include "run/fill.h"
#include "run/filter.h"
#include "run/test_feed.h"
#include "run/test_run.h"
#include "run/written_file.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define SHOWN 5u /* rows of a table that came otherwise */

/* The program as a test has it, and the way its packets go. */
struct replaying {
	const struct record_settings *settings;
	struct program program;
	struct skbscope_filter *filter;
	const char *functions[2]; /* by direction */
};

static void replaying_clear(struct replaying *replaying)
{
	program_clear(&replaying->program);
	skbscope_filter_free(replaying->filter);
}

static void snapshot_freep(struct skbscope_snapshot **snapshot)
{
	skbscope_snapshot_free(*snapshot);
}

static void difference_freep(struct skbscope_difference **difference)
{
	skbscope_difference_free(*difference);
}

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

static int open_replay(struct replaying *replaying, struct skbscope_session **session,
		       struct skbscope_error *error)
{
	const struct record_settings *settings = replaying->settings;
	struct traffic_settings traffic = *settings->traffic;
	AUTO(filling_freep) struct filling *filling = NULL;
	AUTO(fill_close) struct fill fill = { 0 };
	int r;

	traffic.recording = settings->file; /* packets are not live */
	r = open_session(&traffic, replaying->filter, &replaying->program, false, session, error);
	if (r == 0)
		r = fill_open(&fill, settings->tables, NULL, error);
	if (r == 0)
		r = fill_plan(&fill, replaying->program.image, NULL, &filling, error);
	return r < 0 ? r : fill_write(&fill, filling, *session, NULL, 0, error);
}

/* Which functions there are for which direction is asked of a session that could be fed. */
static int prepare(struct replaying *replaying, struct skbscope_error *error)
{
	const struct record_settings *settings = replaying->settings;
	AUTO(session_closep) struct skbscope_session *session = NULL;
	struct program *program = &replaying->program;
	struct traffic_settings traffic = *settings->traffic;
	struct targets none = { 0 };
	struct hook_program function;
	int r = program_read(settings->compiling, settings->program, program, error);

	if (r == 0)
		r = program_compile(settings->compiling, NULL, program, error);
	traffic.recording = settings->file;
	if (r == 0 && !settings->talk->quiet)
		report_diagnostics(program->diagnostics, settings->talk->verbose);
	if (r == 0)
		r = filter_make(&traffic, settings->compiling, &none, &replaying->filter, error);
	if (r == 0)
		r = open_replay(replaying, &session, error);
	for (unsigned int i = 0; r == 0 && i < 2; i++)
		if (session_entry(session, (enum skbscope_direction)i, &function))
			/* The image's string outlives the session. */
			for (size_t j = 0; j < program->image->program_count; j++)
				if (strcmp(program->image->programs[j].name, function.function) ==
				    0)
					replaying->functions[i] = program->image->programs[j].name;
	return r;
}

/* Feeds what the text says. The outcome is in the arena, but its snapshot. */
static int replay(struct replaying *replaying, const struct buffer *text, struct arena *arena,
		  struct outcome *outcome, struct skbscope_snapshot **snapshot,
		  struct skbscope_error *error)
{
	AUTO(session_closep) struct skbscope_session *session = NULL;
	AUTO(diagnostics_freep) struct skbscope_diagnostics *diagnostics = NULL;
	AUTO(test_file_freep) struct test_file *file = NULL;
	const char *path = replaying->settings->file;
	struct test_feeding feeding = {
		.file = path, .arena = arena, .outcome = outcome, .keeps_all = true
	};
	struct skbscope_read_options options = { .size = sizeof(options) };
	int r = skbscope_diagnostics_new(&diagnostics);

	if (r < 0)
		return fail_memory(error, STAGE);
	r = test_file_parse(path, buffer_text(text), text->length, diagnostics, &file, error);
	if (r < 0) {
		report_diagnostics(diagnostics, true);
		return r;
	}
	r = open_replay(replaying, &session, error);
	feeding.test = &file->cases[0];
	feeding.session = session;
	if (r == 0)
		r = test_feed(&feeding, error);
	if (r < 0)
		return r;
	options.monotonic_ns = options.wall_ns = feeding.last_ns;
	r = skbscope_session_read(session, &options, snapshot, error);
	outcome->snapshot = *snapshot;
	return r;
}

/* --- whether it came to the same */

/* A duration is taken from a clock that went on between two packets' being handed over and
 * being looked at. */
static bool is_near(const struct skbscope_column *column, const uint8_t *live,
		    const uint8_t *replayed)
{
	struct value a = value_read(column, live), b = value_read(column, replayed);
	const double x = value_double(&a), y = value_double(&b);
	const double off = x > y ? x - y : y - x;

	return column->type->display == SKBSCOPE_DISPLAY_NS && (off <= 1e5 || off <= x / 100);
}

static uint64_t bucket(const uint8_t *counts, uint32_t bits, uint32_t i)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (bits == 64)
		memcpy(&wide, counts + 8 * i, sizeof(wide));
	else if (bits == 32)
		memcpy(&narrow, counts + 4 * i, sizeof(narrow));
	return wide + narrow;
}

/* As many durations, of which few are in the bucket beside: so many of them are near its end. */
static bool are_near(const struct skbscope_type *histogram, const uint8_t *live,
		     const uint8_t *replayed)
{
	const uint32_t bits = histogram->element->bits;
	uint64_t all = 0, a = 0, b = 0;

	if (histogram->element->display != SKBSCOPE_DISPLAY_BUCKET_NS)
		return false;
	for (uint32_t i = 0; i < histogram->count; i++)
		all += bucket(live, bits, i);
	for (uint32_t i = 0; i < histogram->count; i++) {
		a += bucket(live, bits, i);
		b += bucket(replayed, bits, i);
		if ((a > b ? a - b : b - a) > all / 4 + 1)
			return false;
	}
	return a == b;
}

static bool is_same_cell(const struct skbscope_column_pair *pair, const uint8_t *live,
			 const uint8_t *replayed)
{
	struct value by;

	if (live && replayed && is_near(pair->first, live, replayed))
		return true;
	if (live && replayed && pair->first->type->kind == SKBSCOPE_KIND_ARRAY &&
	    are_near(pair->first->type, live + pair->first->bit_offset / 8,
		     replayed + pair->second->bit_offset / 8))
		return true;
	if (live && replayed && !pair->is_number)
		return value_compare(pair->first, live, replayed) == 0;
	by = difference_value(pair, live, replayed);
	return value_double(&by) == 0;
}

static const uint8_t *value_of(const struct skbscope_table *table, size_t row)
{
	return row == SKBSCOPE_NO_ROW ? NULL : table->values + row * table->schema->value_size;
}

static bool is_same_row(const struct skbscope_table_difference *table,
			const struct skbscope_row_difference *row)
{
	const uint8_t *live = value_of(table->first, row->first);
	const uint8_t *replayed = value_of(table->second, row->second);

	if (!live || !replayed)
		return false;
	for (size_t i = 0; i < table->value_count; i++)
		if (!is_same_cell(&table->values[i], live, replayed))
			return false;
	return true;
}

static void append_row(const struct skbscope_table *table, size_t row, char sign,
		       struct buffer *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_record record = { .schema = table->schema };

	if (row == SKBSCOPE_NO_ROW)
		return;
	record.key = table->keys + row * table->schema->key_size;
	record.value = table->values + row * table->schema->value_size;
	match_text(NULL, &record, table->schema->value_size, &text);
	buffer_printf(out, "  %c %s\n", sign, buffer_text(&text));
}

/* Lines about a table; none: it came to the same. */
static void compare_table(const struct skbscope_table_difference *table, struct buffer *out)
{
	size_t rows = 0;

	if (!table->first || !table->second) {
		buffer_printf(out, "%s: only %s\n", table->table,
			      table->first ? "live" : "replayed");
		return;
	}
	if (table->first->schema->is_events) {
		if (table->first->received + table->first->lost !=
		    table->second->received + table->second->lost)
			buffer_printf(out,
				      "%s: %" PRIu64 " events live, and %" PRIu64 " replayed\n",
				      table->table, table->first->received + table->first->lost,
				      table->second->received + table->second->lost);
		return;
	}
	for (size_t i = 0; i < table->row_count; i++) {
		const struct skbscope_row_difference *row = &table->rows[i];

		if (is_same_row(table, row))
			continue;
		if (!rows++)
			buffer_printf(out, "%s: live (-), and replayed (+)\n", table->table);
		if (rows > SHOWN)
			continue;
		append_row(table->first, row->first, '-', out);
		append_row(table->second, row->second, '+', out);
	}
	if (rows > SHOWN)
		buffer_printf(out, "  ... and %zu more rows\n", rows - SHOWN);
}

static bool is_ours(const struct skbscope_verdict_difference *verdict, const struct replaying *of)
{
	const struct skbscope_image *image = of->program.image;

	for (size_t i = 0; i < image->program_count; i++)
		if (strcmp(image->programs[i].name, verdict->function) == 0)
			return true;
	return false;
}

static int compare(const struct replaying *replaying, const struct skbscope_snapshot *live,
		   const struct skbscope_snapshot *replayed, struct buffer *out,
		   struct skbscope_error *error)
{
	AUTO(difference_freep) struct skbscope_difference *difference = NULL;
	int r = skbscope_difference_new(live, replayed, &difference, error);

	for (size_t i = 0; r == 0 && i < difference->table_count; i++) {
		const struct skbscope_table_difference *table = &difference->tables[i];

		if (!record_leaves_out((table->first ? table->first : table->second)->schema))
			compare_table(table, out);
	}
	for (size_t i = 0; r == 0 && i < difference->verdict_count; i++) {
		const struct skbscope_verdict_difference *verdict = &difference->verdicts[i];

		if (is_ours(verdict, replaying))
			buffer_printf(out,
				      "verdict %s by %s: %" PRIu64 " packets live, and %" PRIu64
				      " replayed\n",
				      verdict_name(verdict->verdict), verdict->function,
				      verdict->first, verdict->second);
	}
	return r;
}

static bool has_interfaces(const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->table_count; i++) {
		const struct skbscope_schema *schema = snapshot->tables[i].schema;

		for (size_t j = 0; j < schema->column_count; j++)
			if (schema->columns[j].type->display == SKBSCOPE_DISPLAY_IFINDEX)
				return true;
	}
	return false;
}

/* What a packet has that a file of tests has no word for, as far as these had it. */
static void append_reasons(const struct recorded *recorded, struct buffer *out)
{
	size_t merged = 0, cpus = 0, tags = 0;

	for (size_t i = 0; i < recorded->count; i++) {
		const struct recorded_packet *packet = &recorded->packets[i];

		merged += packet->segments > 1;
		cpus += i && packet->cpu != recorded->packets[0].cpu;
		tags += record_tag_is_unsaid(packet);
	}
	if (merged)
		buffer_printf(out,
			      "  %zu packets were several that the kernel had merged (GRO), or was "
			      "to cut "
			      "(GSO), and a replayed one is one: keep them apart with \"ethtool -K "
			      "IFACE gro "
			      "off\" and \"ip link set IFACE gso_max_segs 1\"\n",
			      merged);
	if (cpus)
		buffer_string(out,
			      "  packets came on several CPUs at once: they are replayed one after "
			      "the other\n");
	if (tags)
		buffer_printf(
			out,
			"  %zu packets had a VLAN tag with a priority, or another than 802.1Q's\n",
			tags);
	if (has_interfaces(recorded->snapshot))
		buffer_string(out,
			      "  it counts by interface, which a recorded packet has none of\n");
	buffer_string(out,
		      "  nothing is recorded of clocks, random numbers, sockets and processes, of "
		      "skb->hash, priority and queue\n");
}

/* --- the file */

static void keep_findings(void *context, const struct test_result *result)
{
	struct buffer *out = context;
	const struct judgement *judgement = result->judgement;

	for (size_t i = 0; i < judgement->count; i++) {
		const struct finding *finding = &judgement->findings[i];

		buffer_printf(out, "line %u: %s\n", finding->line, finding->what);
		for (size_t j = 0; j < finding->count && j < 2 * SHOWN; j++)
			if (finding->lines[j].side != FINDING_SAME)
				buffer_printf(out, "  %c %s\n",
					      finding->lines[j].side == FINDING_EXPECTED ? '-'
											 : '+',
					      finding->lines[j].text);
	}
}

static void nothing(void *context, const struct test_file *file)
{
	(void)context;
	(void)file;
}

/* As "skbscope test" will; what it does not pass is not kept. */
static int try_file(const struct record_settings *settings, const char *path,
		    struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer findings = { 0 };
	const struct test_settings test = {
		.paths = { (const char **)(uintptr_t)&path, 1 },
		.compiling = { .program_paths = settings->compiling->program_paths,
			       .include_directories = settings->compiling->include_directories,
			       .headers = settings->compiling->headers },
		.talk = { .quiet = true }
	};
	const struct test_listener listener = { .ended = keep_findings,
						.file_ended = nothing,
						.context = &findings };

	if (test_run(&test, &listener) == EXIT_FINE)
		return 0;
	report_say("%s", buffer_text(&findings));
	return fail(
		error, EIO, STAGE,
		"the file that was made does not pass, so it was not kept: two replays of these "
		"packets differ");
}

static int keep(const struct record_settings *settings, const struct buffer *text,
		struct skbscope_error *error)
{
	/* In the same directory, as other files are named from there. */
	AUTO(written_file_clear) struct written_file file = WRITTEN_FILE_INIT;
	int r = written_file_open(&file, settings->file, error), written;

	if (r < 0)
		return r;
	written = write_all(file.fd, text->data, text->length);
	if (written < 0)
		return fail_errno(error, written, SKBSCOPE_STAGE_RENDER, "cannot write to '%s'",
				  settings->file);
	r = try_file(settings, file.temporary, error);
	return r < 0 ? r : written_file_finish(&file, error);
}

static int differ(const struct recorded *recorded, const struct buffer *different)
{
	AUTO(buffer_free) struct buffer reasons = { 0 };

	append_reasons(recorded, &reasons);
	report_say("%s\nskbscope: a replay of the %zu packets came to something else than the live "
		   "tables, so there is no test to write; why that may be:\n%s",
		   buffer_text(different), recorded->count, buffer_text(&reasons));
	return EXIT_DIFFERENT;
}

static void conclude(const struct record_settings *settings, const struct recorded *recorded)
{
	if (settings->talk->quiet)
		return;
	if (recorded->ended)
		report_say("%s: %s", settings->program, recorded->ended);
	if (recorded->missed)
		report_say(
			"%s: %" PRIu64
			" packets were too long, or found no room in the buffer (--buffer): they "
			"are not recorded, and the program did not see them",
			settings->program, recorded->missed);
	report_say("%s: %zu packet%s in %s, which passes", settings->program, recorded->count,
		   recorded->count == 1 ? "" : "s", settings->file);
}

static int make_file(struct replaying *replaying, const struct targets *targets,
		     const struct recorded *recorded, int *status, struct skbscope_error *error)
{
	const struct record_settings *settings = replaying->settings;
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(snapshot_freep) struct skbscope_snapshot *snapshot = NULL;
	AUTO(buffer_free) struct buffer text = { 0 }, different = { 0 };
	struct outcome outcome = { 0 };
	size_t packets_end;
	int r;

	if (!arena)
		return fail_memory(error, STAGE);
	if (!recorded->count)
		return hint(
			error,
			fail(error, ENODATA, STAGE, "no packet came, so there is nothing to test"),
			"is there traffic that matches, on this interface and in this direction?");
	record_text_packets(settings, targets, recorded, &text);
	packets_end = text.length;
	/* It has to expect something, and then is to expect what came. */
	buffer_string(&text, "expect packets >= 0\n");
	if (text.failed)
		return fail_memory(error, STAGE);
	r = replay(replaying, &text, arena, &outcome, &snapshot, error);
	if (r == 0)
		r = compare(replaying, recorded->snapshot, snapshot, &different, error);
	if (r < 0)
		return r;
	if (different.length) {
		*status = differ(recorded, &different);
		return 0;
	}
	text.length = packets_end;
	record_text_expected(&outcome, &text);
	if (text.failed)
		return fail_memory(error, STAGE);
	r = keep(settings, &text, error);
	if (r == 0)
		conclude(settings, recorded);
	return r;
}

/* Before anything is attached. */
static int check_file(const struct record_settings *settings, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer directory = { 0 };
	struct stat status;

	if (stat(settings->file, &status) == 0)
		return hint(error,
			    fail(error, EEXIST, SKBSCOPE_STAGE_USAGE, "'%s' is there already",
				 settings->file),
			    "remove it, or record into another file");
	buffer_string(&directory, settings->file);
	if (directory.failed)
		return fail_memory(error, STAGE);
	if (access(dirname(directory.data), W_OK) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_RENDER, "cannot write '%s'",
				  settings->file);
	if (strcmp(settings->program, "-") == 0)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "a test names its program's file, and '-' has none"),
			    "write the program to a file first");
	return 0;
}

int record(const struct record_settings *settings)
{
	AUTO(recorded_clear) struct recorded recorded = { 0 };
	AUTO(replaying_clear) struct replaying replaying = { .settings = settings };
	AUTO(targets_clear) struct targets targets = { 0 };
	struct skbscope_error error = { 0 };
	int status = EXIT_FINE;
	int r = check_file(settings, &error);

	if (r == 0)
		r = targets_choose(settings->traffic, settings->talk->quiet, &targets, &error);
	if (r == 0)
		r = prepare(&replaying, &error);
	if (r < 0)
		return report_error(&error, replaying.program.diagnostics, settings->talk->verbose);
	r = record_live(settings, &targets, replaying.functions, &recorded, &error);
	if (r == 0)
		r = make_file(&replaying, &targets, &recorded, &status, &error);
	return r < 0 ? report_error(&error, NULL, false) : status;
}
