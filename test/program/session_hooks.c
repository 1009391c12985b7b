/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attached sessions and real packets, in network namespaces of this test's own:
 * each packet is counted once, others' filters live on, and nothing stays behind,
 * however the owner ended.
 */
#include <fcntl.h>
#include <linux/pkt_cls.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel/features.h"
#include "kernel/leftovers.h"
#include "kernel/session.h"
#include "network.h"

static const char counter[] = "#include <uapi/linux/bpf.h>\n"
			      "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
			      "int count(struct __sk_buff *skb)\n"
			      "{\n"
			      "	packets.increment(0);\n"
			      "	return 0;\n"
			      "}\n";
static const char two_ways[] =
	"/*\n"
	" * ways - both directions\n"
	" *\n"
	" * @ingress in\n"
	" * @egress out\n"
	" */\n"
	"#include <uapi/linux/bpf.h>\n"
	"BPF_PERCPU_ARRAY(packets, u64, 2);\n"
	"int in(struct __sk_buff *skb) { packets.increment(0); return 0; }\n"
	"int out(struct __sk_buff *skb) { packets.increment(1); return 0; }\n";

static int attach(struct fixture *fixture, const char *interface, enum skbscope_hook hook)
{
	const struct skbscope_attach_options options = {
		.size = sizeof(options),
		.interfaces = &interface,
		.interface_count = 1,
		.hook = hook,
	};

	return skbscope_session_attach(fixture->session, &options, &fixture->error);
}

static bool attached(struct fixture *fixture, const char *text, enum skbscope_hook hook)
{
	if (!fixture_opened(fixture, text, (struct skbscope_session_options){ 0 }))
		return false;
	if (attach(fixture, "lo", hook) == 0)
		return true;
	fprintf(stderr, "fixture: %s (%s)\n", fixture->error.message, fixture->error.hint);
	fixture_close(fixture);
	return false;
}

static int64_t counted(struct fixture *fixture, uint32_t key)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	int64_t number = fixture_number(snapshot, "packets", key);

	skbscope_snapshot_free(snapshot);
	return number;
}

static void counts_each_packet_once(enum skbscope_hook hook)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(attached(&fixture, two_ways, hook));
	REQUIRE(send_packets(23));
	CHECK_NUMBER(counted(&fixture, 0), 23);
	CHECK_NUMBER(counted(&fixture, 1), 23);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 2);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot && snapshot->hook_count == 2);
	for (int i = 0; i < 2; i++) {
		CHECK_TEXT(snapshot->hooks[i].interface, "lo");
		CHECK_NUMBER(snapshot->hooks[i].ifindex, 1);
		CHECK_NUMBER(snapshot->hooks[i].direction, i);
		CHECK_NUMBER(snapshot->hooks[i].hook, hook);
		CHECK_TEXT(snapshot->hooks[i].function, i ? "out" : "in");
		CHECK(snapshot->hooks[i].program_id > 0);
		CHECK(snapshot->hooks[i].attached);
	}
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
	CHECK(send_packets(1));
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(tcx_sees_each_packet_once_in_each_direction)
{
	counts_each_packet_once(SKBSCOPE_HOOK_TCX);
}

TEST(clsact_sees_each_packet_once_in_each_direction)
{
	counts_each_packet_once(SKBSCOPE_HOOK_CLSACT);
}

TEST(left_to_itself_it_takes_tcx_where_there_is_tcx)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(snapshot->hooks[0].hook, has_tcx() ? SKBSCOPE_HOOK_TCX : SKBSCOPE_HOOK_CLSACT);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

/* Someone else's: a qdisc made by tc, and a filter of another name on it. */
static bool add_stranger(struct fixture *stranger, uint16_t priority)
{
	struct tc_filter filter = {
		.ifindex = 1,
		.parent = tc_parent(SKBSCOPE_INGRESS),
		.handle = 0x736b6273, /* even with the handle we would choose */
		.priority = priority,
		.name = "stranger",
	};
	struct tc *tc = NULL;
	int r;

	if (!fixture_opened(stranger, counter, (struct skbscope_session_options){ 0 }) ||
	    !run("tc qdisc add dev lo clsact") || tc_open(&tc) < 0)
		return false;
	r = tc_filter_add(tc, &filter, stranger->session->programs[0].fd);
	tc_closep(&tc);
	return r == 0;
}

