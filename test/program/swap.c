/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hot swap in the real kernel, under real packets: each is counted once whichever
 * program it met, tables and verdicts go on, and what fails changes nothing.
 */
#include <bpf/bpf.h>
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

/* Sends datagrams to a socket that nobody reads, as fast as it can: what does not
 * fit into its buffer is dropped behind the hooks, without an answer. */
struct sender {
	pthread_t thread;
	atomic_bool stop;
	uint64_t sent;
};

static void *send_all(void *data)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	struct sender *sender = data;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(sock, (struct sockaddr *)&address, length) == 0 &&
	    getsockname(sock, (struct sockaddr *)&address, &length) == 0)
		while (!atomic_load(&sender->stop))
			sender->sent +=
				sendto(sock, "x", 1, 0, (struct sockaddr *)&address, length) == 1;
	close(sock);
	return NULL;
}

static bool start(struct sender *sender)
{
	memset(sender, 0, sizeof(*sender));
	return pthread_create(&sender->thread, NULL, send_all, sender) == 0;
}

static uint64_t stop(struct sender *sender)
{
	atomic_store(&sender->stop, true);
	pthread_join(sender->thread, NULL);
	usleep(20000); /* what is queued between egress and ingress */
	return sender->sent;
}

/* Two images in turn, under full load. */
struct turns {
	struct fixture fixture;
	struct skbscope_image *images[2];
	int current;
};

static bool turns_begin(struct turns *turns, const char *first, const char *second,
			enum skbscope_hook hook)
{
	memset(turns, 0, sizeof(*turns));
	if (!attached(&turns->fixture, first, hook))
		return false;
	turns->images[0] = turns->fixture.image;
	turns->images[1] = fixture_compile(second);
	return turns->images[1] != NULL;
}

static bool turn(struct turns *turns, struct skbscope_swap **out)
{
	turns->current = !turns->current;
	if (skbscope_session_swap(turns->fixture.session, turns->images[turns->current], NULL, out,
				  turns->fixture.diagnostics, &turns->fixture.error) == 0)
		return true;
	fprintf(stderr, "swap: %s (%s)\n", turns->fixture.error.message, turns->fixture.error.hint);
	return false;
}

static void turns_end(struct turns *turns)
{
	fixture_close(&turns->fixture); /* and the first image */
	skbscope_image_free(turns->images[1]);
}

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

TEST(no_packet_is_missed_or_counted_twice_over_300_swaps_by_tcx)
{
	counts_all(counter, moved, SKBSCOPE_HOOK_TCX, 300);
}

TEST(no_packet_is_missed_or_counted_twice_over_300_swaps_by_clsact)
{
	counts_all(counter, moved, SKBSCOPE_HOOK_CLSACT, 300);
}

#define TABLES_HEAD(members)                                                                       \
	"/*\n * tables - every kind of table that is carried\n *\n * @ingress count\n */\n" HEAD   \
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
	REQUIRE(turns_begin(&turns, narrow, wide, hook));
	REQUIRE(start(&sender));
	for (int i = 0; i < 51; i++) {
		struct skbscope_swap *swap = NULL;

		REQUIRE(turn(&turns, &swap));
		REQUIRE(swap->table_count == 5);
		for (size_t t = 0; t < swap->table_count; t++) {
			CHECK_NUMBER(swap->tables[t].carry, SKBSCOPE_CARRY_CARRIED);
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
	REQUIRE(turns_begin(&turns, TAILS("one", "two"), TAILS("two", "one"), SKBSCOPE_HOOK_TCX));
	REQUIRE(start(&sender));
	for (int i = 0; i < 100; i++)
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

TEST(verdicts_follow_their_function_to_another_place)
{
	static const char two[] =
		"/* @ingress count */\n" HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
		"int other(struct __sk_buff *skb) { return 2; }\n"
		"int count(struct __sk_buff *skb)\n"
		"{ packets.increment(0); return 0; }\n";
	static const char renamed[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
					   "int tally(struct __sk_buff *skb)\n"
					   "{ packets.increment(0); return 0; }\n";
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_TCX));
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, two, NULL));
	REQUIRE(send_packets(19));
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42);
	REQUIRE(swapped(&fixture, renamed, NULL));
	REQUIRE(send_packets(5));
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42); /* gone, but given */
	CHECK_NUMBER(verdicts_of(&fixture, "tally"), 5);
	REQUIRE(swapped(&fixture, counter, NULL));
	REQUIRE(send_packets(1));
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 43);
	CHECK_NUMBER(verdicts_of(&fixture, "tally"), 5);
	CHECK_NUMBER(number(&fixture, "packets", 0), 48);
	fixture_close(&fixture);
}

