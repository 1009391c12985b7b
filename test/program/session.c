/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real programs in the real kernel, fed with frames through BPF_PROG_TEST_RUN:
 * what goes in is what is counted, watching changes nothing, and nothing stays.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/io.h"
#include "fixture.h"

#define HEAD "#include <uapi/linux/bpf.h>\n#include <uapi/linux/pkt_cls.h>\n"
#define PASSIVE ((struct skbscope_session_options){ 0 })
#define ENFORCED ((struct skbscope_session_options){ .enforce = true })
#define EVERY ((struct skbscope_session_options){ .every_function = true })

static const char counter[] = "#include <uapi/linux/bpf.h>\n"
			      "#include <linux/ptrace.h>\n"
			      "BPF_HASH(packet_count, u32, u64);\n"
			      "int count_packets(struct __sk_buff *skb)\n"
			      "{\n"
			      "	u32 key = 0;\n"
			      "	u64 one = 1, *value = packet_count.lookup(&key);\n"
			      "	if (value)\n"
			      "		(*value)++;\n"
			      "	else\n"
			      "		packet_count.update(&key, &one);\n"
			      "	return 0;\n"
			      "}\n";

TEST(the_classic_counter_counts_each_of_23_frames_once)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, counter, PASSIVE));
	CHECK_NUMBER(fixture_feed(&fixture, "count_packets", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK_NUMBER(fixture_number(snapshot, "packet_count", 0), 23);
	CHECK_NUMBER(fixture_table(snapshot, "packet_count")->row_count, 1);
	CHECK(fixture_table(snapshot, "packet_count")->complete);
	CHECK(!fixture_table(snapshot, "packet_count")->full);
	CHECK_NUMBER(fixture_verdicts(snapshot, "count_packets", TC_ACT_OK), 23);
	CHECK_NUMBER(snapshot->verdict_count, 1);
	CHECK_NUMBER(snapshot->loss_count, 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

static const char dropper[] = HEAD "int drop_all(struct __sk_buff *skb)\n"
				   "{\n"
				   "	return TC_ACT_SHOT;\n"
				   "}\n";

TEST(watching_holds_a_drop_back_and_counts_it)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, dropper, PASSIVE));
	CHECK_NUMBER(fixture_feed(&fixture, "drop_all", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK(!snapshot->enforced);
	CHECK_NUMBER(fixture_verdicts(snapshot, "drop_all", TC_ACT_SHOT), 23);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(enforcing_honours_a_drop_and_counts_it)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, dropper, ENFORCED));
	CHECK_NUMBER(fixture_feed(&fixture, "drop_all", 23), TC_ACT_SHOT);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK(snapshot->enforced);
	CHECK_NUMBER(fixture_verdicts(snapshot, "drop_all", TC_ACT_SHOT), 23);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

static const char tails[] = "/*\n"
			    " * tails - calls another program\n"
			    " *\n"
			    " * @ingress first\n"
			    " * @tail next[3] second\n"
			    " */\n" HEAD "BPF_PROG_ARRAY(next, 4);\n"
			    "BPF_ARRAY(seen, u64, 2);\n"
			    "int second(struct __sk_buff *skb)\n"
			    "{\n"
			    "	seen.increment(1);\n"
			    "	return TC_ACT_SHOT;\n"
			    "}\n"
			    "int first(struct __sk_buff *skb)\n"
			    "{\n"
			    "	seen.increment(0);\n"
			    "	next.call(skb, 3);\n"
			    "	return TC_ACT_OK;\n"
			    "}\n";

TEST(a_tail_called_program_is_watched_like_its_caller)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, tails, PASSIVE));
	CHECK_NUMBER(fixture_feed(&fixture, "first", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK_NUMBER(fixture_number(snapshot, "seen", 0), 23);
	CHECK_NUMBER(fixture_number(snapshot, "seen", 1), 23);
	CHECK_NUMBER(fixture_verdicts(snapshot, "second", TC_ACT_SHOT), 23);
	CHECK_NUMBER(fixture_verdicts(snapshot, "first", TC_ACT_OK), 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
	REQUIRE(fixture_opened(&fixture, tails, ENFORCED));
	CHECK_NUMBER(fixture_feed(&fixture, "first", 1), TC_ACT_SHOT);
	fixture_close(&fixture);
}

static const char every_map[] =
	HEAD "struct pair { u32 a; u32 b; };\n"
	     "struct lpm { u32 prefixlen; u32 address; };\n"
	     "BPF_HASH(hash, u32, u64);\n"
	     "BPF_ARRAY(array, u64, 7);\n"
	     "BPF_PERCPU_HASH(percpu_hash, u32, u32);\n"
	     "BPF_PERCPU_ARRAY(percpu_array, u64, 7);\n"
	     "BPF_TABLE(\"lru_hash\", u32, u64, lru, 64);\n"
	     "BPF_TABLE(\"lru_percpu_hash\", u32, u64, lru_percpu, 64);\n"
	     "BPF_LPM_TRIE(trie, struct lpm, u64, 16);\n"
	     "BPF_QUEUE(queue, u64, 64);\n"
	     "BPF_STACK(stack, u64, 64);\n"
	     "BPF_HISTOGRAM(histogram);\n"
	     "BPF_PERF_OUTPUT(perf);\n"
	     "BPF_RINGBUF_OUTPUT(ring, 8);\n"
	     "int count(struct __sk_buff *skb)\n"
	     "{\n"
	     "	u32 key = 5, half = 0, *percpu_hash_value;\n"
	     "	u64 length = skb->len, none = 0, *lru_value, *lru_percpu_value;\n"
	     "	struct lpm prefix = { .prefixlen = 32, .address = 5 };\n"
	     "	hash.increment(key);\n"
	     "	array.increment(key);\n"
	     "	percpu_hash_value = percpu_hash.lookup_or_try_init(&key, &half);\n"
	     "	if (percpu_hash_value)\n"
	     "		(*percpu_hash_value)++;\n"
	     "	percpu_array.increment(key);\n"
	     "	lru_value = lru.lookup_or_try_init(&key, &none);\n"
	     "	if (lru_value)\n"
	     "		(*lru_value)++;\n"
	     "	lru_percpu_value = lru_percpu.lookup_or_try_init(&key, &none);\n"
	     "	if (lru_percpu_value)\n"
	     "		(*lru_percpu_value)++;\n"
	     "	trie.update(&prefix, &length);\n"
	     "	queue.push(&length, 0);\n"
	     "	stack.push(&length, 0);\n"
	     "	histogram.increment(key);\n"
	     "	return 0;\n"
	     "}\n";

TEST(every_kind_of_map_can_be_created_and_read)
{
	static const char *const counted[] = { "hash", "array",      "percpu_hash", "percpu_array",
					       "lru",  "lru_percpu", "histogram" };
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, every_map, PASSIVE));
	CHECK_NUMBER(fixture_feed(&fixture, "count", 23), TC_ACT_UNSPEC);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK_NUMBER(snapshot->table_count, 12);
	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++)
		if (fixture_number(snapshot, counted[i], 5) != 23) {
			fprintf(stderr, "table %s\n", counted[i]);
			CHECK_NUMBER(fixture_number(snapshot, counted[i], 5), 23);
		}
	CHECK_NUMBER(fixture_table(snapshot, "array")->row_count, 7);
	CHECK_NUMBER(fixture_table(snapshot, "percpu_array")->row_count, 7);
	REQUIRE(fixture_table(snapshot, "trie")->row_count == 1);
	CHECK_NUMBER(*(const uint64_t *)(const void *)fixture_table(snapshot, "trie")->values,
		     FIXTURE_FRAME_BYTES);
	/* One element of a queue would look like all that is in it. */
	CHECK_NUMBER(fixture_table(snapshot, "queue")->row_count, 0);
	CHECK_NUMBER(fixture_table(snapshot, "stack")->row_count, 0);
	CHECK_NUMBER(snapshot->loss_count, 2); /* LRU tables so small evict at any time */
	for (size_t i = 0; i < snapshot->loss_count; i++)
		CHECK_TEXT(snapshot->losses[i].what, "rows may have been evicted");
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(a_hash_without_room_is_full_and_says_that_something_was_lost)
{
	static const char text[] = HEAD "BPF_HASH(small, u32, u64, 3);\n"
					"BPF_ARRAY(turn, u64, 1);\n"
					"int fill(struct __sk_buff *skb)\n"
					"{\n"
					"	int zero = 0;\n"
					"	u64 *next = turn.lookup(&zero), one = 1;\n"
					"	if (next) {\n"
					"		u32 key = *next;\n"
					"		*next += 1;\n"
					"		small.update(&key, &one);\n"
					"	}\n"
					"	return 0;\n"
					"}\n";
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, text, PASSIVE));
	fixture_feed(&fixture, "fill", 2);
	snapshot = fixture_read(&fixture);
	CHECK(!fixture_table(snapshot, "small")->full);
	CHECK_NUMBER(snapshot->loss_count, 0);
	skbscope_snapshot_free(snapshot);
	fixture_feed(&fixture, "fill", 21);
	snapshot = fixture_read(&fixture);
	CHECK(fixture_table(snapshot, "small")->full);
	CHECK_NUMBER(fixture_table(snapshot, "small")->row_count, 3);
	REQUIRE(snapshot->loss_count == 1);
	CHECK_TEXT(snapshot->losses[0].what, "map full");
	CHECK_TEXT(snapshot->losses[0].table, "small");
	CHECK(!snapshot->losses[0].known);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(the_second_reading_knows_its_interval_and_rates)
{
	struct skbscope_snapshot *first, *second;
	const struct skbscope_table *table;
	struct fixture fixture;
	bool rated = false;

	REQUIRE(fixture_opened(&fixture, counter, PASSIVE));
	fixture_feed(&fixture, "count_packets", 23);
	first = fixture_read_at(&fixture, 7);
	fixture_feed(&fixture, "count_packets", 46);
	second = fixture_read_at(&fixture, 9);
	REQUIRE(first && second);
	CHECK_NUMBER(first->interval_ns, 0);
	CHECK(!fixture_table(first, "packet_count")->rates);
	CHECK_NUMBER(second->interval_ns, 2000000000);
	table = fixture_table(second, "packet_count");
	REQUIRE(table->rates);
	for (size_t i = 0; i < table->schema->column_count; i++) {
		if (!table->schema->columns[i].is_counter)
			continue;
		CHECK_NEAR(table->rates[table->schema->columns[i].rate], 23.0);
		rated = true;
	}
	CHECK(rated);
	skbscope_snapshot_free(first);
	skbscope_snapshot_free(second);
	fixture_close(&fixture);
}