static void spares_strangers(uint16_t priority)
{
	struct fixture stranger, ours;

	REQUIRE(fresh_network());
	REQUIRE(add_stranger(&stranger, priority));
	REQUIRE(attached(&ours, two_ways, SKBSCOPE_HOOK_CLSACT));
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 2 * 2); /* each is listed with its head */
	REQUIRE(send_packets(23));
	CHECK_NUMBER(counted(&ours, 0), 23);
	CHECK_NUMBER(counted(&stranger, 0), 23);
	fixture_close(&ours);
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 2);
	REQUIRE(send_packets(23));
	CHECK_NUMBER(counted(&stranger, 0), 46);
	CHECK_NUMBER(ledger_entries(), 0);
	fixture_close(&stranger);
}

TEST(a_strangers_filter_in_front_lives_on_and_sees_every_packet)
{
	spares_strangers(1);
}

TEST(a_strangers_filter_behind_lives_on_and_sees_every_packet)
{
	spares_strangers(49152);
}

TEST(the_qdisc_goes_with_the_last_of_us_who_needs_it)
{
	struct fixture first, second;

	REQUIRE(fresh_network());
	REQUIRE(attached(&first, counter, SKBSCOPE_HOOK_CLSACT));
	REQUIRE(attached(&second, counter, SKBSCOPE_HOOK_CLSACT));
	fixture_close(&first);
	CHECK(has_qdisc(1));
	REQUIRE(send_packets(23));
	CHECK_NUMBER(counted(&second, 0), 23);
	fixture_close(&second);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

/* A child of the same network namespace that attaches and is killed. */
static bool attach_and_die(const char *text, bool dies)
{
	struct fixture fixture;
	int ready[2], status;
	char byte = 0;
	pid_t pid;

	if (pipe(ready) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		bool ok = attached(&fixture, text, SKBSCOPE_HOOK_CLSACT);

		byte = ok ? 'y' : 'n';
		(void)!write(ready[1], &byte, 1);
		if (ok && !dies)
			_exit(0);
		pause();
		_exit(0);
	}
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	close(ready[1]);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return byte == 'y';
}

TEST(what_a_killed_process_left_is_found_and_removed)
{
	struct leftover *leftovers = NULL;
	size_t count = 0, removed = 0;

	REQUIRE(fresh_network());
	REQUIRE(attach_and_die(two_ways, true));
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 2);
	CHECK_NUMBER(ledger_entries(), 2);
	REQUIRE(leftovers_list("lo", &leftovers, &count, NULL) == 0);
	CHECK(count >= 2);
	free(leftovers);
	REQUIRE(leftovers_remove("lo", &removed, NULL) == 0);
	CHECK(removed >= 2);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

/* Until the process is let have more. */
static bool spare_descriptors(rlim_t count)
{
	int lowest = open("/", O_PATH | O_CLOEXEC);
	struct rlimit limit;

	if (lowest < 0 || close(lowest) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	limit.rlim_cur = (rlim_t)lowest + count;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void lacking_descriptors(void)
{
	struct fixture fixture;
	struct skbscope_error error;
	struct rlimit limit;

	REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_CLSACT));
	for (rlim_t spare = 0; spare < 9; spare++) {
		CHECK(spare_descriptors(spare));
		CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
		CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	}
	for (rlim_t spare = 0; spare < 4; spare++) {
		CHECK(spare_descriptors(spare));
		CHECK_NUMBER(skbscope_session_detach(fixture.session, &error), -EMFILE);
		CHECK_CONTAINS(error.message, "cannot remove the filter");
		CHECK_CONTAINS(error.message, "'lo'");
		CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	}
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	/* Closing the session makes room. */
	CHECK(spare_descriptors(2));
	fixture_close(&fixture);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

TEST(without_descriptors_nothing_counts_as_gone_and_nothing_is_forgotten)
{
	int status = -1;
	pid_t pid;

	REQUIRE(fresh_network());
	pid = fork();
	if (pid == 0) {
		lacking_descriptors();
		_exit(test_failures != 0);
	}
	waitpid(pid, &status, 0);
	CHECK_NUMBER(status, 0);
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 0);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(the_next_attachment_sweeps_the_same_interface)
{
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attach_and_die(counter, true));
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_CLSACT));
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 2);
	CHECK_NUMBER(ledger_entries(), 1);
	fixture_close(&fixture);
	CHECK(!has_qdisc(1));
}