TEST(many_renamed_functions_lose_no_verdict)
{
	struct fixture fixture;
	struct skbscope_snapshot *snapshot;
	uint64_t sum = 0;
	char text[256];

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_TCX));
	for (int i = 0; i < 80; i++) {
		snprintf(text, sizeof(text), HEAD "int f%d(struct __sk_buff *skb) { return 0; }\n",
			 i);
		REQUIRE(send_packets(1));
		REQUIRE(swapped(&fixture, text, NULL));
	}
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	for (size_t i = 0; i < snapshot->verdict_count; i++)
		sum += snapshot->verdicts[i].packets;
	CHECK_NUMBER(sum, 80);
	CHECK(snapshot->verdict_count < 70);
	CHECK(fixture_verdicts(snapshot, "(earlier functions)", 0) > 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(reset_starts_tables_and_verdicts_empty)
{
	const struct skbscope_swap_options options = { .size = sizeof(options), .reset = true };
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_TCX));
	REQUIRE(send_packets(23));
	REQUIRE(swap_text(&fixture, counter, &options, &swap) == 0);
	REQUIRE(swap->table_count == 1);
	CHECK_NUMBER(swap->tables[0].carry, SKBSCOPE_CARRY_EMPTY);
	skbscope_swap_free(swap);
	CHECK_NUMBER(number(&fixture, "packets", 0), 0);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 0);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 19);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 19);
	fixture_close(&fixture);
}

/* Whatever stops a swap, the old program goes on counting in the old tables. */
static void keeps_the_old(const char *bad, int code, const char *words)
{
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;
	uint32_t id;
	int descriptors, r;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	REQUIRE(send_packets(23));
	id = fixture.session->hooks[0].program_id;
	descriptors = fixture_descriptors();
	r = swap_text(&fixture, bad, NULL, &swap);
	CHECK_NUMBER(r, code);
	CHECK(!swap);
	CHECK_CONTAINS(fixture.error.message, words);
	CHECK_NUMBER(fixture_descriptors(), descriptors);
	CHECK_NUMBER(fixture.session->hooks[0].program_id, id);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42);
	fixture_close(&fixture);
}

TEST(what_the_verifier_refuses_leaves_the_old_program)
{
	keeps_the_old(HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
			   "BPF_HASH(lengths, u32, u64);\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{ u32 length = skb->len; u64 *p = lengths.lookup(&length);\n"
			   "  *p += 1; packets.increment(0); return 0; }\n",
		      -EACCES, "verifier");
}

TEST(a_table_larger_than_memory_leaves_the_old_program)
{
	keeps_the_old(HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
			   "BPF_HASH(huge, u64, u64, 2000000000);\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{ u64 zero = 0; huge.increment(zero); packets.increment(0);\n"
			   "  return 0; }\n",
		      -ENOMEM, "'huge'");
}

TEST(a_larger_table_that_does_not_fit_leaves_its_rows_where_they_are)
{
	keeps_the_old(HEAD "BPF_PERCPU_ARRAY(packets, u64, 2000000000);\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{ packets.increment(0); return 0; }\n",
		      -ENOMEM, "'packets'");
}

TEST(a_program_that_changes_packets_leaves_the_old_one)
{
	keeps_the_old(HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{ packets.increment(0); skb->mark = 1; return 0; }\n",
		      -EPERM, "'count'");
}

