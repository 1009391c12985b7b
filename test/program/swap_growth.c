/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many swaps in one process, thousands when tests soak: as much memory, as many descriptors,
 * maps, programs and links afterwards as before, and every packet of all that time
 * counted. Through the library, with versions compiled beforehand.
 */
#include <bpf/bpf.h>
#include <inttypes.h>
#include <malloc.h>
#include <unistd.h>

#include "network.h"

#define WARM_UP 207 /* allocators and caches reach their size, once in a process */
/* Bytes. What a thread has freed and malloc keeps for it counts as in use: some of each
 * size, by what happens to be freed. A swap that lost the smallest block would lose 32. */
#define CACHED 12288
#define SEND_EVERY 100
#ifdef __SANITIZE_ADDRESS__
#define SLACK_KB (512 + 1024) /* and what was freed is kept for a while: see below */
#else
#define SLACK_KB 512 /* pages that malloc keeps for itself */
#endif
#define OTHERS 500 /* kernel objects of whoever else is at work meanwhile */

/* What AddressSanitizer holds back to catch late uses would look like growth. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

struct inventory {
	uint64_t in_use;    /* bytes of malloc's */
	uint64_t anonymous; /* kB that are in memory */
	int descriptors;
	size_t ours;      /* programs and maps of our names */
	size_t everybody; /* programs, maps and links of the whole machine */
};

typedef int next_id(uint32_t id, uint32_t *next);

/* Names of our own: the kernel has one list for everybody. */
static char prefix[16];

static bool is_ours(const char *name)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static size_t count_objects(next_id *next, bool ours)
{
	size_t count = 0;

	for (uint32_t id = 0; next(id, &id) == 0;) {
		union {
			struct bpf_prog_info program;
			struct bpf_map_info map;
		} info = { 0 };
		uint32_t length =
			next == bpf_prog_get_next_id ? sizeof(info.program) : sizeof(info.map);
		int fd;

		if (!ours) {
			count++;
			continue;
		}
		fd = next == bpf_prog_get_next_id ? bpf_prog_get_fd_by_id(id)
						  : bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &length) == 0)
			count += is_ours(next == bpf_prog_get_next_id ? info.program.name
								      : info.map.name);
		close(fd);
	}
	return count;
}

static uint64_t anonymous_kb(void)
{
	FILE *stream = fopen("/proc/self/status", "re");
	uint64_t kb = 0;
	char line[128];

	while (stream && fgets(line, sizeof(line), stream))
		sscanf(line, "RssAnon: %" SCNu64, &kb);
	if (stream)
		fclose(stream);
	return kb;
}

static struct inventory take_inventory(void)
{
	return (struct inventory){
		.in_use = mallinfo2().uordblks,
		.anonymous = anonymous_kb(),
		.descriptors = fixture_descriptors(),
		.ours = count_objects(bpf_prog_get_next_id, true) +
			count_objects(bpf_map_get_next_id, true),
		.everybody = count_objects(bpf_prog_get_next_id, false) +
			     count_objects(bpf_map_get_next_id, false) +
			     count_objects(bpf_link_get_next_id, false),
	};
}

/* A version of the counter; with a LAYOUT its second table's rows are migrated. */
static struct skbscope_image *compile_version(int version, int layout)
{
	char text[1024];

	snprintf(prefix, sizeof(prefix), "g%x_", (unsigned)getpid());
	snprintf(text, sizeof(text),
		 "#include <uapi/linux/bpf.h>\n"
		 "struct row { %s u64 packets; };\n"
		 "BPF_PERCPU_ARRAY(%spackets, u64, 1);\n"
		 "BPF_HASH(%srows, u32, struct row, 23);\n"
		 "int %scount(struct __sk_buff *skb)\n"
		 "{\n"
		 "	u32 key = 0;\n"
		 "	struct row none = {}, *row = %srows.lookup_or_try_init(&key, &none);\n"
		 "	if (row)\n"
		 "		lock_xadd(&row->packets, 1);\n"
		 "	%spackets.increment(0);\n"
		 "	return %d;\n"
		 "}\n",
		 layout ? "u64 bytes;" : "", prefix, prefix, prefix, prefix, prefix, version);
	return fixture_compile(text);
}

