/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hot swap under full load: every packet is counted exactly once, whichever program
 * it met; and nothing grows however often it is done.
 */
#include <bpf/bpf.h>

#include "swap.h"

/* The same table, and verdicts under another place. */
static const char moved[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
				 "/* @ingress count */\n"
				 "int count(struct __sk_buff *skb)\n"
				 "{ packets.increment(0); return 1; }\n";

static void counts_all(const char *first, const char *second, enum skbscope_hook hook, int swaps)
{
	struct sender sender;
	struct turns turns;
	uint64_t sent;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(turns_begin(&turns, first, second, hook));
	REQUIRE(start(&sender));
	for (int i = 0; i < swaps; i++)
		REQUIRE(turn(&turns, NULL));
	sent = stop(&sender);
	CHECK(sent > (uint64_t)swaps);
	CHECK_NUMBER(number(&turns.fixture, "packets", 0), sent);
	CHECK_NUMBER(verdicts_of(&turns.fixture, "count"), sent);
	turns_end(&turns);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(no_packet_is_missed_or_counted_twice_over_many_swaps_by_tcx)
{
	counts_all(counter, moved, SKBSCOPE_HOOK_TCX, test_repeats(300));
}

TEST(no_packet_is_missed_or_counted_twice_over_many_swaps_by_clsact)
{
	counts_all(counter, moved, SKBSCOPE_HOOK_CLSACT, test_repeats(300));
}

#define TABLES_HEAD(members)                                                                       \
	"/*\n * tables - every kind of table that is migrated\n *\n * @ingress count\n */\n" HEAD  \
	"struct counts { " members " };\n"                                                         \
	"BPF_HASH(hash, u32, struct counts);\n"                                                    \
	"BPF_TABLE(\"lru_hash\", u32, struct counts, lru, 128);\n"                                 \
	"BPF_PERCPU_HASH(cpu_hash, u32, struct counts);\n"                                         \
	"BPF_TABLE(\"array\", int, struct counts, array, 3);\n"                                    \
	"BPF_PERCPU_ARRAY(cpu_array, struct counts, 3);\n"
#define TABLES_COUNT(how)                                                                          \
	"{\n"                                                                                      \
	"	struct counts zero = {}, *c;\n"                                                          \
	"	u32 key = 2;\n"                                                                          \
	"	if ((c = hash.lookup_or_try_init(&key, &zero)))\n"                                       \
	"		lock_xadd(&c->packets, 1);\n"                                                           \
	"	if ((c = lru.lookup_or_try_init(&key, &zero)))\n"                                        \
	"		lock_xadd(&c->packets, 1);\n"                                                           \
	"	if ((c = cpu_hash.lookup_or_try_init(&key, &zero)))\n"                                   \
	"		c->packets++;\n"                                                                        \
	"	if ((c = array.lookup(&key)))\n"                                                         \
	"		lock_xadd(&c->packets, 1);\n"                                                           \
	"	if ((c = cpu_array.lookup(&key)))\n"                                                     \
	"		c->packets++;\n"                                                                        \
	"	return " how ";\n"                                                                 \
	"}\n"

static const char narrow[] =
	TABLES_HEAD("u64 packets;") "int count(struct __sk_buff *skb)\n" TABLES_COUNT("0");
static const char wide[] = TABLES_HEAD(
	"u32 age; u64 bytes; u64 packets;") "int other(struct __sk_buff *skb) { return 2; }\n"
					    "int count(struct __sk_buff *skb)\n" TABLES_COUNT("0");

/* The column "packets" of the row 2, over all CPUs. */
static int64_t packets_in(struct fixture *fixture, const char *name)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	const struct skbscope_table *table = fixture_table(snapshot, name);
	uint64_t packets = 0;

	for (size_t c = 0; table && c < table->schema->column_count; c++) {
		const struct skbscope_column *column = &table->schema->columns[c];

		for (size_t i = 0; i < table->row_count; i++)
			if (strcmp(column->name, "packets") == 0 &&
			    table->keys[i * table->schema->key_size] == 2)
				memcpy(&packets,
				       table->values + i * table->schema->value_size +
					       column->bit_offset / 8,
				       sizeof(packets));
	}
	skbscope_snapshot_free(snapshot);
	return (int64_t)packets;
}

static const char *const kinds[] = { "hash", "lru", "cpu_hash", "array", "cpu_array" };

static void carries_all(enum skbscope_hook hook)
{
	struct sender sender;
	struct turns turns;
	uint64_t sent;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(turns_begin(&turns, narrow, wide, hook));
	REQUIRE(start(&sender));
	for (int i = 0; i < test_repeats(51); i++) {
		struct skbscope_swap *swap = NULL;

		REQUIRE(turn(&turns, &swap));
		REQUIRE(swap->table_count == 5);
		for (size_t t = 0; t < swap->table_count; t++) {
			CHECK_NUMBER(swap->tables[t].outcome, SKBSCOPE_TABLE_MIGRATED);
			CHECK(!strstr(swap->tables[t].text, "missing"));
		}
		skbscope_swap_free(swap);
	}
	sent = stop(&sender);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		CHECK_NUMBER(packets_in(&turns.fixture, kinds[i]), sent);
	CHECK_NUMBER(verdicts_of(&turns.fixture, "count"), sent);
	turns_end(&turns);
}

TEST(tables_of_another_shape_lose_nothing_under_load_by_tcx)
{
	carries_all(SKBSCOPE_HOOK_TCX);
}

TEST(tables_of_another_shape_lose_nothing_under_load_by_clsact)
{
	carries_all(SKBSCOPE_HOOK_CLSACT);
}

#define TAILS(first, second)                                                                       \
	"/*\n * tails - a dispatcher and its targets\n *\n * @ingress count\n * @tail jumps[0] "   \
	"one\n * @tail jumps[1] two\n */\n" HEAD "BPF_PROG_ARRAY(jumps, 2);\n"                     \
	"BPF_PERCPU_ARRAY(packets, u64, 3);\n"                                                     \
	"int count(struct __sk_buff *skb)\n"                                                       \
	"{ jumps.call(skb, bpf_get_prandom_u32() & 1); packets.increment(2); return 0; }\n"        \
	"int " first "(struct __sk_buff *skb) { packets.increment(0); return 1; }\n"               \
	"int " second "(struct __sk_buff *skb) { packets.increment(1); return 2; }\n"

TEST(tail_calls_meet_the_functions_of_their_own_program)
{
	static const uint32_t keys[] = { 0, 1, 2 };
	int64_t counts[3];
	struct sender sender;
	struct turns turns;
	uint64_t sent;

	REQUIRE(fresh_network());
	REQUIRE(turns_begin(&turns, TAILS("one", "two"), TAILS("two", "one"), SKBSCOPE_HOOK_AUTO));
	REQUIRE(start(&sender));
	for (int i = 0; i < test_repeats(100); i++)
		REQUIRE(turn(&turns, NULL));
	sent = stop(&sender);
	for (int i = 0; i < 3; i++)
		counts[i] = number(&turns.fixture, "packets", keys[i]);
	CHECK(counts[0] > 0 && counts[1] > 0);
	CHECK_NUMBER(counts[2], 0); /* no tail call found its place empty */
	CHECK_NUMBER(counts[0] + counts[1], sent);
	/* Functions changed places, counts did not. */
	CHECK_NUMBER(verdicts_of(&turns.fixture, "one") + verdicts_of(&turns.fixture, "two"), sent);
	turns_end(&turns);
}

/* Programs or maps of this name in the kernel. */
static int loaded(const char *name, bool maps)
{
	uint32_t id = 0;
	int count = 0;

	while ((maps ? bpf_map_get_next_id(id, &id) : bpf_prog_get_next_id(id, &id)) == 0) {
		int fd = maps ? bpf_map_get_fd_by_id(id) : bpf_prog_get_fd_by_id(id);
		struct bpf_prog_info program;
		struct bpf_map_info map;
		uint32_t length = maps ? sizeof(map) : sizeof(program);

		memset(&program, 0, sizeof(program));
		memset(&map, 0, sizeof(map));
		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, maps ? (void *)&map : (void *)&program, &length) ==
		    0)
			count += strcmp(maps ? map.name : program.name, name) == 0;
		close(fd);
	}
	return count;
}

