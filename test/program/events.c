/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of compiled programs, through the library: their types, and that what is received
 * and what is lost are what was submitted, whatever happens to the program meanwhile.
 */
#include "fixture.h"

#include <pthread.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "image/events.h"

#define PAGE 4096u
#define HEADERS "#include <uapi/linux/bpf.h>\n#include <skbscope/types.h>\n"

/* What a drain has brought, of one table or of all. */
struct seen {
	const char *table; /* NULL: any */
	uint64_t count, numbers, wrong;
	size_t rest;
	char text[512]; /* the columns of the latest, "name=number " */
};

static uint64_t number_of(const struct skbscope_column *column, const uint8_t *value)
{
	uint64_t number = 0;

	for (uint32_t bit = 0; bit < column->bit_size && bit < 64; bit++) {
		const uint32_t at = column->bit_offset + bit;

		number |= (uint64_t)(value[at / 8] >> at % 8 & 1) << bit;
	}
	return number;
}

static int see(void *context, const struct skbscope_event *event)
{
	const struct skbscope_schema *schema = event->record.schema;
	struct seen *seen = context;
	size_t length = 0;

	if (seen->table && strcmp(seen->table, schema->table) != 0)
		return 0;
	seen->wrong += event->number != ++seen->count;
	seen->rest = event->rest_size;
	seen->text[0] = '\0';
	for (size_t i = 0; i < schema->column_count && length < sizeof(seen->text); i++)
		length += (size_t)snprintf(
			seen->text + length, sizeof(seen->text) - length, "%s%s=%llu", i ? " " : "",
			schema->columns[i].name,
			(unsigned long long)number_of(&schema->columns[i], event->record.value));
	return 0;
}

static uint64_t drain(struct fixture *fixture, struct seen *seen)
{
	struct skbscope_error error = { 0 };
	uint64_t count = 0;

	if (skbscope_session_drain(fixture->session, 0, see, seen, &count, &error) != 0) {
		fprintf(stderr, "drain: %s\n", error.message);
		return UINT64_MAX;
	}
	return count;
}

static const struct skbscope_session_options usual = { .buffer_bytes = 0 };

static void check_event(const char *program, const char *expected)
{
	struct seen seen = { .table = "events" };
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, program, usual));
	CHECK(fixture_feed(&fixture, "f", 1) != INT32_MAX);
	CHECK_NUMBER(drain(&fixture, &seen), 1);
	CHECK_TEXT(seen.text, expected);
	fixture_close(&fixture);
}

#define FUNCTION "int f(struct __sk_buff *skb)\n{\n"

static const char shapes[] = HEADERS
	"BPF_PERF_OUTPUT(events);\n"
	"enum state { IDLE, BUSY };\n"
	"struct inner { u8 low:3, high:5; u16 port; };\n"
	"struct event {\n"
	"	u8 kind; u32 len; struct inner in; enum state state; u64 wide:40, rest:24;\n"
	"	union { u32 number; u8 bytes[4]; }; u16 tail;\n"
	"} __attribute__((packed));\n" FUNCTION "	struct event e = { .kind = 1, .len = "
	"skb->len, .in = { 5, 17, 99 }, .state = BUSY };\n"
	"	e.wide = 0x123456789aULL;\n"
	"	e.rest = 7;\n"
	"	e.number = 65;\n"
	"	e.tail = 3;\n"
	"	events.perf_submit(skb, &e, sizeof(e));\n"
	"	return -1;\n}\n";

TEST(bit_fields_nested_packed_and_unions_are_what_the_compiler_made_of_them)
{
	check_event(shapes, "kind=1 len=60 in.low=5 in.high=17 in.port=99 state=1 "
			    "wide=78187493530 value.rest=7 number=65 bytes=65 tail=3");
}

TEST(a_number_a_member_and_what_a_pointer_leads_to_have_their_types_too)
{
	check_event(HEADERS "BPF_RINGBUF_OUTPUT(events, 8);\n" FUNCTION
			    "	u32 number = skb->len;\n"
			    "	events.ringbuf_output(&number, sizeof(number), 0);\n"
			    "	return -1;\n}\n",
		    "value=60");
	check_event(HEADERS "BPF_PERF_OUTPUT(events);\n"
			    "struct all { u32 first; struct part { u16 a, b; } part; };\n" FUNCTION
			    "	struct all all = { .part = { 3, 4 } };\n"
			    "	struct part *part = &all.part;\n"
			    "	events.perf_submit(skb, (void *)part,\n"
			    "		sizeof(*part));\n"
			    "	return -1;\n}\n",
		    "a=3 b=4");
	check_event(HEADERS "BPF_RINGBUF_OUTPUT(events, 8);\n"
			    "struct event { u64 a; u32 b; };\n" FUNCTION
			    "	struct event *e = events.ringbuf_reserve(sizeof(*e));\n"
			    "	if (!e)\n		return -1;\n"
			    "	e->a = 5; e->b = 6;\n"
			    "	events.ringbuf_submit(e, 0);\n"
			    "	return -1;\n}\n",
		    "a=5 b=6");
}