TEST(several_functions_without_a_word_leave_the_old_program)
{
	keeps_the_old(HEAD "int a(struct __sk_buff *skb) { return 0; }\n"
			   "int b(struct __sk_buff *skb) { return 0; }\n",
		      -EINVAL, "several functions");
}

static const char in_only[] = "/* @ingress in */\n" HEAD "BPF_PERCPU_ARRAY(packets, u64, 2);\n"
			      "int in(struct __sk_buff *skb)\n"
			      "{ packets.increment(0); return 0; }\n";
static const char out_only[] = "/* @egress out */\n" HEAD "BPF_PERCPU_ARRAY(packets, u64, 2);\n"
			       "int out(struct __sk_buff *skb)\n"
			       "{ packets.increment(1); return 0; }\n";
static const char both_ways[] =
	"/* @ingress in\n * @egress out */\n" HEAD "BPF_PERCPU_ARRAY(packets, u64, 2);\n"
	"int in(struct __sk_buff *skb)\n"
	"{ packets.increment(0); return 0; }\n"
	"int out(struct __sk_buff *skb)\n"
	"{ packets.increment(1); return 0; }\n";

static void directions_come_and_go(enum skbscope_hook hook)
{
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, in_only, hook));
	REQUIRE(send_packets(1));
	REQUIRE(swapped(&fixture, both_ways, NULL));
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 2);
	REQUIRE(send_packets(10));
	CHECK_NUMBER(number(&fixture, "packets", 0), 11);
	CHECK_NUMBER(number(&fixture, "packets", 1), 10);
	REQUIRE(swapped(&fixture, out_only, NULL));
	CHECK_NUMBER(fixture.session->hook_count, 1);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	REQUIRE(send_packets(100));
	CHECK_NUMBER(number(&fixture, "packets", 0), 11);
	CHECK_NUMBER(number(&fixture, "packets", 1), 110);
	REQUIRE(swapped(&fixture, in_only, NULL)); /* nothing in common */
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	REQUIRE(send_packets(1000));
	CHECK_NUMBER(number(&fixture, "packets", 0), 1011);
	CHECK_NUMBER(number(&fixture, "packets", 1), 110);
	fixture_close(&fixture);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(directions_come_and_go_with_the_program_by_tcx)
{
	directions_come_and_go(SKBSCOPE_HOOK_TCX);
}

TEST(directions_come_and_go_with_the_program_by_clsact)
{
	directions_come_and_go(SKBSCOPE_HOOK_CLSACT);
}

/* Two interfaces beside lo; the first to go is swp0. */
static const char *const three[] = { "lo", "swp0", "swp1" };

static bool three_interfaces(struct fixture *fixture, enum skbscope_hook hook)
{
	return fresh_network() &&
	       run("ip link add swp0 type veth peer name swq0 && "
		   "ip link add swp1 type veth peer name swq1") &&
	       fixture_opened(fixture, counter, (struct skbscope_session_options){ 0 }) &&
	       attach_to(fixture, three, 3, hook) == 0;
}

static void interface_goes(enum skbscope_hook hook)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	int r;

	REQUIRE(three_interfaces(&fixture, hook));
	REQUIRE(send_packets(23));
	REQUIRE(run("ip link del swp0"));
	REQUIRE(swapped(&fixture, edited, NULL));
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 2);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot && snapshot->hook_count == 3);
	for (int i = 0; i < 3; i++) {
		CHECK_TEXT(snapshot->hooks[i].interface, three[i]);
		CHECK_NUMBER(snapshot->hooks[i].attached, i != 1);
		CHECK_TEXT(snapshot->hooks[i].function, "count");
	}
	skbscope_snapshot_free(snapshot);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	/* A direction that appears finds the interfaces that are left. */
	REQUIRE(swapped(&fixture, both_ways, NULL));
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 4);
	fixture_close(&fixture);
	CHECK_NUMBER(ledger_entries(), 0);

	/* And when it was the only one, there is nothing to swap. */
	REQUIRE(fresh_network());
	REQUIRE(run("ip link add swp0 type veth peer name swq0"));
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	REQUIRE(attach_to(&fixture, three + 1, 1, hook) == 0);
	REQUIRE(run("ip link del swp0"));
	r = swap_text(&fixture, edited, NULL, NULL);
	CHECK_NUMBER(r, -ENODEV);
	CHECK_CONTAINS(fixture.error.message, "no hook is left");
	fixture_close(&fixture);
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(a_swap_goes_on_without_an_interface_that_is_gone_by_tcx)
{
	interface_goes(SKBSCOPE_HOOK_TCX);
}