/* The kernel frees in its own time. Until then nobody should open a prog array by
 * its id: one that is opened between the closing of its last descriptor and its
 * clearing is never freed (Linux 6.18). */
static bool becomes(const char *name, bool maps, int expected)
{
	usleep(300000);
	WAIT_UNTIL(loaded(name, maps) == expected);
	if (loaded(name, maps) == expected)
		return true;
	fprintf(stderr, "%s: %d\n", name, loaded(name, maps));
	return false;
}

static long resident_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	if (!file || fscanf(file, "%*d %ld", &pages) != 1)
		pages = -1;
	if (file)
		fclose(file);
	return pages;
}

#ifdef __SANITIZE_ADDRESS__
#define KEEPS_FREED true /* for a while, to see it used */
#else
#define KEEPS_FREED false
#endif

#define GROWTH(value, functions)                                                                   \
	"/* @ingress swpgrow\n * @tail swpjumps[0] swptail */\n" HEAD "struct value { " value      \
	" };\n"                                                                                    \
	"BPF_HASH(swpmap, u32, struct value);\n"                                                   \
	"BPF_PROG_ARRAY(swpjumps, 1);\n" functions                                                 \
	"int swptail(struct __sk_buff *skb) { return 0; }\n"                                       \
	"int swpgrow(struct __sk_buff *skb)\n"                                                     \
	"{ struct value zero = {}, *v; u32 key = 0;\n"                                             \
	"  v = swpmap.lookup_or_try_init(&key, &zero); if (v) lock_xadd(&v->packets, 1);\n"        \
	"  swpjumps.call(skb, 0); return 0; }\n"