TEST(a_reading_has_the_time_it_is_given_or_else_that_of_the_clock)
{
	const struct skbscope_read_options options = {
		.size = sizeof(options), .monotonic_ns = 23, .wall_ns = 46, .stale = "half saved"
	};
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	uint64_t before;

	REQUIRE(fixture_opened(&fixture, counter, PASSIVE));
	snapshot = fixture_read_with(&fixture, &options);
	REQUIRE(snapshot);
	CHECK_NUMBER(snapshot->monotonic_ns, 23);
	CHECK_NUMBER(snapshot->wall_ns, 46);
	CHECK_TEXT(snapshot->stale, "half saved");
	CHECK_NUMBER(snapshot->generation, 1);
	skbscope_snapshot_free(snapshot);
	before = clock_monotonic_ns();
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	CHECK(snapshot->monotonic_ns >= before && snapshot->monotonic_ns <= clock_monotonic_ns());
	CHECK(snapshot->wall_ns > before && !snapshot->stale);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(programs_that_change_packets_are_refused_unless_enforced)
{
	static const struct {
		const char *line, *what;
	} changers[] = {
		{ "u8 b = 1; bpf_skb_store_bytes(skb, 0, &b, 1, 0);", "store_bytes" },
		{ "bpf_clone_redirect(skb, 1, 0);", "clone_redirect" },
		{ "bpf_skb_change_tail(skb, 40, 0);", "change_tail" },
		{ "skb->mark = 23;", "mark" },
		{ "skb->priority = 23;", "priority" },
		{ "u8 *d = (void *)(long)skb->data; if ((void *)(d + 20) <= (void "
		  "*)(long)skb->data_end) d[3] = 1;",
		  "packet" },
	};

	for (size_t i = 0; i < sizeof(changers) / sizeof(*changers); i++) {
		struct skbscope_program_facts facts;
		struct fixture fixture;
		char text[512];

		snprintf(text, sizeof(text),
			 HEAD "int change(struct __sk_buff *skb)\n{\n\t%s\n\treturn 0;\n}\n",
			 changers[i].line);
		fixture_open(&fixture, text, PASSIVE);
		REQUIRE(fixture.image);
		CHECK(fixture.result < 0 && !fixture.session);
		CHECK_CONTAINS(fixture.error.message, changers[i].what);
		CHECK_CONTAINS(fixture.error.hint, "--enforce");
		REQUIRE(skbscope_diagnostics_count(fixture.diagnostics) > 0);
		CHECK_NUMBER(skbscope_diagnostics_get(fixture.diagnostics, 0)->line, 5);
		fixture_close(&fixture);
		REQUIRE(fixture_opened(&fixture, text, ENFORCED));
		CHECK_NUMBER(skbscope_session_program_facts(fixture.session, "change", &facts), 0);
		CHECK_NUMBER(facts.writes_packets, strcmp(changers[i].what, "packet") == 0);
		fixture_close(&fixture);
	}
}

TEST(cb_is_scratch_space_unless_it_is_passed_on)
{
	static const char scratch[] = HEAD "int keep(struct __sk_buff *skb)\n"
					   "{\n"
					   "	skb->cb[0] = 4;\n"
					   "	return skb->cb[0] / 2;\n"
					   "}\n";
	static const char passed_on[] = HEAD "BPF_PROG_ARRAY(next, 2);\n"
					     "int keep(struct __sk_buff *skb)\n"
					     "{\n"
					     "	skb->cb[0] = 4;\n"
					     "	next.call(skb, 1);\n"
					     "	return 0;\n"
					     "}\n";
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, scratch, PASSIVE));
	CHECK_NUMBER(fixture_feed(&fixture, "keep", 1), TC_ACT_UNSPEC);
	fixture_close(&fixture);
	REQUIRE(fixture_opened(&fixture, scratch, ENFORCED));
	CHECK_NUMBER(fixture_feed(&fixture, "keep", 1), 2);
	fixture_close(&fixture);
	fixture_open(&fixture, passed_on, PASSIVE);
	CHECK(fixture.result < 0 && !fixture.session);
	CHECK_CONTAINS(fixture.error.message, "tail-calls");
	CHECK_CONTAINS(fixture.error.hint, "--enforce");
	fixture_close(&fixture);
	CHECK(fixture_opened(&fixture, passed_on, ENFORCED));
	fixture_close(&fixture);
}

