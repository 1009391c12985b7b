/* SPDX-License-Identifier: Apache-2.0 */
#include "run/exact.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "expect/lines.h"
#include "image/audit.h"
#include "image/context.h"
#include "image/image.h"
#include "model/record.h"
#include "model/value.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define EACH 200000u /* packets on each CPU: tens of milliseconds */
#define CPUS 2u
#define TRIES 5u /* on a machine that has other work, they may never meet */

struct looking {
	const struct skbscope_image *image;
	const struct test_case *test;
	exact_fill *fill;
	void *context;
	struct arena *arena;
	const char **races;
	size_t count, room;
};

/* --- by its instructions ------------------------------------------------------------- */

static const char *race_text(const struct looking *looking,
			     const struct skbscope_image_program *program,
			     const struct audit_finding *finding)
{
	const char *table = finding->map < 0 ? "a table" : looking->image->maps[finding->map].name;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct image_place place;

	if (image_place(looking->image, program, finding->instruction, &place) && place.line)
		buffer_printf(&text, "line %u: ", place.line);
	if (finding->kind == AUDIT_FIRST_COUNT)
		buffer_printf(&text,
			      "of two CPUs that meet a new key of '%s' at once, one writes over "
			      "the other's first count",
			      table);
	else
		buffer_printf(&text,
			      "'%s' is read, changed and written back: what another CPU counts "
			      "in between is lost",
			      table);
	return arena_string(looking->arena, buffer_text(&text));
}

/* A line often changes several members: it is told once. */
static bool is_told(const struct looking *looking, const char *text)
{
	for (size_t i = 0; i < looking->count; i++)
		if (strcmp(looking->races[i], text) == 0)
			return true;
	return false;
}

static int look_at(struct looking *looking, const struct skbscope_image_program *program)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	size_t count = 0;
	int r = audit_program(looking->image, program, &findings, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		const char **race, *text;

		if (findings[i].kind != AUDIT_RACY_INCREMENT &&
		    findings[i].kind != AUDIT_RACY_EXTREME && findings[i].kind != AUDIT_FIRST_COUNT)
			continue;
		text = race_text(looking, program, &findings[i]);
		if (!text || is_told(looking, text))
			continue;
		race = LINES_ADD(looking->arena, looking->races, looking->count, looking->room);
		if (race)
			*race = text;
	}
	return r;
}

/* --- by trying ----------------------------------------------------------------------- */

static void session_closep(struct skbscope_session **session)
{
	skbscope_session_close(*session);
}

static void snapshot_freep(struct skbscope_snapshot **snapshot)
{
	skbscope_snapshot_free(*snapshot);
}

static bool is_entry(const struct looking *looking, const struct skbscope_image_program *program)
{
	const char *name = looking->test->ingress ? looking->test->ingress
						  : looking->image->documentation->ingress;
	struct foreign foreign;

	return name ? strcmp(program->name, name) == 0 : !context_is_foreign(program, &foreign);
}

static const char *entry_of(const struct looking *looking)
{
	for (size_t i = 0; i < looking->image->program_count; i++)
		if (is_entry(looking, &looking->image->programs[i]))
			return looking->image->programs[i].name;
	return NULL;
}

static const struct test_packet *packet_of(const struct test_case *test)
{
	for (size_t i = 0; i < test->feed_count; i++)
		if (!test->feeds[i].capture)
			return &test->feeds[i].packet;
	return NULL;
}

static size_t cpus_of(const cpu_set_t *may, int cpus[CPUS])
{
	size_t count = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && count < CPUS; cpu++)
		if (CPU_ISSET((size_t)cpu, may))
			cpus[count++] = cpu;
	return count;
}

static void move_to(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static int run_here(struct skbscope_session *session, const char *entry,
		    const struct test_packet *packet, struct skbscope_error *error)
{
	int r;

	do
		r = skbscope_session_test_run(session, entry, packet->bytes, packet->size, EACH,
					      NULL, NULL, error);
	while (r == -EINTR);
	return r;
}

/* A process, as a session is one thread's: the kernel's tables are the same. */
static int run_on(const int cpus[CPUS], struct skbscope_session *session, const char *entry,
		  const struct test_packet *packet, struct skbscope_error *error)
{
	int ready[2], status = 0, r;
	char byte = 0;
	pid_t child;

	if (pipe(ready) < 0)
		return fail_errno(error, errno, STAGE, "cannot start a second process");
	child = fork();
	if (child == 0) {
		move_to(cpus[1]);
		r = write(ready[1], &byte, 1) == 1 && run_here(session, entry, packet, NULL) == 0;
		_exit(r ? 0 : 1);
	}
	r = child < 0 ? -errno : 0;
	close(ready[1]);
	if (r == 0 && read(ready[0], &byte, 1) != 1)
		r = -ECHILD;
	close(ready[0]);
	if (r < 0)
		fail_errno(error, r, STAGE, "cannot start a second process");
	else
		r = run_here(session, entry, packet, error);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && status != 0)
		r = fail(error, ECHILD, STAGE, "the second process could not run the program");
	return r;
}