/* The same text with three letters of this process's own for each "swp": there is
 * one list of kernel objects, for everybody who runs this. */
static const char *own(const char *text)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static char texts[16][1024];
	static unsigned next;
	unsigned pid = (unsigned)getpid();
	char *out = texts[next++ % 16];

	snprintf(out, sizeof(texts[0]), "%s", text);
	for (char *at = out; (at = strstr(at, "swp")); at += 3) {
		at[0] = digits[pid % 26];
		at[1] = digits[pid / 26 % 36];
		at[2] = digits[pid / 26 / 36 % 36];
	}
	return out;
}

static void does_not_grow(enum skbscope_hook hook, int swaps)
{
	int descriptors = 0;
	struct turns turns;
	long pages = 0, grown = 0;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(turns_begin(&turns, own(GROWTH("u64 packets;", "")),
			    own(GROWTH("u64 more; u64 packets;",
				       "int swpnew(struct __sk_buff *skb) { return 0; }\n")),
			    hook));
	for (int i = 0; i < swaps; i++) {
		REQUIRE(turn(&turns, NULL));
		if (i == swaps / 5) {
			descriptors = fixture_descriptors();
			pages = resident_pages();
		}
	}
	CHECK(fixture_descriptors() - descriptors <= 1); /* one function and map less or more */
	grown = resident_pages() - pages;
	CHECK(KEEPS_FREED || grown < 64);
	CHECK(becomes(own("swpgrow"), false, 1));
	CHECK(becomes(own("swptail"), false, 1)); /* old prog arrays let go of it */
	CHECK(becomes(own("swpmap"), true, 1));
	turns_end(&turns);
	CHECK(becomes(own("swpgrow"), false, 0));
	CHECK(becomes(own("swpmap"), true, 0));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(swaps_that_migrate_rows_leave_nothing_behind_by_tcx)
{
	does_not_grow(SKBSCOPE_HOOK_TCX, test_repeats(100));
}

TEST(swaps_that_migrate_rows_leave_nothing_behind_by_clsact)
{
	does_not_grow(SKBSCOPE_HOOK_CLSACT, test_repeats(100));
}