TEST(bytes_are_bytes)
{
	check_event(HEADERS "BPF_PERF_OUTPUT(events);\n" FUNCTION "	u8 bytes[4] = { 1, 2 };\n"
			    "	events.perf_submit(skb, bytes, sizeof(bytes));\n"
			    "	return -1;\n}\n",
		    "value=513");
	check_event(HEADERS "BPF_PERF_OUTPUT(events);\n" FUNCTION "	u32 number = 258;\n"
			    "	void *any = &number;\n"
			    "	events.perf_submit(skb, any, 4);\n"
			    "	return -1;\n}\n",
		    "value=258");
}

static const char two_structs[] =
	"BPF_RINGBUF_OUTPUT(events, 8);\n"
	"struct small { u32 a; };\n"
	"struct large { u32 a, b; };\n" FUNCTION "	struct small small = { 1 };\n"
	"	struct large large = { 2, 3 };\n"
	"	events.ringbuf_output(&small, sizeof(small), 0);\n"
	"	events.ringbuf_output(&large, sizeof(large), 0);\n"
	"	return -1;\n}\n";

TEST(two_structs_on_one_table_are_refused_unless_a_tag_says_which)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct seen seen = { .table = "events" };
	struct fixture fixture;

	buffer_printf(&text, HEADERS "%s", two_structs);
	fixture_open(&fixture, buffer_text(&text), usual);
	CHECK(fixture.result < 0);
	CHECK_TEXT(fixture.error.message, "both 'struct small' and 'struct large' are submitted to "
					  "the table 'events'");
	CHECK(strstr(fixture.error.hint, "@event events"));
	fixture_close(&fixture);
	buffer_clear(&text);
	buffer_printf(&text, "/* @event events struct large */\n" HEADERS "%s", two_structs);
	REQUIRE(fixture_opened(&fixture, buffer_text(&text), usual));
	CHECK(fixture_feed(&fixture, "f", 1) != INT32_MAX);
	CHECK_NUMBER(drain(&fixture, &seen), 2);
	CHECK_TEXT(seen.text, "a=2 b=3");
	fixture_close(&fixture);
}

/* Of the smaller one, whose second member was not submitted. */
static int see_first(void *context, const struct skbscope_event *event)
{
	*(struct skbscope_event *)context = *event;
	return -ECANCELED;
}

TEST(an_event_that_is_shorter_than_its_struct_says_so)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_event first = { .size = 0 };
	struct skbscope_error error;
	struct seen seen = { .table = NULL };
	struct fixture fixture;
	uint64_t count = 0;

	buffer_printf(&text, "/* @event events struct large */\n" HEADERS "%s", two_structs);
	REQUIRE(fixture_opened(&fixture, buffer_text(&text), usual));
	CHECK(fixture_feed(&fixture, "f", 1) != INT32_MAX);
	CHECK_NUMBER(skbscope_session_drain(fixture.session, 0, see_first, &first, &count, &error),
		     1);
	CHECK_NUMBER(count, 1);
	CHECK_NUMBER(first.size, 4);
	CHECK_NUMBER(first.rest_size, 0);
	CHECK_TEXT(first.function, "f");
	seen.count = 1;
	CHECK_NUMBER(drain(&fixture, &seen), 1);
	CHECK_NUMBER(seen.wrong, 0);
	fixture_close(&fixture);
}

TEST(the_packet_is_behind_the_struct)
{
	static const char program[] =
		HEADERS "BPF_PERF_OUTPUT(events);\nstruct event { u64 a; u32 b; };\n" FUNCTION
			"	struct event e = { .a = 5, .b = 6 };\n"
			"	events.perf_submit_skb(skb, skb->len, &e, 12);\n"
			"	return -1;\n}\n";
	struct seen seen = { .table = "events" };
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, program, usual));
	CHECK(fixture_feed(&fixture, "f", 3) != INT32_MAX);
	CHECK_NUMBER(drain(&fixture, &seen), 3);
	CHECK_TEXT(seen.text, "a=5 b=6");
	CHECK(seen.rest >= FIXTURE_FRAME_BYTES - 4 && seen.rest <= FIXTURE_FRAME_BYTES + 7);
	fixture_close(&fixture);
}