TEST(a_killed_process_leaves_strangers_their_qdisc)
{
	struct fixture stranger;
	size_t removed = 0;

	REQUIRE(fresh_network());
	REQUIRE(add_stranger(&stranger, 7));
	REQUIRE(attach_and_die(counter, true));
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 4);
	REQUIRE(leftovers_remove("lo", &removed, NULL) == 0);
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 2);
	REQUIRE(send_packets(23));
	CHECK_NUMBER(counted(&stranger, 0), 23);
	fixture_close(&stranger);
}

/* Attaches and detaches for as long as it lives, or stays attached; says each time that
 * it is attached. */
static void attach_for_ever(const struct skbscope_image *image, int told, bool stays)
{
	static const char *const interface = "lo";
	const struct skbscope_session_options options = { .size = sizeof(options) };
	const struct skbscope_attach_options where = { .size = sizeof(where),
						       .interfaces = &interface,
						       .interface_count = 1,
						       .hook = SKBSCOPE_HOOK_CLSACT };

	for (;;) {
		struct skbscope_session *session = NULL;

		if (skbscope_session_open(image, &options, &session, NULL, NULL) < 0 ||
		    skbscope_session_attach(session, &where, NULL) < 0 || write(told, "x", 1) != 1)
			_exit(1);
		while (stays)
			pause();
		skbscope_session_close(session);
	}
}

TEST(killed_at_any_moment_nothing_stays_that_cannot_be_removed)
{
	struct skbscope_image *image = fixture_compile(two_ways);
	int survivors = 0;

	REQUIRE(image && fresh_network());
	srand(23);
	for (int round = 0; round < test_repeats(101); round++) {
		bool stays = round == 0; /* so that one kill finds it attached */
		size_t removed = 0;
		int told[2], status;
		char byte;
		pid_t pid;

		REQUIRE(pipe(told) == 0);
		pid = fork();
		if (pid == 0)
			attach_for_ever(image, told[1], stays);
		close(told[1]);
		REQUIRE(read(told[0], &byte, 1) == 1);
		usleep((useconds_t)rand() % 6000 * test_slowness());
		kill(pid, SIGKILL);
		close(told[0]);
		waitpid(pid, &status, 0);
		survivors += !WIFSIGNALED(status);
		REQUIRE(leftovers_remove("lo", &removed, NULL) == 0);
		CHECK(removed > 0 || !stays);
		REQUIRE(!has_qdisc(1));
		REQUIRE(ledger_entries() == 0);
	}
	CHECK_NUMBER(survivors, 0);
	skbscope_image_free(image);
}

TEST(the_filter_of_a_living_process_is_not_a_leftover)
{
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_CLSACT));
	REQUIRE(leftovers_remove("lo", NULL, NULL) == 0);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	fixture_close(&fixture);
}

TEST(a_filter_that_took_the_place_of_ours_is_not_touched)
{
	struct fixture ours, stranger;

	REQUIRE(fresh_network());
	REQUIRE(attached(&ours, counter, SKBSCOPE_HOOK_CLSACT));
	REQUIRE(run("tc qdisc del dev lo clsact"));
	CHECK_NUMBER(skbscope_session_attached(ours.session), 0);
	REQUIRE(add_stranger(&stranger, 91)); /* our priority and handle */
	CHECK_NUMBER(skbscope_session_attached(ours.session), 0);
	fixture_close(&ours);
	CHECK_NUMBER(filters(1, SKBSCOPE_INGRESS), 2);
	CHECK_NUMBER(ledger_entries(), 0);
	fixture_close(&stranger);
}

static void interface_vanishes(enum skbscope_hook hook)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(run("ip link add knl0 type veth peer name knl1"));
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	REQUIRE(attach(&fixture, "knl0", hook) == 0);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	REQUIRE(run("ip link del knl0"));
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 0);
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot && snapshot->hook_count == 1);
	CHECK(!snapshot->hooks[0].attached);
	CHECK_TEXT(snapshot->hooks[0].interface, "knl0");
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
	CHECK_NUMBER(ledger_entries(), 0);
}

TEST(a_vanished_interface_shows_as_not_attached_by_tcx)
{
	interface_vanishes(SKBSCOPE_HOOK_TCX);
}

