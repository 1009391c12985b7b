/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hot swap on live hooks: the new program is there, or all is as it was; what
 * comes and goes beside it does no harm.
 */
#include <bpf/bpf.h>
#include <signal.h>
#include <sys/wait.h>

#include "kernel/leftovers.h"
#include "swap.h"

static void goes_on(enum skbscope_hook hook)
{
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(attached(&fixture, counter, hook));
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, edited, &swap));
	REQUIRE(swap->table_count == 2);
	CHECK_TEXT(swap->tables[0].table, "packets");
	CHECK_NUMBER(swap->tables[0].outcome, SKBSCOPE_TABLE_KEPT);
	CHECK_TEXT(swap->tables[1].table, "lengths");
	CHECK_NUMBER(swap->tables[1].outcome, SKBSCOPE_TABLE_NEW);
	CHECK(swap->load_ns > 0 && swap->swap_ns > 0);
	skbscope_swap_free(swap);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	CHECK_NUMBER(number(&fixture, "packets", 0), 23);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42);
	REQUIRE(swapped(&fixture, counter, &swap));
	REQUIRE(swap->table_count == 2);
	CHECK_NUMBER(swap->tables[1].outcome, SKBSCOPE_TABLE_GONE);
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
	NEEDS_HOOK(hook);
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
	return run("ip link add swp0 type veth peer name swq0 && "
		   "ip link add swp1 type veth peer name swq1") &&
	       fixture_opened(fixture, counter, (struct skbscope_session_options){ 0 }) &&
	       attach_to(fixture, three, 3, hook) == 0;
}

static void interface_goes(enum skbscope_hook hook)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	int r;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
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
	WAIT_UNTIL(skbscope_session_attached(fixture.session) == 0);
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

	REQUIRE(fresh_network());
	NEEDS_TCX(); /* without it there is no link to update */
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

/* Takes an interface away at some moment of the swaps that go on meanwhile. */
static void *delete_interface(void *delay_us)
{
	usleep(*(useconds_t *)delay_us);
	return run("ip link del swp0") ? delay_us : NULL;
}

static void interface_goes_meanwhile(enum skbscope_hook hook)
{
	struct skbscope_image *images[2];
	struct fixture fixture = { 0 };

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	images[0] = fixture_compile(in_only);
	images[1] = fixture_compile(both_ways);
	REQUIRE(images[0] && images[1]);
	for (useconds_t moment = 0; moment < 10000; moment += 1000) {
		useconds_t delay = moment * test_slowness();
		void *deleted = NULL;
		pthread_t thread;

		REQUIRE(fresh_network());
		REQUIRE(run("ip link add swp0 type veth peer name swq0"));
		REQUIRE(skbscope_session_open(images[0], NULL, &fixture.session, NULL,
					      &fixture.error) == 0);
		REQUIRE(attach_to(&fixture, three, 2, hook) == 0);
		REQUIRE(send_packets(23));
		REQUIRE(pthread_create(&thread, NULL, delete_interface, &delay) == 0);
		for (int i = 1; i <= 20; i++) {
			int r = skbscope_session_swap(fixture.session, images[i % 2], NULL, NULL,
						      NULL, &fixture.error);

			CHECK_NUMBER(r, 0);
			if (r < 0)
				fprintf(stderr, "swap: %s\n", fixture.error.message);
		}
		pthread_join(thread, &deleted);
		CHECK(deleted);
		CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
		REQUIRE(send_packets(19));
		CHECK_NUMBER(number(&fixture, "packets", 0), 42);
		fixture_close(&fixture);
		CHECK(!has_qdisc(1));
		CHECK_NUMBER(ledger_entries(), 0);
	}
	skbscope_image_free(images[0]);
	skbscope_image_free(images[1]);
}

TEST(an_interface_goes_at_any_moment_of_a_swap_by_tcx)
{
	interface_goes_meanwhile(SKBSCOPE_HOOK_TCX);
}

TEST(an_interface_goes_at_any_moment_of_a_swap_by_clsact)
{
	interface_goes_meanwhile(SKBSCOPE_HOOK_CLSACT);
}

/* Killed at any moment, also between a filter's change and its record. */
TEST(a_process_killed_while_it_swaps_leaves_nothing_that_cannot_be_found)
{
	static const char *const lo = "lo";
	struct skbscope_image *images[2];

	REQUIRE(fresh_network());
	images[0] = fixture_compile(in_only);
	images[1] = fixture_compile(both_ways);
	REQUIRE(images[0] && images[1]);
	for (int round = 0, rounds = test_repeats(35); round < rounds; round++) {
		useconds_t delay = 5000 + 20000 * (useconds_t)round / (useconds_t)rounds;
		size_t removed = 0;
		int ready[2], status;
		char byte;
		pid_t pid;

		REQUIRE(pipe(ready) == 0);
		pid = fork();
		if (pid == 0) {
			struct fixture fixture = { .image = images[0] };

			if (skbscope_session_open(images[0], NULL, &fixture.session, NULL,
						  &fixture.error) < 0 ||
			    attach_to(&fixture, &lo, 1, SKBSCOPE_HOOK_CLSACT) < 0 ||
			    write(ready[1], "x", 1) != 1)
				_exit(1);
			for (int i = 1;; i++)
				if (skbscope_session_swap(fixture.session, images[i % 2], NULL,
							  NULL, NULL, NULL) < 0)
					_exit(1);
		}
		REQUIRE(read(ready[0], &byte, 1) == 1);
		usleep(delay * test_slowness());
		CHECK(kill(pid, SIGKILL) == 0);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
		close(ready[0]);
		close(ready[1]);
		CHECK(leftovers_remove("lo", &removed, NULL) == 0);
		CHECK(removed > 0);
		CHECK(!has_qdisc(1));
		CHECK_NUMBER(ledger_entries(), 0);
	}
	skbscope_image_free(images[0]);
	skbscope_image_free(images[1]);
}
