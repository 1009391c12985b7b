/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every subset of the passes over every program there is, in the real kernel: it loads,
 * answers and counts as the function does that was not rewritten, but for what the passes
 * of the subset are there to change. (Of long functions every pair, and all but one: the
 * passes know nothing of length, and a kernel that is emulated takes minutes otherwise.)
 */
#include "fixture.h"

#include <glob.h>
#include <linux/pkt_cls.h>
#include <sched.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/io.h"
#include "image/audit.h"
#include "image/events.h"
#include "image/passive.h"
#include "image/replay.h"
#include "kernel/maps.h"
#include "passes.h"

#define FRAMES 3
#define FRAME_BYTES 200
#define NOT_RUN (-1000)
#define LONG_FUNCTION 400 /* instructions */
#define ROWS_MAX 4096
#define ROW_BYTES (1u << 20)
#define POINTS_MAX 8192u /* of a function */

static const uint32_t lengths[FRAMES] = { 34, FIXTURE_FRAME_BYTES, FRAME_BYTES };

/* One function, rewritten and loaded with maps of its own, and what came of the frames. */
struct trial {
	int32_t answers[FRAMES];
	uint64_t counted[PASSIVE_SLOTS];
	uint64_t calls;
	uint64_t rows; /* a hash of what the image's maps hold */
};

static struct rewrite_pass passes[TEST_PASSES_MAX];
static size_t pass_count;

static const char *pass_names(uint32_t mask)
{
	static char names[256];
	size_t used = 0;

	names[0] = '\0';
	for (size_t i = 0; i < pass_count; i++)
		if (mask & passes[i].bit)
			used += (size_t)snprintf(names + used, sizeof(names) - used, " %s",
						 passes[i].name);
	return names;
}

static uint64_t sum_over_cpus(int map, uint32_t key)
{
	uint64_t values[4096] = { 0 }, sum = 0;

	if (bpf_map_lookup_elem(map, &key, values) == 0)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			sum += values[i];
	return sum;
}

/* Of one map, whatever the order in which it gives its rows; 0 for a kind without any. */
static uint64_t hash_rows(int fd, const struct skbscope_image_map *map)
{
	static uint8_t key[IMAGE_MAX_KEY], value[ROW_BYTES];
	const uint64_t size = (map->value_size + 7) / 8 * 8 * (uint64_t)possible_cpus();
	void *before = NULL;
	uint64_t hash = 0;

	if (map->inner_map >= 0 || size > ROW_BYTES)
		return 0;
	for (int i = 0; i < ROWS_MAX && bpf_map_get_next_key(fd, before, key) == 0; i++) {
		memset(value, 0, size);
		if (bpf_map_lookup_elem(fd, key, value) < 0)
			return 0;
		hash += hash_bytes(hash_bytes(HASH_INIT, key, map->key_size), value, size);
		before = key;
	}
	return hash;
}

static int load(const struct skbscope_image *image, const struct skbscope_image_program *program,
		const struct rewritten *code, int btf, bool with_log)
{
	static char log[1 << 20];
	LIBBPF_OPTS(bpf_prog_load_opts, options, .kern_version = image->kernel_version);
	int fd;

	if (btf >= 0 && code->function_count) {
		options.prog_btf_fd = (uint32_t)btf;
		options.func_info = code->functions;
		options.func_info_cnt = code->function_count;
		options.func_info_rec_size = sizeof(*code->functions);
		options.line_info = code->lines;
		options.line_info_cnt = code->line_count;
		options.line_info_rec_size = sizeof(*code->lines);
	}
	if (with_log) {
		options.log_buf = log;
		options.log_size = sizeof(log);
		options.log_level = 1;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, program->name, image->license,
			   code->instructions, code->instruction_count, &options);
	if (fd < 0 && !with_log)
		return load(image, program, code, btf, true);
	if (fd < 0)
		fprintf(stderr, "'%s' is not loaded: %s\n%s\n", program->name, strerror(errno),
			log + (strlen(log) > 4000 ? strlen(log) - 4000 : 0));
	return fd;
}

static int32_t run(int fd, uint32_t length)
{
	uint8_t frame[FRAME_BYTES] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length,
		    .repeat = 1);

	memcpy(frame, fixture_frame, sizeof(fixture_frame));
	return bpf_prog_test_run_opts(fd, &options) < 0 ? NOT_RUN : (int32_t)options.retval;
}