TEST(a_vanished_interface_shows_as_not_attached_by_clsact)
{
	interface_vanishes(SKBSCOPE_HOOK_CLSACT);
}

TEST(several_interfaces_share_the_tables_and_all_are_attached_or_none)
{
	static const char *const good[] = { "lo", "knl0" }, *const bad[] = { "lo", "knl9" };
	struct skbscope_attach_options options = { .size = sizeof(options),
						   .interfaces = bad,
						   .interface_count = 2,
						   .hook = SKBSCOPE_HOOK_CLSACT };
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(run("ip link add knl0 type veth peer name knl1"));
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	CHECK_NUMBER(skbscope_session_attach(fixture.session, &options, &fixture.error), -ENODEV);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_ATTACH);
	CHECK_CONTAINS(fixture.error.message, "'knl9'");
	CHECK_CONTAINS(fixture.error.hint, "knl");
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 0);
	CHECK(!has_qdisc(1));
	options.interfaces = good;
	REQUIRE(skbscope_session_attach(fixture.session, &options, &fixture.error) == 0);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 2);
	REQUIRE(send_packets(23));
	CHECK_NUMBER(counted(&fixture, 0), 23);
	fixture_close(&fixture);
	CHECK(!has_qdisc(1));
	CHECK(!has_qdisc(if_nametoindex("knl0")));
}

static void attaches_elsewhere(enum skbscope_hook hook)
{
	static const char *const interface = "lo";
	struct skbscope_attach_options options = { .size = sizeof(options),
						   .interfaces = &interface,
						   .interface_count = 1,
						   .hook = hook,
						   .netns = "knl-there" };
	struct netns_identity before, after;
	struct fixture fixture;

	REQUIRE(fresh_network());
	NEEDS_HOOK(hook);
	REQUIRE(run("ip netns add knl-there && ip -n knl-there link set lo up"));
	REQUIRE(netns_identity(&before) == 0);
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	CHECK_NUMBER(skbscope_session_attach(fixture.session, &options, &fixture.error), 0);
	REQUIRE(netns_identity(&after) == 0);
	CHECK(netns_same(&before, &after));
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
	CHECK(send_packets(5)); /* here, where nobody counts */
	CHECK(run("ip netns exec knl-there bash -c "
		  "'for i in {1..23}; do echo x >/dev/udp/127.0.0.1/9; done' 2>/dev/null || true"));
	CHECK(counted(&fixture, 0) >= 23); /* and the answers: nobody listens on port 9 */
	REQUIRE(run("ip netns del knl-there"));
	/* The kernel takes a namespace down in its own time. */
	WAIT_UNTIL(skbscope_session_attached(fixture.session) == 0);
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 0);
	fixture_close(&fixture);
	REQUIRE(netns_identity(&after) == 0);
	CHECK(netns_same(&before, &after));
}

TEST(tcx_works_in_a_named_namespace_until_that_is_deleted)
{
	attaches_elsewhere(SKBSCOPE_HOOK_TCX);
}

TEST(clsact_works_in_a_named_namespace_until_that_is_deleted)
{
	attaches_elsewhere(SKBSCOPE_HOOK_CLSACT);
}

TEST(an_interface_of_another_namespace_is_pointed_at)
{
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(run("ip netns add knl-other && ip -n knl-other link add knl7 type veth peer name "
		    "knl8"));
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	CHECK(attach(&fixture, "knl7", SKBSCOPE_HOOK_AUTO) < 0);
	CHECK_CONTAINS(fixture.error.message, "no interface 'knl7'");
	CHECK_CONTAINS(fixture.error.hint, "knl-other");
	fixture_close(&fixture);
	CHECK(run("ip netns del knl-other"));
}

TEST(a_namespace_that_is_not_there_gets_a_sentence)
{
	static const char *const specifications[] = { "knl-nowhere", "999999999", "/nonexistent/ns",
						      "/etc/passwd", "" };
	static const char *const interface = "lo";
	struct skbscope_attach_options options = { .size = sizeof(options),
						   .interfaces = &interface,
						   .interface_count = 1 };
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	for (size_t i = 0; i < sizeof(specifications) / sizeof(*specifications); i++) {
		options.netns = specifications[i];
		CHECK(skbscope_session_attach(fixture.session, &options, &fixture.error) < 0);
		CHECK_CONTAINS(fixture.error.message, "namespace");
		CHECK(fixture.error.hint[0]);
	}
	fixture_close(&fixture);
}