TEST(a_swap_goes_on_without_an_interface_that_is_gone_by_clsact)
{
	interface_goes(SKBSCOPE_HOOK_CLSACT);
}

TEST(a_swap_finds_a_namespace_that_is_gone)
{
	static const char *const lo = "lo";
	struct skbscope_attach_options options = { .size = sizeof(options),
						   .interfaces = &lo,
						   .interface_count = 1,
						   .hook = SKBSCOPE_HOOK_CLSACT,
						   .netns = "swap-there" };
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(run("ip netns add swap-there && ip -n swap-there link set lo up"));
	REQUIRE(fixture_opened(&fixture, in_only, (struct skbscope_session_options){ 0 }));
	REQUIRE(skbscope_session_attach(fixture.session, &options, &fixture.error) == 0);
	REQUIRE(swapped(&fixture, both_ways, NULL)); /* from outside */
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 2);
	REQUIRE(run("ip netns exec swap-there bash -c "
		    "'for i in {1..23}; do echo x >/dev/udp/127.0.0.1/9; done' 2>/dev/null "
		    "|| true"));
	CHECK(number(&fixture, "packets", 0) >= 23);
	CHECK(number(&fixture, "packets", 1) >= 23);
	REQUIRE(run("ip netns del swap-there"));
	usleep(300000);
	CHECK(swap_text(&fixture, in_only, NULL, NULL) < 0);
	fixture_close(&fixture);
	CHECK_NUMBER(ledger_entries(), 0);
}

/* Someone replaces the program of our link on the last of three interfaces. */
TEST(a_hook_that_was_taken_over_stops_the_swap_on_all)
{
	LIBBPF_OPTS(bpf_link_update_opts, none);
	struct fixture fixture, stranger;
	uint32_t ids[3];
	int r;

	REQUIRE(three_interfaces(&fixture, SKBSCOPE_HOOK_TCX));
	REQUIRE(fixture_opened(&stranger, counter, (struct skbscope_session_options){ 0 }));
	for (int i = 0; i < 3; i++)
		ids[i] = fixture.session->hooks[i].program_id;
	REQUIRE(bpf_link_update(fixture.session->hooks[2].link, stranger.session->programs[0].fd,
				&none) == 0);
	r = swap_text(&fixture, edited, NULL, NULL);
	CHECK_NUMBER(r, -EBUSY);
	CHECK_CONTAINS(fixture.error.message, "'swp1'");
	for (int i = 0; i < 3; i++)
		CHECK_NUMBER(fixture.session->hooks[i].program_id, ids[i]);
	REQUIRE(send_packets(23));
	CHECK_NUMBER(number(&fixture, "packets", 0), 23);
	REQUIRE(bpf_link_update(fixture.session->hooks[2].link, fixture.session->programs[0].fd,
				&none) == 0);
	REQUIRE(swapped(&fixture, edited, NULL));
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 3);
	fixture_close(&stranger);
	fixture_close(&fixture);
}

static const char enforced[] =
	"/* @ingress in\n * @egress out */\n" HEAD "BPF_PERCPU_ARRAY(packets, u64, 2);\n"
	"int in(struct __sk_buff *skb)\n"
	"{ packets.increment(0); skb->mark = 7; return 0; }\n"
	"int out(struct __sk_buff *skb)\n"
	"{ packets.increment(1); return 0; }\n";

/* The last step fails: an egress side cannot be had beside a stranger's "ingress"
 * qdisc. The others are put back. */
