/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the running kernel's verifier refuses, and what the author is told: the
 * line of their own file, the verifier's reason, and what to write instead.
 */
#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/wait.h>

#include "fixture.h"

/* Line 12 is the first of the function's body. */
#define HEAD                                                                                       \
	"#include <uapi/linux/bpf.h>\n"                                                            \
	"#include <uapi/linux/if_ether.h>\n"                                                       \
	"#include <uapi/linux/pkt_cls.h>\n"                                                        \
	"BPF_HASH(table, u32, u64);\n"                                                             \
	"BPF_HASH(other, u32, u64);\n"                                                             \
	"BPF_ARRAY(array, u64, 8);\n"                                                              \
	"BPF_RINGBUF_OUTPUT(ring, 8);\n"                                                           \
	"\n"                                                                                       \
	"/* not a comment of use */\n"                                                             \
	"int look(struct __sk_buff *skb)\n"                                                        \
	"{\n"
#define FIRST 12

static const struct refusal {
	const char *what, *body;
	uint32_t line; /* 0: not checked */
	const char *hint;
} refusals[] = {
	{ "a lookup that is not tested",
	  "	u32 key = 0;\n"
	  "	u64 *value = table.lookup(&key);\n"
	  "	*value += 1;\n"
	  "	return 0;\n",
	  FIRST + 2, "test the pointer before using it" },
	{ "a packet read without a look at its end",
	  "	struct ethhdr *eth = (void *)(long)skb->data;\n"
	  "	if (eth->h_proto == 8)\n"
	  "		return 1;\n"
	  "	return 0;\n",
	  FIRST + 1, "data_end" },
	{ "an offset without bound",
	  "	u8 *data = (void *)(long)skb->data;\n"
	  "	u8 *end = (void *)(long)skb->data_end;\n"
	  "	u64 offset = bpf_ktime_get_ns();\n"
	  "	data += offset;\n"
	  "	if (data + 1 > end)\n"
	  "		return 0;\n"
	  "	return *data;\n",
	  0, "bound the offset" },
	{ "a loop without end",
	  "	u64 sum = 0;\n"
	  "	while (bpf_get_prandom_u32() != 23)\n"
	  "		bpf_ktime_get_ns();\n"
	  "	return sum;\n",
	  FIRST + 1, "bound" },
	{ "an index beyond a variable on the stack",
	  "	u64 numbers[4] = {};\n"
	  "	u32 i = skb->len;\n"
	  "	numbers[i] = 1;\n"
	  "	return numbers[skb->mark];\n",
	  0, "bound" },
	{ "a helper of other programs",
	  "	u64 r = bpf_sock_ops_cb_flags_set(skb, 0);\n"
	  "	return r;\n",
	  FIRST, "tc programs cannot call this helper" },
	{ "a value read beyond its end",
	  "	int key = 0;\n"
	  "	u64 *value = array.lookup(&key);\n"
	  "	if (value)\n"
	  "		return value[3];\n"
	  "	return 0;\n",
	  FIRST + 3, "leaves" },
	{ "a value indexed without bound",
	  "	int key = 0;\n"
	  "	u8 *value = (u8 *)array.lookup(&key);\n"
	  "	if (value)\n"
	  "		return value[skb->len];\n"
	  "	return 0;\n",
	  FIRST + 3, "bound" },
	{ "a number taken for a pointer",
	  "	u64 *pointer = (u64 *)(long)skb->len;\n"
	  "	return *pointer;\n",
	  FIRST + 1, "not a pointer" },
	{ "a reservation that is kept",
	  "	u64 *event = ring.ringbuf_reserve(8);\n"
	  "	if (event)\n"
	  "		*event = 23;\n"
	  "	return 0;\n",
	  0, "released or submitted" },
	{ "a field that tc may not write",
	  "	skb->len = 23;\n"
	  "	return 0;\n",
	  FIRST, "whole fields" },
};