/* As if a recording had all of a packet of that length. */
static bool set_replay(int replay, uint32_t length)
{
	static struct replay_state state = { .chance = 23 };
	const uint32_t zero = 0;

	state.now_ns = clock_monotonic_ns();
	state.length = length;
	return bpf_map_update_elem(replay, &zero, &state, 0) == 0;
}

static bool try_with(const struct skbscope_image *image,
		     const struct skbscope_image_program *program,
		     const struct rewrite_request *request, struct map_set *maps, int calls,
		     int replay, uint32_t longest, struct trial *out)
{
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	struct skbscope_error error = { 0 };
	AUTO(closep)
	int losses = bpf_map_create(BPF_MAP_TYPE_ARRAY, "losses", 4,
				    events_value_size(request->map_count), 1, NULL);
	AUTO(closep)
	int points = bpf_map_create(BPF_MAP_TYPE_ARRAY, "points", 4, POINTS_MAX, 1, NULL);
	AUTO(closep) int fd = -1;

	if (losses < 0 || points < 0 ||
	    rewrite_by(passes, pass_count, program, request, &code, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		return false;
	}
	for (size_t i = 0; i < code.relocation_count; i++) {
		const uint32_t map = code.relocations[i].map;

		code.instructions[code.relocations[i].instruction].imm =
			map == TEST_MAP_CALLS         ? calls
			: map == REWRITE_MAP_EVENTS   ? losses
			: map == REWRITE_MAP_REPLAY   ? replay
			: map == REWRITE_MAP_POINTS   ? points
			: map == REWRITE_MAP_VERDICTS ? maps->verdicts
						      : maps->maps[map];
	}
	fd = load(image, program, &code, maps->btf, false);
	if (fd < 0)
		return false;
	for (size_t i = 0; i < FRAMES; i++)
		out->answers[i] = lengths[i] > longest || !set_replay(replay, lengths[i])
					  ? -1
					  : run(fd, lengths[i]);
	for (uint32_t i = 0; i < PASSIVE_SLOTS; i++)
		out->counted[i] = sum_over_cpus(maps->verdicts, i);
	for (size_t i = 0; i < image->map_count; i++)
		out->rows += hash_rows(maps->maps[i], &image->maps[i]);
	return true;
}

/* Frames that are longer are not run: the answer to them is -1. */
static bool try(const struct skbscope_image *image, const struct skbscope_image_program *program,
		const struct rewrite_request *request, uint32_t longest, struct trial *out)
{
	uint64_t entry[1 + TEST_CALLS_OFFSET / sizeof(uint64_t)] = { 0 };
	AUTO(closep)
	int calls = bpf_map_create(BPF_MAP_TYPE_ARRAY, "calls", 4, sizeof(entry), 1, NULL);
	AUTO(closep)
	int replay = bpf_map_create(BPF_MAP_TYPE_ARRAY, "replay", 4, sizeof(struct replay_state), 1,
				    NULL);
	struct skbscope_error error = { 0 };
	struct map_set maps;
	uint32_t zero = 0;
	bool done;

	memset(out, 0, sizeof(*out));
	if (calls < 0 || replay < 0 || maps_create(image, 1, NULL, &maps, NULL, &error) < 0) {
		fprintf(stderr, "no maps: %s\n", error.message);
		return false;
	}
	done = try_with(image, program, request, &maps, calls, replay, longest, out) &&
	       bpf_map_lookup_elem(calls, &zero, entry) == 0;
	out->calls = entry[TEST_CALLS_OFFSET / sizeof(uint64_t)];
	maps_close(&maps);
	return done;
}

static bool has_packet_load(const struct skbscope_image_program *program)
{
	for (uint32_t i = 0; i < program->instruction_count; i++)
		if (opcode_is_packet_load(program->instructions[i].code))
			return true;
	return false;
}

static uint32_t slot_of(int32_t verdict)
{
	return verdict >= -1 && verdict <= 8 ? (uint32_t)(verdict + 1) : PASSIVE_SLOTS - 1;
}

/* What is to be expected of a trial, from one of the function as it was. */
static void expect(struct trial *trial, const struct rewrite_request *request, uint32_t longest)
{
	for (size_t i = 0; i < FRAMES; i++) {
		if (!(request->passes & REWRITE_VERDICTS) || lengths[i] > longest)
			continue;
		trial->counted[slot_of(trial->answers[i])]++;
		if (!request->enforce)
			trial->answers[i] = TC_ACT_UNSPEC;
		else if (trial->answers[i] == TC_ACT_STOLEN || trial->answers[i] == TC_ACT_TRAP)
			trial->answers[i] = TC_ACT_SHOT;
	}
}

/* Of the function as it was, and with its calls counted: what it is measured by. */
struct reference {
	struct trial plain, again, counting;
};

static bool try_reference(const struct skbscope_image *image,
			  const struct skbscope_image_program *program, uint32_t longest,
			  struct reference *out)
{
	const struct rewrite_request nothing = { 0 }, calls = { .passes = TEST_PASS_CALLS };

	return try(image, program, &nothing, longest, &out->plain) &&
	       try(image, program, &nothing, longest, &out->again) &&
	       try(image, program, &calls, longest, &out->counting);
}

static void check_subset(const struct skbscope_image *image,
			 const struct skbscope_image_program *program,
			 const struct rewrite_request *request, const struct reference *reference,
			 uint32_t longest)
{
	/* Then a load out of bounds ends the function, and the epilogue does not hear of it. */
	const bool escapes = (request->passes & REWRITE_ENFORCED) == REWRITE_VERDICTS &&
			     has_packet_load(program);
	const int failures = test_failures;
	struct trial expected = reference->plain, trial;

	REQUIRE(try(image, program, request, FRAME_BYTES, &trial));
	if (reference->plain.rows == reference->again.rows) /* no clock in them */
		CHECK_NUMBER(trial.rows, expected.rows);
	CHECK_NUMBER(trial.calls,
		     request->passes & TEST_PASS_CALLS ? reference->counting.calls : 0);
	expect(&expected, request, longest);
	for (size_t i = 0; i < FRAMES && !escapes; i++)
		CHECK_NUMBER(trial.answers[i], expected.answers[i]);
	for (size_t i = 0; i < PASSIVE_SLOTS && !escapes; i++)
		CHECK_NUMBER(trial.counted[i], expected.counted[i]);
	if (test_failures != failures)
		fprintf(stderr, "... of '%s' with:%s%s\n", program->name,
			pass_names(request->passes), request->enforce ? " (enforced)" : "");
}

/* Passes that find nothing to change in a function: with the others they find no more, which
 * the set of all of them shows. */
static uint32_t idle_passes(const struct skbscope_image_program *program,
			    const struct rewrite_request *of_function)
{
	uint32_t idle = 0;

	for (size_t i = 0; i < pass_count; i++) {
		AUTO(rewritten_clear) struct rewritten code = { 0 };
		struct rewrite_request request = *of_function;

		request.passes = passes[i].bit;
		if (rewrite_by(passes, pass_count, program, &request, &code, NULL) == 0 &&
		    code.instruction_count == program->instruction_count &&
		    memcmp(code.instructions, program->instructions,
			   code.instruction_count * sizeof(*code.instructions)) == 0)
			idle |= passes[i].bit;
	}
	return idle;
}

static uint32_t set_of(uint32_t subset)
{
	uint32_t set = 0;

	for (size_t i = 0; i < pass_count; i++)
		if (subset & 1u << i)
			set |= passes[i].bit;
	return set;
}

/* Of a long function not every subset is tried, but at most two passes, and all but one at most;
 * where the processor is emulated, all of them, and none. */
static bool is_left_out(const struct skbscope_image_program *program, uint32_t subset)
{
	const size_t taken = (size_t)__builtin_popcount(subset);

	if (program->instruction_count <= LONG_FUNCTION)
		return false;
	return test_slowness() > 1 ? taken > 0 && taken < pass_count
				   : taken > 2 && taken + 1 < pass_count;
}

static void check_function(const struct skbscope_image *image,
			   const struct skbscope_image_program *program)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	AUTO(freep) struct audit_finding *uses = NULL;
	AUTO(freep) bool *counts = calloc(image->map_count + 1, sizeof(*counts));
	struct reference all, shorter;
	size_t count = 0, use_count = 0;

	REQUIRE(audit_program(image, program, &findings, &count) == 0);
	REQUIRE(audit_uses(image, program, &uses, &use_count) == 0);
	REQUIRE(counts && events_count_indexes(image, counts) == 0);
	REQUIRE(try_reference(image, program, FRAME_BYTES, &all) &&
		try_reference(image, program, TEST_LONG, &shorter));
	const struct rewrite_request of_function = { .filter = test_filter(),
						     .findings = findings,
						     .finding_count = count,
						     .uses = uses,
						     .use_count = use_count,
						     .counts = counts,
						     .map_count = (uint32_t)image->map_count };
	const uint32_t every = set_of((1u << pass_count) - 1);
	const uint32_t idle = idle_passes(program, &of_function);

	for (uint32_t subset = 0; subset < 1u << pass_count; subset++) {
		struct rewrite_request request = of_function;
		bool front;

		request.passes = set_of(subset);
		if (request.passes & idle && request.passes != every)
			continue;
		if (is_left_out(program, subset))
			continue;
		front = request.passes & REWRITE_FILTER;
		for (int enforce = 0; enforce <= !!(request.passes & REWRITE_VERDICTS); enforce++) {
			request.enforce = enforce;
			check_subset(image, program, &request, front ? &shorter : &all,
				     front ? TEST_LONG : FRAME_BYTES);
		}
	}
}