static uint64_t lost_of(struct fixture *fixture, const char *table, uint64_t *received)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	const struct skbscope_table *found = fixture_table(snapshot, table);
	uint64_t lost = found ? found->lost : UINT64_MAX;

	if (received)
		*received = found ? found->received : UINT64_MAX;
	CHECK_NUMBER(snapshot->loss_count, lost ? 1 : 0);
	CHECK(!lost || snapshot->losses[0].count == lost);
	skbscope_snapshot_free(snapshot);
	return lost;
}

static const char flood[] =
	HEADERS "BPF_PERF_OUTPUT(events);\n"
		"struct event { u64 time; u32 len; };\n" FUNCTION
		"	struct event e = { .time = bpf_ktime_get_ns(), .len = skb->len };\n"
		"	events.perf_submit(skb, &e, sizeof(e));\n"
		"	return -1;\n}\n";

TEST(a_full_buffer_loses_what_is_counted)
{
	const struct skbscope_session_options small = { .buffer_bytes = PAGE };
	struct seen seen = { .table = "events" };
	struct fixture fixture;
	uint64_t received, lost;

	REQUIRE(fixture_opened(&fixture, flood, small));
	CHECK(fixture_feed(&fixture, "f", 1023) != INT32_MAX);
	drain(&fixture, &seen);
	CHECK(fixture_feed(&fixture, "f", 23) != INT32_MAX);
	CHECK_NUMBER(drain(&fixture, &seen), 23);
	lost = lost_of(&fixture, "events", &received);
	CHECK(lost > 0);
	CHECK_NUMBER(received, seen.count);
	CHECK_NUMBER(received + lost, 1046);
	CHECK_NUMBER(seen.wrong, 0);
	fixture_close(&fixture);
}

struct sender {
	pthread_t thread;
	struct fixture *fixture;
	uint32_t repeat;
	bool done;
};

#define FLOOD 100000u

/* A signal ends a run of many frames before it is done, and the compiler's end is one: while the
 * other thread is made, that has signals blocked, and this one would get it. */