TEST(programs_that_only_read_packets_are_welcome)
{
	static const char text[] =
		HEAD "#include <uapi/linux/if_ether.h>\n"
		     "#include <uapi/linux/ip.h>\n"
		     "BPF_HASH(protocols, u32, u64);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{\n"
		     "	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;\n"
		     "	struct ethhdr *eth = data;\n"
		     "	struct iphdr *ip = data + sizeof(*eth);\n"
		     "	u32 key = 0;\n"
		     "	if ((void *)(ip + 1) > end)\n"
		     "		return 0;\n"
		     "	key = ip->protocol;\n"
		     "	protocols.increment(key);\n"
		     "	return 0;\n"
		     "}\n";
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, text, PASSIVE));
	fixture_feed(&fixture, "count", 23);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "protocols", 17), 23);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(several_functions_without_a_tag_are_listed)
{
	static const char text[] = HEAD "int alpha(struct __sk_buff *skb) { return 0; }\n"
					"int beta(struct __sk_buff *skb) { return 0; }\n";
	struct fixture fixture;

	fixture_open(&fixture, text, PASSIVE);
	CHECK(fixture.result < 0);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_USAGE);
	CHECK_CONTAINS(fixture.error.message, "alpha");
	CHECK_CONTAINS(fixture.error.message, "beta");
	CHECK_CONTAINS(fixture.error.hint, "@ingress");
	fixture_close(&fixture);
	REQUIRE(fixture_opened(&fixture, text,
			       ((struct skbscope_session_options){ .egress = "beta" })));
	CHECK_NUMBER(fixture_feed(&fixture, "beta", 1), TC_ACT_UNSPEC);
	fixture_close(&fixture);
}