static void check_image_of(const struct skbscope_source *source)
{
	static const char *const defines[] = { "CHANGE=3", "VERDICT=2" };
	const struct skbscope_compile_options options = { .size = sizeof(options),
							  .timeout_ms = 30000 * test_slowness(),
							  .defines = defines,
							  .define_count = 2 };
	struct skbscope_image *image = NULL;
	struct skbscope_error error = { 0 };

	if (skbscope_compile(source, &options, &image, NULL, NULL, &error) < 0) {
		fprintf(stderr, "%s: %s\n", source->path, error.message);
		CHECK(image);
		return;
	}
	for (size_t i = 0; i < image->program_count; i++)
		check_function(image, &image->programs[i]);
	skbscope_image_free(image);
}

/* Per-CPU values are the same wherever they are looked at only on the same CPU. */
static void prepare(void)
{
	cpu_set_t here;

	fixture_needs_root();
	pass_count = test_passes(passes);
	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
}

static void check_programs(const char *pattern)
{
	struct skbscope_source *source;
	glob_t found;

	prepare();
	REQUIRE(glob(pattern, 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		source = NULL;
		CHECK(skbscope_source_read(found.gl_pathv[i], NULL, &source, NULL) == 0);
		/* What needs another file's table is no program by itself. */
		if (source && !strstr(source->text, "\"extern\""))
			check_image_of(source);
		skbscope_source_free(source);
	}
	globfree(&found);
}

TEST(a_bundled_program_is_the_same_but_for_what_its_passes_change)
{
	/* An emulated processor takes half a minute to compile one of them. program/bundled loads
	 * all of them there, with the passes of a recording. */
	if (test_slowness() > 1) {
		printf("skipped: most bundled programs: an emulated processor compiles them for "
		       "too long\n");
		check_programs(TEST_DIR "/../programs/[mp]*.c");
		return;
	}
	check_programs(TEST_DIR "/../programs/*.c");
}

TEST(so_is_a_program_of_the_tests)
{
	check_programs(TEST_DIR "/net/programs/*.c");
}

static const char loads[] = "#include <bcc/proto.h>\n"
			    "BPF_ARRAY(reached, u64, 4);\n"
			    "int look(struct __sk_buff *skb)\n"
			    "{\n"
			    "	u8 *cursor = 0;\n"
			    "	int index = load_byte(skb, 23) & 3;\n"
			    "	struct ethernet_t *ethernet = cursor_advance(cursor, 14);\n"
			    "	u64 *count;\n"
			    "	if (ethernet->type != 0x0800)\n"
			    "		index = 3;\n"
			    "	count = reached.lookup(&index);\n"
			    "	if (count)\n"
			    "		lock_xadd(count, load_half(skb, 60 + index));\n"
			    "	return load_word(skb, 100) ? 2 : 7;\n"
			    "}\n";

TEST(so_is_a_program_with_packet_loads)
{
	struct skbscope_source *source = NULL;

	prepare();
	REQUIRE(skbscope_source_from_text("loads.c", loads, strlen(loads), &source, NULL) == 0);
	check_image_of(source);
	skbscope_source_free(source);
}

static const char redirects[] =
	"#include <uapi/linux/bpf.h>\n"
	"int divert(struct __sk_buff *skb)\n"
	"{\n"
	"	if (skb->len > 100)\n"
	"		return bpf_redirect(skb->ifindex, skb->len);\n"
	"	return bpf_redirect(skb->ifindex, skb->len > 50 ? BPF_F_INGRESS : 0);\n"
	"}\n";

static const char scratch[] = "#include <uapi/linux/bpf.h>\n"
			      "BPF_ARRAY(reached, u64, 4);\n"
			      "int keep(struct __sk_buff *skb)\n"
			      "{\n"
			      "	int index = 0;\n"
			      "	u64 *count;\n"
			      "	skb->cb[0] = skb->len;\n"
			      "	skb->cb[4] += skb->cb[0] > 50;\n"
			      "	index = skb->cb[4] & 3;\n"
			      "	count = reached.lookup(&index);\n"
			      "	if (count)\n"
			      "		lock_xadd(count, skb->cb[0]);\n"
			      "	return skb->cb[0] > 100 ? 2 : skb->cb[4];\n"
			      "}\n";

TEST(so_is_a_program_that_uses_cb)
{
	struct skbscope_source *source = NULL;

	prepare();
	REQUIRE(skbscope_source_from_text("scratch.c", scratch, strlen(scratch), &source, NULL) ==
		0);
	check_image_of(source);
	skbscope_source_free(source);
}

static const char events[] = "#include <uapi/linux/bpf.h>\n"
			     "BPF_PERF_OUTPUT(unread);\n"
			     "BPF_RINGBUF_OUTPUT(ring, 1);\n"
			     "BPF_ARRAY(answers, u64, 2);\n"
			     "int tell(struct __sk_buff *skb)\n"
			     "{\n"
			     "	u64 length = skb->len, *kept;\n"
			     "	int index = ring.ringbuf_output(&length, sizeof(length), 0) == 0;\n"
			     "	u64 *room = ring.ringbuf_reserve(sizeof(u64));\n"
			     "	skb->cb[1] = skb->len;\n"
			     "	unread.perf_submit(skb, &length, sizeof(length));\n"
			     "	if (room) {\n"
			     "		*room = skb->cb[1];\n"
			     "		ring.ringbuf_submit(room, 0);\n"
			     "	}\n"
			     "	kept = answers.lookup(&index);\n"
			     "	if (kept)\n"
			     "		lock_xadd(kept, skb->cb[1]);\n"
			     "	return index;\n"
			     "}\n";

TEST(so_is_a_program_that_submits_events)
{
	struct skbscope_source *source = NULL;

	prepare();
	REQUIRE(skbscope_source_from_text("events.c", events, strlen(events), &source, NULL) == 0);
	check_image_of(source);
	skbscope_source_free(source);
}

static const char clocks[] =
	"#include <uapi/linux/bpf.h>\n"
	"BPF_ARRAY(reached, u64, 4);\n"
	"int wait(struct __sk_buff *skb)\n"
	"{\n"
	"	int index = bpf_get_prandom_u32() > 0;\n"
	"	u64 *count = reached.lookup(&index);\n"
	"	if (count && bpf_jiffies64() > 1 && bpf_ktime_get_boot_ns() > 1000000)\n"
	"		lock_xadd(count, skb->len);\n"
	"	return bpf_ktime_get_ns() > 1000000 ? 2 : 7;\n"
	"}\n";

TEST(so_is_a_program_that_asks_for_the_time)
{
	struct skbscope_source *source = NULL;

	prepare();
	REQUIRE(skbscope_source_from_text("clocks.c", clocks, strlen(clocks), &source, NULL) == 0);
	check_image_of(source);
	skbscope_source_free(source);
}

TEST(so_is_a_program_that_redirects)
{
	struct skbscope_source *source = NULL;

	prepare();
	REQUIRE(skbscope_source_from_text("redirects.c", redirects, strlen(redirects), &source,
					  NULL) == 0);
	check_image_of(source);
	skbscope_source_free(source);
}

TEST(without_guards_a_short_packet_ends_the_function_unseen)
{
	struct skbscope_image *image;
	struct trial guarded, bare;

	prepare();
	image = fixture_compile(loads);
	REQUIRE(image && has_packet_load(&image->programs[0]));
	CHECK(try(image, image->programs, &(struct rewrite_request){ .passes = REWRITE_PASSIVE },
		  FRAME_BYTES, &guarded));
	CHECK(try(image, image->programs, &(struct rewrite_request){ .passes = REWRITE_VERDICTS },
		  FRAME_BYTES, &bare));
	CHECK_NUMBER(guarded.answers[0], TC_ACT_UNSPEC);
	CHECK_NUMBER(guarded.counted[slot_of(TC_ACT_OK)], 2); /* of 34 and of 60 bytes */
	CHECK_NUMBER(guarded.counted[slot_of(7)], 1);
	CHECK_NUMBER(bare.answers[0], TC_ACT_OK);
	CHECK_NUMBER(bare.answers[2], TC_ACT_UNSPEC);
	CHECK_NUMBER(bare.counted[slot_of(TC_ACT_OK)], 0);
	skbscope_image_free(image);
}