static void check_refusal(const struct refusal *refusal)
{
	const struct skbscope_diagnostic *diagnostic;
	struct fixture fixture;
	char text[2048];

	snprintf(text, sizeof(text), HEAD "%s}\n", refusal->body);
	fixture_open(&fixture, text, (struct skbscope_session_options){ .enforce = true });
	REQUIRE(fixture.image);
	REQUIRE(fixture.result < 0 && !fixture.session);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_VERIFY);
	CHECK_CONTAINS(fixture.error.message, "'look'");
	REQUIRE(skbscope_diagnostics_count(fixture.diagnostics) == 1);
	diagnostic = skbscope_diagnostics_get(fixture.diagnostics, 0);
	CHECK_NUMBER(diagnostic->severity, SKBSCOPE_SEVERITY_ERROR);
	CHECK_CONTAINS(diagnostic->message, ": "); /* a reason follows */
	CHECK_CONTAINS(diagnostic->file, "fixture.c");
	CHECK(diagnostic->line >= FIRST - 2 && diagnostic->line <= FIRST + 8);
	if (refusal->line)
		CHECK_NUMBER(diagnostic->line, refusal->line);
	CHECK(diagnostic->hint != NULL);
	if (refusal->hint)
		CHECK_CONTAINS(diagnostic->hint, refusal->hint);
	CHECK_CONTAINS(skbscope_diagnostics_log(fixture.diagnostics), "processed");
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s\n  %s:%u: %s\n  %s\n  -> %s\n", refusal->what, diagnostic->file,
			diagnostic->line, diagnostic->message, diagnostic->source,
			diagnostic->hint);
	fixture_close(&fixture);
}

TEST(each_common_mistake_is_shown_at_its_line_with_what_to_write)
{
	fixture_needs_root();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		int before = test_failures;

		check_refusal(&refusals[i]);
		if (test_failures != before)
			fprintf(stderr, "… in: %s\n", refusals[i].what);
	}
}

/* Older verifiers compare each round of a loop with all the rounds before it. */
#define NEEDS_SPEED()                                                                              \
	SKIP_UNLESS(test_slowness() == 1, "an emulated verifier takes minutes for a million "      \
					  "steps")

TEST(a_loop_without_end_in_which_each_round_differs_is_shown_at_its_line)
{
	static const struct refusal loop = { "a loop without end that counts",
					     "	u64 sum = 0;\n"
					     "	while (bpf_get_prandom_u32() != 23)\n"
					     "		sum += 3;\n"
					     "	return sum;\n",
					     FIRST + 1, "bound" };

	fixture_needs_root();
	NEEDS_SPEED();
	check_refusal(&loop);
}

/* With CAP_PERFMON the verifier lets these pass, so the sessions are opened by a
 * child without it. */
static const struct refusal strict[] = {
	/* The first half: after a number in it, some kernels take the whole slot for set. */
	{ "a key of which a part was never set",
	  "	struct { u32 a, b; u64 c; } key;\n"
	  "	key.b = skb->len;\n"
	  "	key.c = 2;\n"
	  "	return bpf_csum_diff(0, 0, (void *)&key, 16, 0);\n",
	  FIRST + 3, "never set" },
	{ "a pointer as the verdict", "	return (long)skb->data;\n", FIRST,
	  "use what it points to" },
};

static bool drop_to_bpf(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	return capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF, CAP_NET_ADMIN,
			     -1) == 0 &&
	       capng_apply(CAPNG_SELECT_CAPS) == 0;
}

static int open_without_perfmon(const struct skbscope_image *image, const struct refusal *refusal)
{
	const struct skbscope_session_options options = { .size = sizeof(options),
							  .enforce = true };
	struct skbscope_diagnostics *diagnostics = NULL;
	const struct skbscope_diagnostic *diagnostic;
	struct skbscope_session *session = NULL;
	struct skbscope_error error = { 0 };

	if (!drop_to_bpf() || skbscope_diagnostics_new(&diagnostics) < 0)
		return 1;
	if (skbscope_session_open(image, &options, &session, diagnostics, &error) == 0)
		return 2;
	diagnostic = skbscope_diagnostics_get(diagnostics, 0);
	if (!diagnostic || error.stage != SKBSCOPE_STAGE_VERIFY) {
		fprintf(stderr, "%s: %s (%s)\n", refusal->what, error.message, error.hint);
		return 3;
	}
	if (diagnostic->line == refusal->line && strstr(diagnostic->hint, refusal->hint))
		return 0;
	fprintf(stderr, "%s: line %u: %s (%s)\n%s\n", refusal->what, diagnostic->line,
		diagnostic->message, diagnostic->hint, skbscope_diagnostics_log(diagnostics));
	return 4;
}