TEST(functions_for_other_hooks_are_left_alone)
{
	static const char text[] =
		"/*\n * both - a packet function and a probe\n * @ingress count\n */\n" HEAD
		"#include <linux/ptrace.h>\n"
		"BPF_ARRAY(seen, u64, 1);\n"
		"int probe(struct pt_regs *ctx) { u64 ip = ctx->ip; seen.update(&(int){0}, &ip); "
		"return 0; }\n"
		"int count(struct __sk_buff *skb) { seen.increment(0); return 0; }\n";
	struct skbscope_program_facts facts;
	struct fixture fixture;
	uint64_t memory = 0;

	REQUIRE(fixture_opened(&fixture, text, PASSIVE));
	CHECK_NUMBER(fixture_feed(&fixture, "count", 3), TC_ACT_UNSPEC);
	CHECK_NUMBER(skbscope_session_program_facts(fixture.session, "probe", &facts), -ENOENT);
	fixture_close(&fixture);
	/* A check loads what is meant for tc. */
	REQUIRE(fixture_opened(&fixture, text, EVERY));
	CHECK_NUMBER(skbscope_session_program_facts(fixture.session, "count", &facts), 0);
	CHECK(facts.id > 0 && facts.instructions > 3 && facts.load_ns > 0);
	CHECK(facts.verified > 3);
	CHECK(facts.stack >= 4 && facts.stack <= 8); /* the key of increment(), aligned or not */
	CHECK_NUMBER(skbscope_session_table_memory(fixture.session, "seen", &memory), 0);
	CHECK(memory >= sizeof(uint64_t) && memory < 64 << 10);
	CHECK_NUMBER(skbscope_session_table_memory(fixture.session, "unseen", &memory), -ENOENT);
	CHECK_NUMBER(skbscope_session_program_facts(fixture.session, "probe", &facts), -ENOENT);
	CHECK_NUMBER(skbscope_diagnostics_count(fixture.diagnostics), 0);
	fixture_close(&fixture);
}