TEST(a_swap_that_fails_half_way_is_taken_back)
{
	static const char *const two[] = { "lo", "swp0" };
	struct fixture fixture;
	size_t before;
	int r;

	REQUIRE(fresh_network());
	REQUIRE(run("ip link add swp0 type veth peer name swq0 && tc qdisc add dev swp0 ingress"));
	REQUIRE(fixture_opened(&fixture, in_only,
			       (struct skbscope_session_options){ .enforce = true }));
	REQUIRE(attach_to(&fixture, two, 2, SKBSCOPE_HOOK_CLSACT) == 0);
	REQUIRE(send_packets(23));
	before = filters(1, SKBSCOPE_INGRESS);
	r = swap_text(&fixture, enforced, NULL, NULL);
	CHECK_NUMBER(r, -EBUSY);
	CHECK_CONTAINS(fixture.error.message, "'swp0'");
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 2);
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), before);
	CHECK_NUMBER(filters(1, SKBSCOPE_EGRESS), 0);
	CHECK_NUMBER(ledger_entries(), 2);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	CHECK_NUMBER(verdicts_of(&fixture, "in"), 42);
	REQUIRE(swapped(&fixture, in_only, NULL));
	fixture_close(&fixture);
	CHECK_NUMBER(ledger_entries(), 0);
	CHECK(run("tc qdisc show dev swp0 | grep -q ingress"));
}

TEST(rates_go_on_where_the_table_does)
{
	static const char more[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 2);\n"
					"int count(struct __sk_buff *skb)\n"
					"{ packets.increment(0); return 0; }\n";
	struct skbscope_snapshot *snapshot;
	const struct skbscope_table *table;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_TCX));
	REQUIRE(send_packets(23));
	skbscope_snapshot_free(fixture_read(&fixture));
	REQUIRE(swapped(&fixture, edited, NULL));
	REQUIRE(send_packets(19));
	usleep(1000);
	snapshot = fixture_read(&fixture);
	table = fixture_table(snapshot, "packets");
	REQUIRE(table && table->rates && table->row_count == 1);
	CHECK(fabs(table->rates[1] * (double)snapshot->interval_ns / 1e9 - 19) < 1e-3);
	/* The table that is new has no rate yet. */
	table = fixture_table(snapshot, "lengths");
	REQUIRE(table && table->rates && table->row_count == 1);
	CHECK(isnan(table->rates[1]));
	skbscope_snapshot_free(snapshot);

	REQUIRE(swapped(&fixture, more, NULL));
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(fixture_number(snapshot, "packets", 0), 42);
	table = fixture_table(snapshot, "packets");
	REQUIRE(table && table->rates);
	CHECK(isnan(table->rates[1]));
	skbscope_snapshot_free(snapshot);
	usleep(1000);
	snapshot = fixture_read(&fixture);
	table = fixture_table(snapshot, "packets");
	REQUIRE(table && table->rates);
	CHECK_NEAR(table->rates[1], 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(a_line_says_what_was_carried_and_what_was_not)
{
	static const char before[] =
		HEAD "struct seen { u32 bytes; u64 gone; };\n"
		     "BPF_HASH(flows, u32, struct seen);\n"
		     "BPF_HASH(other, u32, u64);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{ struct seen zero = {}, *s; u32 key = skb->len; u64 one = 1;\n"
		     "  s = flows.lookup_or_try_init(&key, &zero); if (s) s->bytes += skb->len;\n"
		     "  other.update(&key, &one); return 0; }\n";
	static const char after[] =
		HEAD "struct seen { u64 drops; u64 bytes; };\n"
		     "BPF_HASH(flows, u32, struct seen);\n"
		     "BPF_QUEUE(other, u64, 23);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{ struct seen zero = {}, *s; u32 key = skb->len; u64 one = 1;\n"
		     "  s = flows.lookup_or_try_init(&key, &zero); if (s) s->bytes += skb->len;\n"
		     "  other.push(&one, 0); return 0; }\n";
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, before, SKBSCOPE_HOOK_TCX));
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, after, &swap));
	REQUIRE(swap->table_count == 2);
	CHECK_NUMBER(swap->tables[0].carry, SKBSCOPE_CARRY_CARRIED);
	CHECK_NUMBER(swap->tables[0].rows, 1);
	CHECK_CONTAINS(swap->tables[0].text, "bytes");
	CHECK_CONTAINS(swap->tables[0].text, "drops");
	CHECK_CONTAINS(swap->tables[0].text, "gone");
	CHECK_NUMBER(swap->tables[1].carry, SKBSCOPE_CARRY_REFUSED);
	CHECK(swap->tables[1].text[0]);
	fprintf(stderr, "flows: %s\nother: %s\n", swap->tables[0].text, swap->tables[1].text);
	skbscope_swap_free(swap);
	fixture_close(&fixture);
}