/* An amount's sum over the rows. */
static double sum_of(const struct skbscope_table *table, const struct skbscope_column *column)
{
	double sum = 0;

	for (size_t row = 0; row < table->row_count; row++) {
		struct value value = value_read(column, cell_data(table, row, column));

		sum += value_double(&value);
	}
	return sum;
}

struct tried {
	const struct skbscope_snapshot *before, *once, *after;
};

/* What should be there of an amount, by what one packet adds to it. */
static double expected_of(const struct tried *tried, size_t table,
			  const struct skbscope_column *column)
{
	const double before = sum_of(&tried->before->tables[table], column);
	const double added = sum_of(&tried->once->tables[table], column) - before;

	return added > 0 ? before + added * EACH * CPUS : 0;
}

/* Of all amounts, the one of which most is missing. */
static void compare(struct looking *looking, const struct tried *tried, struct outcome_exact *out)
{
	double worst = 0;

	/* Tables of the same image, in the same order. */
	for (size_t i = 0; i < tried->once->table_count && i < tried->after->table_count; i++) {
		const struct skbscope_schema *schema = tried->once->tables[i].schema;

		for (size_t c = 0; schema->readable && c < schema->column_count; c++) {
			const struct skbscope_column *column = &schema->columns[c];
			double expected, there;

			if (!column->is_counter || column->figure)
				continue;
			expected = expected_of(tried, i, column);
			there = sum_of(&tried->after->tables[i], column);
			if (expected - there <= worst)
				continue;
			worst = expected - there;
			out->lost = arena_printf(looking->arena,
						 "tried: %u packets on %u CPUs at once, and '%s' "
						 "shows %.0f of %.0f: "
						 "%.0f are lost",
						 EACH * CPUS, CPUS, schema->table, there, expected,
						 worst);
		}
	}
}

static int try_out(struct looking *looking, const struct program *program,
		   const struct skbscope_snapshot *once, struct outcome_exact *out,
		   struct skbscope_error *error)
{
	AUTO(session_closep) struct skbscope_session *session = NULL;
	AUTO(snapshot_freep) struct skbscope_snapshot *before = NULL, *after = NULL;
	const struct skbscope_session_options options = { .size = sizeof(options),
							  .ingress = looking->test->ingress,
							  .egress = looking->test->egress };
	const struct test_packet *packet = packet_of(looking->test);
	const char *entry = entry_of(looking);
	int cpus[CPUS], r;
	cpu_set_t may;

	if (sched_getaffinity(0, sizeof(may), &may) < 0 || cpus_of(&may, cpus) < CPUS)
		out->untried = "not tried: this machine has one CPU for us";
	else if (!packet || !entry || looking->test->feed_count != 1 || packet->times != 1)
		out->untried = "not tried: that takes a case of one packet";
	if (out->untried)
		return 0;
	r = skbscope_session_open(program->image, &options, &session, program->diagnostics, error);
	if (r == 0)
		r = looking->fill(looking->context, session);
	if (r == 0)
		r = skbscope_session_read(session, NULL, &before, error);
	if (r < 0)
		return r;
	move_to(cpus[0]);
	r = run_on(cpus, session, entry, packet, error);
	sched_setaffinity(0, sizeof(may), &may);
	if (r == 0)
		r = skbscope_session_read(session, NULL, &after, error);
	if (r == 0)
		compare(looking, &(struct tried){ before, once, after }, out);
	return r;
}

int exact_look(const struct program *program, const struct test_case *test,
	       const struct skbscope_snapshot *once, exact_fill *fill, void *context,
	       struct arena *arena, struct outcome_exact *out, struct skbscope_error *error)
{
	struct looking looking = { .image = program->image,
				   .test = test,
				   .fill = fill,
				   .context = context,
				   .arena = arena };
	struct foreign foreign;
	int r = 0;

	for (size_t i = 0; i < program->image->program_count && r == 0; i++)
		if (!context_is_foreign(&program->image->programs[i], &foreign))
			r = look_at(&looking, &program->image->programs[i]);
	if (r < 0)
		return fail_memory(error, STAGE);
	out->races = looking.races;
	out->race_count = looking.count;
	for (unsigned i = 0; i < TRIES && r == 0 && !out->lost && !out->untried; i++) {
		r = try_out(&looking, program, once, out, error);
		if (!looking.count)
			break;
	}
	if (looking.count && !out->lost && !out->untried)
		out->untried = "tried: none was lost this time, as the CPUs did not meet";
	return r;
}