TEST(what_only_the_privileged_may_do_is_explained_to_others)
{
	for (size_t i = 0; i < sizeof(strict) / sizeof(*strict); i++) {
		struct skbscope_image *image;
		char text[2048];
		int status = -1;
		pid_t pid;

		snprintf(text, sizeof(text), HEAD "%s}\n", strict[i].body);
		image = fixture_compile(text);
		REQUIRE(image);
		pid = fork();
		if (pid == 0)
			_exit(open_without_perfmon(image, &strict[i]));
		waitpid(pid, &status, 0);
		CHECK_NUMBER(WEXITSTATUS(status), 0);
		skbscope_image_free(image);
	}
}

TEST(a_function_too_long_to_verify_is_refused_with_a_reason)
{
	static const char text[] = "#include <uapi/linux/bpf.h>\n"
				   "int look(struct __sk_buff *skb)\n"
				   "{\n"
				   "	u64 sum = 0;\n"
				   "	for (u32 i = 0; i < 100000000; i++)\n"
				   "		sum ^= bpf_get_prandom_u32() + i;\n"
				   "	return sum & 1;\n"
				   "}\n";
	const struct skbscope_diagnostic *diagnostic;
	struct fixture fixture;

	NEEDS_SPEED();
	fixture_open(&fixture, text, (struct skbscope_session_options){ 0 });
	REQUIRE(fixture.image);
	REQUIRE(fixture.result < 0);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_VERIFY);
	REQUIRE(skbscope_diagnostics_count(fixture.diagnostics) == 1);
	diagnostic = skbscope_diagnostics_get(fixture.diagnostics, 0);
	CHECK_CONTAINS(diagnostic->message, "too large");
	CHECK(diagnostic->line == 5 || diagnostic->line == 6);
	CHECK_CONTAINS(diagnostic->hint, "bound");
	fixture_close(&fixture);
}

TEST(checking_reports_every_function_by_itself)
{
	static const char text[] = "#include <uapi/linux/bpf.h>\n"
				   "BPF_HASH(table, u32, u64);\n"
				   "int good(struct __sk_buff *skb) { return 0; }\n"
				   "int bad(struct __sk_buff *skb)\n"
				   "{\n"
				   "	u32 key = 0;\n"
				   "	u64 *value = table.lookup(&key);\n"
				   "	return *value;\n"
				   "}\n"
				   "int worse(struct __sk_buff *skb)\n"
				   "{\n"
				   "	return *(u32 *)(long)skb->data;\n"
				   "}\n";
	struct skbscope_program_facts facts;
	struct fixture fixture;

	REQUIRE(fixture_opened(&fixture, text,
			       (struct skbscope_session_options){ .every_function = true }));
	CHECK_NUMBER(skbscope_diagnostics_count(fixture.diagnostics), 2);
	CHECK_CONTAINS(skbscope_diagnostics_get(fixture.diagnostics, 0)->message, "'bad'");
	CHECK_NUMBER(skbscope_diagnostics_get(fixture.diagnostics, 0)->line, 8);
	CHECK_CONTAINS(skbscope_diagnostics_get(fixture.diagnostics, 1)->message, "'worse'");
	CHECK_NUMBER(skbscope_diagnostics_get(fixture.diagnostics, 1)->line, 12);
	CHECK_CONTAINS(skbscope_diagnostics_log(fixture.diagnostics), "invalid access to packet");
	CHECK_CONTAINS(skbscope_diagnostics_log(fixture.diagnostics), "map_value_or_null");
	CHECK_NUMBER(skbscope_session_program_facts(fixture.session, "good", &facts), 0);
	CHECK_NUMBER(skbscope_session_program_facts(fixture.session, "bad", &facts), -ENOENT);
	fixture_close(&fixture);
}
