/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hot swap in the real kernel, under real packets: each is counted once whichever
 * program it met, tables and verdicts go on, and what fails changes nothing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "kernel/features.h"
#include "kernel/session.h"
#include "network.h"

#define HEAD "#include <uapi/linux/bpf.h>\n"

static const char counter[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
				   "int count(struct __sk_buff *skb)\n"
				   "{ packets.increment(0); return 0; }\n";
/* The same table, another instruction or two. */
static const char edited[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
				  "BPF_HASH(lengths, u32, u64);\n"
				  "int count(struct __sk_buff *skb)\n"
				  "{ u32 length = skb->len; lengths.increment(length);\n"
				  "  packets.increment(0); return 1; }\n";

static int attach_to(struct fixture *fixture, const char *const *interfaces, size_t count,
		     enum skbscope_hook hook)
{
	const struct skbscope_attach_options options = {
		.size = sizeof(options),
		.interfaces = interfaces,
		.interface_count = count,
		.hook = hook,
	};

	return skbscope_session_attach(fixture->session, &options, &fixture->error);
}

static bool attached(struct fixture *fixture, const char *text, enum skbscope_hook hook)
{
	static const char *const lo = "lo";

	if (!fixture_opened(fixture, text, (struct skbscope_session_options){ 0 }))
		return false;
	if (attach_to(fixture, &lo, 1, hook) == 0)
		return true;
	fprintf(stderr, "fixture: %s (%s)\n", fixture->error.message, fixture->error.hint);
	fixture_close(fixture);
	return false;
}

/* Swaps another text in, with the image's ownership. */
static int swap_text(struct fixture *fixture, const char *text,
		     const struct skbscope_swap_options *options, struct skbscope_swap **out)
{
	struct skbscope_image *image = fixture_compile(text);
	int r;

	if (!image)
		return -EINVAL;
	memset(&fixture->error, 0, sizeof(fixture->error));
	r = skbscope_session_swap(fixture->session, image, options, out, fixture->diagnostics,
				  &fixture->error);
	if (r < 0) {
		skbscope_image_free(image);
		return r;
	}
	skbscope_image_free(fixture->image);
	fixture->image = image;
	return 0;
}

static bool swapped(struct fixture *fixture, const char *text, struct skbscope_swap **out)
{
	int r = swap_text(fixture, text, NULL, out);

	if (r < 0)
		fprintf(stderr, "swap: %s (%s)\n", fixture->error.message, fixture->error.hint);
	return r == 0;
}

static int64_t number(struct fixture *fixture, const char *table, uint32_t key)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	int64_t result = fixture_number(snapshot, table, key);

	skbscope_snapshot_free(snapshot);
	return result;
}

static uint64_t verdicts_of(struct fixture *fixture, const char *function)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	uint64_t sum = 0;

	for (size_t i = 0; snapshot && i < snapshot->verdict_count; i++)
		if (strcmp(snapshot->verdicts[i].function, function) == 0)
			sum += snapshot->verdicts[i].packets;
	skbscope_snapshot_free(snapshot);
	return sum;
}

static void goes_on(enum skbscope_hook hook)
{
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, hook));
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, edited, &swap));
	REQUIRE(swap->table_count == 2);
	CHECK_TEXT(swap->tables[0].table, "packets");
	CHECK_NUMBER(swap->tables[0].carry, SKBSCOPE_CARRY_KEPT);
	CHECK_TEXT(swap->tables[1].table, "lengths");
	CHECK_NUMBER(swap->tables[1].carry, SKBSCOPE_CARRY_NEW);
	CHECK(swap->load_ns > 0 && swap->swap_ns > 0);
	skbscope_swap_free(swap);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	CHECK_NUMBER(number(&fixture, "packets", 0), 23);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42);
	REQUIRE(swapped(&fixture, counter, &swap));
	REQUIRE(swap->table_count == 2);
	CHECK_NUMBER(swap->tables[1].carry, SKBSCOPE_CARRY_GONE);
	skbscope_swap_free(swap);
	REQUIRE(send_packets(1));
	CHECK_NUMBER(number(&fixture, "packets", 0), 43);
	fixture_close(&fixture);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(a_table_of_the_same_shape_goes_on_by_tcx)
{
	goes_on(SKBSCOPE_HOOK_TCX);
}

TEST(a_table_of_the_same_shape_goes_on_by_clsact)
{
	goes_on(SKBSCOPE_HOOK_CLSACT);
}