#define PIN "/sys/fs/bpf/skbscope-test-swap"
#define PINNED(entries)                                                                            \
	HEAD "BPF_TABLE_PINNED(\"array\", u32, u64, packets, " entries ", \"" PIN "\");\n"         \
	     "int count(struct __sk_buff *skb) { packets.increment(0); return 0; }\n"

static bool mount_bpffs(void)
{
	return private_run() && (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) == 0);
}

TEST(a_pinned_table_keeps_its_pin_and_a_failed_swap_makes_none)
{
	const struct skbscope_swap_options reset = { .size = sizeof(reset), .reset = true };
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;
	int r;

	REQUIRE(fresh_network());
	REQUIRE(mount_bpffs());
	/* What fails after the pin was made takes it back. */
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_TCX));
	r = swap_text(&fixture,
		      HEAD "BPF_TABLE_PINNED(\"hash\", u32, u64, packets, 1, \"" PIN "\");\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{ u32 k = 0; u64 *p = packets.lookup(&k); *p += 1; return 0; }\n",
		      NULL, NULL);
	CHECK_NUMBER(r, -EACCES);
	CHECK(access(PIN, F_OK) < 0);
	/* A table that becomes a pinned one brings its rows. */
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, PINNED("1"), &swap));
	CHECK_NUMBER(swap->tables[0].carry, SKBSCOPE_CARRY_CARRIED);
	skbscope_swap_free(swap);
	CHECK(access(PIN, F_OK) == 0);
	CHECK_NUMBER(number(&fixture, "packets", 0), 23);
	/* The same pin is the same table, and is not emptied. */
	REQUIRE(swap_text(&fixture, PINNED("1"), &reset, &swap) == 0);
	CHECK_NUMBER(swap->tables[0].carry, SKBSCOPE_CARRY_KEPT);
	CHECK_CONTAINS(swap->tables[0].text, "not emptied");
	skbscope_swap_free(swap);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	/* Another shape under the same pin cannot be. */
	r = swap_text(&fixture, PINNED("2"), NULL, NULL);
	CHECK_NUMBER(r, -EEXIST);
	CHECK_CONTAINS(fixture.error.message, PIN);
	CHECK(access(PIN, F_OK) == 0);
	REQUIRE(send_packets(1));
	CHECK_NUMBER(number(&fixture, "packets", 0), 43);
	fixture_close(&fixture);
	CHECK(access(PIN, F_OK) == 0);
	CHECK(unlink(PIN) == 0);
	CHECK(umount("/sys/fs/bpf") == 0);
}

static const struct skbscope_function_cost *cost_of(const struct skbscope_function_cost *costs,
						    size_t count, const char *function)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(costs[i].function, function) == 0)
			return &costs[i];
	return NULL;
}