static uint64_t number_of(const struct skbscope_snapshot *snapshot, const char *table)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s", prefix, table);
	return (uint64_t)fixture_number(snapshot, name, 0);
}

/* Swaps on, sending a packet now and then; false when a swap failed. */
static bool swap_times(struct skbscope_session *session, struct skbscope_image *const versions[2],
		       int times, int *sent)
{
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_error error = { 0 };
	int r = skbscope_diagnostics_new(&diagnostics);

	for (int i = 1; i <= times && r == 0; i++) {
		struct skbscope_snapshot *snapshot = NULL;
		struct skbscope_swap *swap = NULL;

		r = skbscope_session_swap(session, versions[i % 2], NULL, &swap, diagnostics,
					  &error);
		skbscope_swap_free(swap);
		if (r < 0)
			fprintf(stderr, "swap %d: %s (%s)\n", i, error.message, error.hint);
		if (r < 0 || i % SEND_EVERY)
			continue;
		*sent += send_packets(1) ? 1 : 0;
		r = skbscope_session_read(session, NULL, &snapshot, &error);
		skbscope_snapshot_free(snapshot);
	}
	skbscope_diagnostics_free(diagnostics);
	return r == 0;
}

/* The kernel lets go of what is closed in its own time. */
static struct inventory settled(size_t ours, size_t everybody)
{
	struct inventory now = take_inventory();

	for (unsigned i = 0;
	     i < 200 * test_slowness() && (now.ours > ours || now.everybody > everybody + OTHERS);
	     i++) {
		usleep(50000);
		now = take_inventory();
	}
	return now;
}

static void swaps_leave_nothing_behind(enum skbscope_hook hook, int times, int layout)
{
	const struct skbscope_session_options options = { .size = sizeof(options) };
	const char *const interface = "lo";
	const struct skbscope_attach_options attach = {
		.size = sizeof(attach), .interfaces = &interface, .interface_count = 1, .hook = hook
	};
	struct skbscope_image *versions[2];
	struct fixture fixture = { 0 };
	struct skbscope_snapshot *snapshot;
	static bool is_warm;
	const int first = is_warm ? 7 : WARM_UP;
	struct inventory before, after;
	int sent = 0;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	versions[0] = compile_version(0, 0);
	versions[1] = compile_version(1, layout);
	REQUIRE(versions[0] && versions[1]);
	REQUIRE(skbscope_session_open(versions[0], &options, &fixture.session, NULL,
				      &fixture.error) == 0);
	REQUIRE(skbscope_session_attach(fixture.session, &attach, &fixture.error) == 0);
	REQUIRE(swap_times(fixture.session, versions, first, &sent));
	is_warm = true;
	before = settled(3, 0); /* a program and two tables */
	CHECK_NUMBER(before.ours, 3);
	REQUIRE(swap_times(fixture.session, versions, times, &sent));
	after = settled(before.ours, before.everybody);
	CHECK_NUMBER(sent, first / SEND_EVERY + times / SEND_EVERY);

	CHECK_NUMBER(after.descriptors, before.descriptors);
	CHECK_NUMBER(after.ours, before.ours);
	CHECK(after.everybody < before.everybody + OTHERS);
	CHECK(after.in_use <= before.in_use + CACHED);
	CHECK(after.anonymous <= before.anonymous + SLACK_KB);
	printf("    %d swaps: %" PRIu64 " then %" PRIu64 " kB, %zu then %zu kernel objects\n",
	       times, before.anonymous, after.anonymous, before.everybody, after.everybody);

	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(number_of(snapshot, "packets"), sent);
	skbscope_snapshot_free(snapshot);
	skbscope_session_close(fixture.session);
	skbscope_image_free(versions[0]);
	skbscope_image_free(versions[1]);
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(many_swaps_leave_nothing_behind_by_tcx)
{
	swaps_leave_nothing_behind(SKBSCOPE_HOOK_TCX, test_repeats(5000), 0);
}

TEST(many_swaps_leave_nothing_behind_by_clsact)
{
	swaps_leave_nothing_behind(SKBSCOPE_HOOK_CLSACT, test_repeats(2000), 0);
}

TEST(swaps_that_migrate_rows_leave_nothing_behind)
{
	swaps_leave_nothing_behind(SKBSCOPE_HOOK_AUTO, test_repeats(1000), 1);
}