static void *send_flood(void *context)
{
	struct sender *sender = context;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	if (fixture_feed(sender->fixture, "f", sender->repeat) == INT32_MAX)
		fprintf(stderr, "a flood failed\n");
	__atomic_store_n(&sender->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void check_two_senders(const char *program, uint64_t bytes)
{
	const struct skbscope_session_options options = { .buffer_bytes = bytes };
	struct sender senders[2] = { { .done = false } };
	struct seen seen = { .table = "events" };
	struct fixture fixture;
	uint64_t received, lost;
	bool done = false;

	REQUIRE(fixture_opened(&fixture, program, options));
	skbscope_session_poll_events(fixture.session, true);
	for (size_t i = 0; i < 2; i++) {
		senders[i].fixture = &fixture;
		senders[i].repeat = FLOOD;
		REQUIRE(pthread_create(&senders[i].thread, NULL, send_flood, &senders[i]) == 0);
	}
	while (!done) {
		done = __atomic_load_n(&senders[0].done, __ATOMIC_ACQUIRE) &&
		       __atomic_load_n(&senders[1].done, __ATOMIC_ACQUIRE);
		drain(&fixture, &seen);
	}
	for (size_t i = 0; i < 2; i++)
		pthread_join(senders[i].thread, NULL);
	lost = lost_of(&fixture, "events", &received);
	CHECK_NUMBER(received, seen.count);
	CHECK_NUMBER(received + lost, 2 * FLOOD);
	CHECK_NUMBER(seen.wrong, 0);
	fixture_close(&fixture);
}

TEST(two_cpus_at_full_speed_are_counted_to_the_event)
{
	check_two_senders(flood, 0);
	check_two_senders(flood, 4 * PAGE);
}

TEST(so_they_are_through_a_buffer_for_each)
{
	static const char frames[] =
		HEADERS "BPF_PERF_OUTPUT(events);\n" FUNCTION "	u64 time = bpf_ktime_get_ns();\n"
			"	events.perf_submit_skb(skb, 14, &time, sizeof(time));\n"
			"	return -1;\n}\n";

	check_two_senders(frames, 16 * PAGE);
}

struct in_order {
	uint64_t count, latest_ns, wrong;
	uint64_t own[64]; /* the latest of each CPU, by the program's clock */
};

static int see_order(void *context, const struct skbscope_event *event)
{
	struct in_order *order = context;
	struct {
		uint64_t time_ns;
		uint32_t cpu;
	} value;

	memcpy(&value, event->record.value, 12);
	order->wrong += event->monotonic_ns < order->latest_ns;
	order->wrong += event->monotonic_ns < value.time_ns;
	order->latest_ns = event->monotonic_ns;
	if (value.cpu < 64) {
		order->wrong += value.time_ns < order->own[value.cpu];
		order->own[value.cpu] = value.time_ns;
	}
	order->count++;
	return 0;
}

TEST(buffers_of_several_cpus_are_read_by_the_time_of_each_event)
{
	static const char program[] = HEADERS
		"BPF_PERF_OUTPUT(events);\n"
		"struct event { u64 time; u32 cpu; } __attribute__((packed));\n" FUNCTION
		"	struct event e = { bpf_ktime_get_ns(), bpf_get_smp_processor_id() };\n"
		"	events.perf_submit_skb(skb, 60, &e, sizeof(e));\n"
		"	return -1;\n}\n";
	const struct skbscope_session_options large = { .buffer_bytes = 1u << 22 };
	struct sender senders[2] = { { .done = false } };
	struct in_order order = { .count = 0 };
	struct skbscope_error error;
	struct fixture fixture;
	uint64_t before_ns;

	REQUIRE(fixture_opened(&fixture, program, large));
	before_ns = clock_monotonic_ns();
	for (size_t i = 0; i < 2; i++) {
		senders[i].fixture = &fixture;
		senders[i].repeat = 20023;
		REQUIRE(pthread_create(&senders[i].thread, NULL, send_flood, &senders[i]) == 0);
	}
	for (size_t i = 0; i < 2; i++)
		pthread_join(senders[i].thread, NULL);
	CHECK_NUMBER(skbscope_session_drain(fixture.session, 0, see_order, &order, NULL, &error),
		     0);
	CHECK_NUMBER(order.count, 2 * 20023);
	CHECK_NUMBER(order.wrong, 0);
	CHECK(order.latest_ns > before_ns && order.latest_ns <= clock_monotonic_ns());
	fixture_close(&fixture);
}

TEST(a_drain_takes_no_more_than_was_asked_for)
{
	struct skbscope_error error;
	struct seen seen = { .table = NULL };
	struct fixture fixture;
	uint64_t count;

	REQUIRE(fixture_opened(&fixture, flood, usual));
	CHECK(fixture_feed(&fixture, "f", 23) != INT32_MAX);
	CHECK_NUMBER(skbscope_session_drain(fixture.session, 7, see, &seen, &count, &error), 1);
	CHECK_NUMBER(count, 7);
	CHECK_NUMBER(drain(&fixture, &seen), 16);
	CHECK_NUMBER(drain(&fixture, &seen), 0);
	CHECK_NUMBER(seen.wrong, 0);
	fixture_close(&fixture);
}

TEST(a_size_that_is_no_power_of_two_is_refused_in_words)
{
	const struct skbscope_session_options odd = { .buffer_bytes = 3 * PAGE };
	struct fixture fixture;

	fixture_open(&fixture, flood, odd);
	CHECK(fixture.result < 0);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_USAGE);
	CHECK_TEXT(fixture.error.message, "a buffer of events cannot have 12288 bytes");
	fixture_close(&fixture);
	fixture_open(&fixture,
		     HEADERS "BPF_RINGBUF_OUTPUT(events, 3);\n" FUNCTION "	u32 a = 1;\n"
			     "	events.ringbuf_output(&a, sizeof(a), 0);\n"
			     "	return -1;\n}\n",
		     usual);
	CHECK(fixture.result < 0);
	CHECK(strstr(fixture.error.hint, "power of two"));
	fixture_close(&fixture);
}

/* Swaps in another program, which the fixture has from then on. */
static bool swap_in(struct fixture *fixture, const char *program,
		    enum skbscope_table_outcome expected)
{
	struct skbscope_image *image = fixture_compile(program);
	struct skbscope_swap *swap = NULL;
	bool swapped = image && skbscope_session_swap(fixture->session, image, NULL, &swap,
						      fixture->diagnostics, &fixture->error) == 0;

	if (!swapped)
		fprintf(stderr, "swap: %s\n", fixture->error.message);
	if (swapped) {
		CHECK_NUMBER(swap->tables[0].outcome, expected);
		skbscope_image_free(fixture->image);
		fixture->image = image;
	}
	skbscope_swap_free(swap);
	return swapped;
}

TEST(a_swap_keeps_buffer_counts_and_what_still_waits)
{
	static const char next[] = HEADERS "BPF_PERF_OUTPUT(events);\n"
					   "struct event { u64 time; u32 len; };\n" FUNCTION
					   "	struct event e = { .time = 23, .len = skb->len };\n"
					   "	events.perf_submit(skb, &e, sizeof(e));\n"
					   "	return -1;\n}\n";
	const struct skbscope_session_options small = { .buffer_bytes = PAGE };
	struct seen seen = { .table = "events" };
	struct fixture fixture;
	uint64_t received, lost;
	int fd;

	REQUIRE(fixture_opened(&fixture, flood, small));
	fd = skbscope_session_event_fd(fixture.session);
	CHECK(fd >= 0);
	CHECK(fixture_feed(&fixture, "f", 523) != INT32_MAX);
	REQUIRE(swap_in(&fixture, next, SKBSCOPE_TABLE_KEPT));
	CHECK_NUMBER(skbscope_session_event_fd(fixture.session), fd);
	drain(&fixture, &seen);
	CHECK(fixture_feed(&fixture, "f", 23) != INT32_MAX);
	CHECK_NUMBER(drain(&fixture, &seen), 23);
	CHECK_TEXT(seen.text, "value.time=23 len=60");
	lost = lost_of(&fixture, "events", &received);
	CHECK(lost > 0);
	CHECK_NUMBER(received + lost, 546);
	CHECK_NUMBER(received, seen.count);
	CHECK_NUMBER(seen.wrong, 0);
	fixture_close(&fixture);
}

TEST(what_waits_in_a_buffer_of_another_shape_is_read_as_what_it_is)
{
	static const char next[] = HEADERS "BPF_PERF_OUTPUT(events);\n"
					   "struct event { u32 len; };\n" FUNCTION
					   "	struct event e = { .len = skb->len };\n"
					   "	events.perf_submit(skb, &e, sizeof(e));\n"
					   "	return -1;\n}\n";
	struct seen seen = { .table = NULL };
	struct fixture fixture;
	uint64_t received;

	REQUIRE(fixture_opened(&fixture, flood, usual));
	CHECK(fixture_feed(&fixture, "f", 5) != INT32_MAX);
	REQUIRE(swap_in(&fixture, next, SKBSCOPE_TABLE_EMPTY));
	CHECK(fixture_feed(&fixture, "f", 23) != INT32_MAX);
	CHECK_NUMBER(drain(&fixture, &seen), 28);
	CHECK_TEXT(seen.text, "len=60");
	CHECK_NUMBER(lost_of(&fixture, "events", &received), 0);
	CHECK_NUMBER(received, 28);
	fixture_close(&fixture);
}

static int take_function(void *context, const struct skbscope_event *event)
{
	buffer_printf(context, "%s ", event->function ? event->function : "-");
	return 0;
}

TEST(what_waits_at_a_swap_is_of_the_function_that_submitted_it)
{
#define SUBMIT(name)                                                                               \
	HEADERS "BPF_RINGBUF_OUTPUT(events, 1);\n"                                                 \
		"int " name "(struct __sk_buff *skb)\n{\n"                                         \
		"	u32 len = skb->len;\n"                                                           \
		"	events.ringbuf_output(&len, sizeof(len), 0);\n"                                  \
		"	return -1;\n}\n"
	static const char *const names[] = { "first", "second", "third" };
	static const char *const texts[] = { SUBMIT("first"), SUBMIT("second"), SUBMIT("third") };
	struct buffer told = { 0 };
	struct fixture fixture;
	uint64_t received;

	REQUIRE(fixture_opened(&fixture, texts[0], usual));
	for (size_t i = 0; i < 3; i++) {
		if (i)
			REQUIRE(swap_in(&fixture, texts[i], SKBSCOPE_TABLE_KEPT));
		CHECK(fixture_feed(&fixture, names[i], 2) != INT32_MAX);
	}
	CHECK_NUMBER(skbscope_session_drain(fixture.session, 0, take_function, &told, NULL,
					    &fixture.error),
		     0);
	CHECK_TEXT(buffer_text(&told), "first first second second third third ");
	CHECK_NUMBER(lost_of(&fixture, "events", &received), 0);
	CHECK_NUMBER(received, 6);
	buffer_free(&told);
	fixture_close(&fixture);
}

TEST(a_program_without_events_has_none)
{
	struct seen seen = { .table = NULL };
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture,
			       HEADERS "BPF_HASH(counts);\nint f(struct __sk_buff *skb)\n"
				       "{\n	counts.increment(1);\n	return -1;\n}\n",
			       usual));
	CHECK_NUMBER(skbscope_session_event_fd(fixture.session), -1);
	CHECK_NUMBER(drain(&fixture, &seen), 0);
	fixture_close(&fixture);
}