TEST(a_map_that_cannot_fit_into_memory_gets_a_sentence)
{
	static const char text[] = HEAD "BPF_HASH(vast, u64, u64, 4000000000);\n"
					"int count(struct __sk_buff *skb)\n"
					"{\n"
					"	vast.increment(skb->len);\n"
					"	return 0;\n"
					"}\n";
	struct fixture fixture;

	fixture_open(&fixture, text, PASSIVE);
	REQUIRE(fixture.image);
	CHECK(fixture.result < 0);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_LOAD);
	CHECK_CONTAINS(fixture.error.message, "'vast'");
	CHECK_CONTAINS(fixture.error.message, "memory");
	CHECK_CONTAINS(fixture.error.hint, "fewer entries");
	fixture_close(&fixture);
}

#define PIN "/sys/fs/bpf/knl_pinned"

static void write_pinned(char *text, size_t size, const char *type, unsigned entries)
{
	snprintf(text, size,
		 HEAD "BPF_TABLE_PINNED(\"%s\", u32, u64, shared, %u, \"" PIN "\");\n"
		      "int count(struct __sk_buff *skb)\n"
		      "{\n"
		      "	u32 key = 3;\n"
		      "	u64 *value = shared.lookup(&key);\n"
		      "	if (value)\n"
		      "		lock_xadd(value, 1);\n"
		      "	return 0;\n"
		      "}\n",
		 type, entries);
}

/* In a mount namespace of this test's own, which ends with it. */
static bool mount_bpffs(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) == 0;
}

TEST(a_pinned_table_is_shared_and_outlives_its_sessions)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	char text[1024];

	REQUIRE(mount_bpffs());
	write_pinned(text, sizeof(text), "array", 7);
	for (int round = 1; round <= 2; round++) {
		REQUIRE(fixture_opened(&fixture, text, PASSIVE));
		fixture_feed(&fixture, "count", 23);
		snapshot = fixture_read(&fixture);
		CHECK_NUMBER(fixture_number(snapshot, "shared", 3), 23 * round);
		skbscope_snapshot_free(snapshot);
		fixture_close(&fixture);
		CHECK(access(PIN, F_OK) == 0);
	}
}

TEST(a_pin_of_another_shape_is_refused_with_both_shapes)
{
	static const struct {
		const char *type;
		unsigned entries;
	} others[] = { { "array", 9 }, { "hash", 7 } };
	struct fixture fixture;
	char text[1024];

	for (size_t i = 0; i < 2; i++) {
		write_pinned(text, sizeof(text), others[i].type, others[i].entries);
		fixture_open(&fixture, text, PASSIVE);
		REQUIRE(fixture.image);
		CHECK_NUMBER(fixture.result, -EEXIST);
		CHECK_CONTAINS(fixture.error.message, PIN);
		CHECK_CONTAINS(fixture.error.message, "array with 7 entries");
		CHECK_CONTAINS(fixture.error.message, i ? "hash with 7" : "array with 9");
		CHECK_CONTAINS(fixture.error.hint, "rm " PIN);
		fixture_close(&fixture);
	}
	CHECK(unlink(PIN) == 0);
}