TEST(without_tcx_and_clsact_there_is_a_sentence_and_nothing_is_left)
{
	static const char *const interface = "lo";
	const struct skbscope_attach_options options = { .size = sizeof(options),
							 .interfaces = &interface,
							 .interface_count = 1 };
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	CHECK_NUMBER(session_attach(fixture.session, &options, (struct hook_support){ 0 },
				    &fixture.error),
		     -EOPNOTSUPP);
	CHECK_CONTAINS(fixture.error.message, "no hook");
	CHECK_CONTAINS(fixture.error.hint, "sch_ingress");
	CHECK_NUMBER(skbscope_session_attached(fixture.session), 0);
	CHECK(!has_qdisc(1));
	fixture_close(&fixture);
}

/* What bpf(2) answers on a kernel before 6.6. */
static bool take_tcx_away(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = filter &&
		  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(bpf), 1,
				   SCMP_A0(SCMP_CMP_EQ, BPF_LINK_CREATE, 0)) == 0 &&
		  seccomp_load(filter) == 0;

	seccomp_release(filter);
	return ok;
}

TEST(a_kernel_without_tcx_gets_a_clsact_filter)
{
	int status = -1;
	pid_t pid;

	REQUIRE(fresh_network());
	pid = fork();
	if (pid == 0) {
		struct fixture fixture;
		bool ok =
			fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }) &&
			take_tcx_away() && attach(&fixture, "lo", SKBSCOPE_HOOK_AUTO) == 0 &&
			fixture.session->hooks[0].kind == SKBSCOPE_HOOK_CLSACT &&
			send_packets(23) && counted(&fixture, 0) == 23;

		ok = ok && attach(&fixture, "lo", SKBSCOPE_HOOK_TCX) == -EOPNOTSUPP &&
		     strstr(fixture.error.hint, "clsact");
		if (!ok)
			fprintf(stderr, "child: %s\n", fixture.error.message);
		fixture_close(&fixture);
		_exit(!ok);
	}
	waitpid(pid, &status, 0);
	CHECK_NUMBER(status, 0);
	CHECK(!has_qdisc(1));
}

TEST(attaching_many_times_leaves_no_descriptor_and_no_filter)
{
	struct fixture fixture;
	int descriptors = 0;

	REQUIRE(fresh_network());
	for (int i = 0; i < test_repeats(40); i++) {
		REQUIRE(attached(&fixture, counter,
				 i % 2 ? SKBSCOPE_HOOK_CLSACT : SKBSCOPE_HOOK_AUTO));
		CHECK_NUMBER(skbscope_session_attached(fixture.session), 1);
		fixture_close(&fixture);
		if (i == 1)
			descriptors = fixture_descriptors();
	}
	CHECK_NUMBER(fixture_descriptors(), descriptors);
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(ledger_entries(), 0);
}

/* Whether it is there, asked of the kernel in another way than features.c does; what
 * every kernel we are tried on has is simply there. */
static bool is_there(const char *feature)
{
	bool percpu_array = strcmp(feature, "batch: percpu array") == 0, there = true;

	if (strcmp(feature, "tcx") == 0)
		return has_tcx();
	if (percpu_array) {
		int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "knl_ask", 4, 8, 1, NULL);

		there = fd >= 0 && fixture_has_batches(fd);
		close(fd);
	}
	return there;
}

TEST(probing_finds_this_kernels_features_and_leaves_nothing)
{
	const struct feature *features;
	struct netns_identity before, after;
	int descriptors;
	size_t count;

	REQUIRE(fresh_network());
	REQUIRE(netns_identity(&before) == 0);
	descriptors = fixture_descriptors();
	features = features_probe(&count);
	REQUIRE(count >= 8);
	for (size_t i = 0; i < count; i++) {
		enum feature_state state =
			is_there(features[i].name) ? FEATURE_PRESENT : FEATURE_MISSING;

		if (features[i].state != state)
			fprintf(stderr, "feature %s\n", features[i].name);
		CHECK_NUMBER(features[i].state, state);
	}
	CHECK(features_can_attach(features, count));
	CHECK(!has_qdisc(1));
	CHECK_NUMBER(fixture_descriptors(), descriptors);
	REQUIRE(netns_identity(&after) == 0);
	CHECK(netns_same(&before, &after));
}