TEST(costs_are_measured_before_and_after)
{
	static const char dear[] =
		HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{ u64 now = 0;\n"
		     "  for (int i = 0; i < 500; i++) now += bpf_ktime_get_ns();\n"
		     "  if (now) packets.increment(0);\n"
		     "  return 0; }\n";
	const struct skbscope_function_cost *cost;
	struct skbscope_costs *costs = NULL;
	struct skbscope_swap *swap = NULL;
	static const char *const lo = "lo";
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(fixture_opened(&fixture, counter,
			       (struct skbscope_session_options){ .measure = true }));
	REQUIRE(attach_to(&fixture, &lo, 1, SKBSCOPE_HOOK_TCX) == 0);
	REQUIRE(skbscope_session_costs(fixture.session, &costs, &fixture.error) == 0);
	cost = cost_of(costs->functions, costs->count, "count");
	REQUIRE(cost);
	CHECK(isnan(cost->run_ns_before) && isnan(cost->run_ns_after));
	CHECK(cost->verified_after > 0 && cost->verified_before == 0);
	skbscope_costs_free(costs);
	REQUIRE(send_packets(123));
	REQUIRE(swapped(&fixture, dear, &swap));
	cost = cost_of(swap->costs, swap->cost_count, "count");
	REQUIRE(cost);
	CHECK(cost->run_ns_before > 0);
	CHECK_NUMBER(cost->runs_before, 123);
	CHECK(isnan(cost->run_ns_after));
	CHECK(cost->verified_after > cost->verified_before && cost->verified_before > 0);
	skbscope_swap_free(swap);
	REQUIRE(send_packets(77));
	REQUIRE(skbscope_session_costs(fixture.session, &costs, &fixture.error) == 0);
	cost = cost_of(costs->functions, costs->count, "count");
	REQUIRE(cost);
	CHECK_NUMBER(cost->runs_after, 77);
	CHECK_NUMBER(cost->runs_before, 123);
	CHECK(cost->run_ns_after > 3 * cost->run_ns_before);
	skbscope_costs_free(costs);
	fixture_close(&fixture);
}

TEST(a_session_that_is_not_attached_is_swapped_too)
{
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	CHECK(fixture_feed(&fixture, "count", 23) != INT32_MAX);
	REQUIRE(swapped(&fixture, edited, NULL));
	CHECK(fixture_feed(&fixture, "count", 19) != INT32_MAX);
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	fixture_close(&fixture);
}

TEST(a_session_opened_for_checking_is_not_swapped)
{
	struct fixture fixture;
	int r;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, counter,
			       (struct skbscope_session_options){ .every_function = true }));
	r = swap_text(&fixture, edited, NULL, NULL);
	CHECK_NUMBER(r, -EINVAL);
	fixture_close(&fixture);
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

/* The kernel frees in its own time. */
static bool becomes(const char *name, bool maps, int expected)
{
	for (int i = 0; i < 100; i++) {
		if (loaded(name, maps) == expected)
			return true;
		usleep(50000);
	}
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

/* Names that no other test's kernel objects have. */
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

static void does_not_grow(enum skbscope_hook hook, int swaps)
{
	int descriptors = 0;
	struct turns turns;
	long pages = 0;

	REQUIRE(fresh_network());
	REQUIRE(turns_begin(&turns, GROWTH("u64 packets;", ""),
			    GROWTH("u64 more; u64 packets;",
				   "int swpnew(struct __sk_buff *skb) { return 0; }\n"),
			    hook));
	for (int i = 0; i < swaps; i++) {
		REQUIRE(turn(&turns, NULL));
		if (i == swaps / 5) {
			descriptors = fixture_descriptors();
			pages = resident_pages();
		}
	}
	CHECK(fixture_descriptors() - descriptors <= 1); /* one function and map less or more */
	CHECK(resident_pages() - pages < 64);
	CHECK(becomes("swpgrow", false, 1));
	CHECK(becomes("swptail", false, 1));
	CHECK(becomes("swpmap", true, 1));
	CHECK(becomes("swpjumps", true, 1));
	CHECK(!loaded("skb_adder", false) || becomes("skb_adder", false, 0));
	turns_end(&turns);
	CHECK(becomes("swpgrow", false, 0));
	CHECK(becomes("swpmap", true, 0));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(a_thousand_swaps_leave_nothing_behind_by_tcx)
{
	does_not_grow(SKBSCOPE_HOOK_TCX, 1000);
}

TEST(a_hundred_swaps_leave_nothing_behind_by_clsact)
{
	does_not_grow(SKBSCOPE_HOOK_CLSACT, 100);
}