TEST(a_pin_outside_bpffs_is_refused_with_the_mount_command)
{
	static const char text[] =
		HEAD "BPF_TABLE_PINNED(\"hash\", u32, u64, shared, 7, \"/tmp/knl_pinned\");\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{\n"
		     "	shared.increment(0);\n"
		     "	return 0;\n"
		     "}\n";
	struct fixture fixture;

	fixture_open(&fixture, text, PASSIVE);
	REQUIRE(fixture.image);
	CHECK(fixture.result < 0);
	CHECK_CONTAINS(fixture.error.message, "bpffs");
	CHECK_CONTAINS(fixture.error.hint, "mount -t bpf");
	CHECK(access("/tmp/knl_pinned", F_OK) < 0);
	fixture_close(&fixture);
}

TEST(without_privilege_the_missing_capabilities_are_named)
{
	struct skbscope_image *image = fixture_compile(counter);
	struct skbscope_session_options options = { .size = sizeof(options) };
	int status = -1;
	pid_t pid;

	REQUIRE(image);
	pid = fork();
	if (pid == 0) {
		struct skbscope_session *session = NULL;
		struct skbscope_error error = { 0 };
		int r = setgid(65534) < 0 || setuid(65534) < 0
				? 0
				: skbscope_session_open(image, &options, &session, NULL, &error);
		bool ok = r < 0 && error.stage == SKBSCOPE_STAGE_LOAD &&
			  strstr(error.hint, "CAP_BPF") && strstr(error.hint, "CAP_NET_ADMIN") &&
			  strstr(error.hint, "sudo");

		if (!ok)
			fprintf(stderr, "child: %d %s (%s)\n", r, error.message, error.hint);
		_exit(!ok);
	}
	waitpid(pid, &status, 0);
	CHECK_NUMBER(status, 0);
	skbscope_image_free(image);
}

/* Ours alone, whatever else is loaded on the machine. */
static int count_objects(int (*next)(__u32, __u32 *), int (*open_id)(__u32), bool programs,
			 const char *name)
{
	__u32 id = 0;
	int count = 0;

	while (next(id, &id) == 0) {
		int fd = open_id(id);
		struct bpf_prog_info program;
		struct bpf_map_info map;
		__u32 length = programs ? sizeof(program) : sizeof(map);

		memset(&program, 0, sizeof(program));
		memset(&map, 0, sizeof(map));
		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, programs ? (void *)&program : (void *)&map,
					   &length) == 0 &&
		    strcmp(programs ? program.name : map.name, name) == 0)
			count++;
		close(fd);
	}
	return count;
}

TEST(a_session_leaves_no_descriptor_map_or_program_behind)
{
	static const char text[] = HEAD "BPF_HASH(knl_leak_map, u32, u64);\n"
					"int knl_leak_prog(struct __sk_buff *skb)\n"
					"{\n"
					"	knl_leak_map.increment(skb->len);\n"
					"	return 0;\n"
					"}\n";
	struct skbscope_image *image = fixture_compile(text);
	struct skbscope_session_options options = { .size = sizeof(options) };
	int descriptors;

	REQUIRE(image);
	descriptors = fixture_descriptors();
	for (int i = 0; i < test_repeats(200); i++) {
		struct skbscope_snapshot *snapshot = NULL;
		struct skbscope_session *session = NULL;

		REQUIRE(skbscope_session_open(image, &options, &session, NULL, NULL) == 0);
		if (i == 0) {
			CHECK_NUMBER(count_objects(bpf_map_get_next_id, bpf_map_get_fd_by_id, false,
						   "knl_leak_map"),
				     1);
			CHECK_NUMBER(count_objects(bpf_prog_get_next_id, bpf_prog_get_fd_by_id,
						   true, "knl_leak_prog"),
				     1);
		}
		REQUIRE(skbscope_session_read(session, NULL, &snapshot, NULL) == 0);
		skbscope_snapshot_free(snapshot);
		skbscope_session_close(session);
	}
	CHECK_NUMBER(fixture_descriptors(), descriptors);
	/* The kernel frees maps and programs after a grace period. */
	WAIT_UNTIL(count_objects(bpf_map_get_next_id, bpf_map_get_fd_by_id, false,
				 "knl_leak_map") == 0);
	WAIT_UNTIL(count_objects(bpf_prog_get_next_id, bpf_prog_get_fd_by_id, true,
				 "knl_leak_prog") == 0);
	CHECK_NUMBER(
		count_objects(bpf_map_get_next_id, bpf_map_get_fd_by_id, false, "knl_leak_map"), 0);
	CHECK_NUMBER(
		count_objects(bpf_prog_get_next_id, bpf_prog_get_fd_by_id, true, "knl_leak_prog"),
		0);
	skbscope_image_free(image);
}
