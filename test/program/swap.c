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
