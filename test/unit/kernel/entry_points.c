/* SPDX-License-Identifier: Apache-2.0 */
/* Where an image's functions go. */
#include "kernel/entry_points.h"

#include <errno.h>

#include "harness.h"

static const struct skbscope_image_program programs[] = {
	{ .name = "alpha" },
	{ .name = "beta" },
	{ .name = "gamma" },
};
static const struct skbscope_image_map maps[] = {
	{ .name = "next", .type = BPF_MAP_TYPE_PROG_ARRAY, .max_entries = 4, .inner_map = -1 },
	{ .name = "plain", .type = BPF_MAP_TYPE_HASH, .max_entries = 4, .inner_map = -1 },
};
static const struct skbscope_session_options defaults;

static struct skbscope_image image_of(size_t count,
				      const struct skbscope_documentation *documentation)
{
	return (struct skbscope_image){ .path = "x.c",
					.programs = programs,
					.program_count = count,
					.maps = maps,
					.map_count = 2,
					.documentation = documentation };
}

TEST(one_function_without_a_tag_goes_to_ingress)
{
	struct skbscope_image image = image_of(1, NULL);
	struct entry_points entry_points;

	REQUIRE(entry_points_choose(&image, &defaults, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_EGRESS], -1);
}

TEST(tags_decide_where_functions_go)
{
	const struct skbscope_documentation tags = { .ingress = "gamma", .egress = "alpha" };
	struct skbscope_image image = image_of(3, &tags);
	bool needed[3];
	struct entry_points entry_points;

	REQUIRE(entry_points_choose(&image, &defaults, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], 2);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_EGRESS], 0);
	entry_points_needed(&image, &entry_points, needed);
	CHECK(needed[0] && !needed[1] && needed[2]);
}

TEST(an_option_overrules_the_tag_of_its_direction)
{
	const struct skbscope_documentation tags = { .ingress = "gamma", .egress = "alpha" };
	const struct skbscope_session_options options = { .ingress = "beta" };
	struct skbscope_image image = image_of(3, &tags);
	struct entry_points entry_points;

	REQUIRE(entry_points_choose(&image, &options, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], 1);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_EGRESS], 0);
}

static void check_choice(const struct skbscope_image *image, enum skbscope_directions directions,
			 int ingress, int egress)
{
	const struct skbscope_session_options options = { .directions = directions };
	struct entry_points entry_points;

	REQUIRE(entry_points_choose(image, &options, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], ingress);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_EGRESS], egress);
}

TEST(one_function_may_be_on_either_direction_or_both)
{
	const struct skbscope_documentation tags = { .egress = "alpha" };
	const struct skbscope_image plain = image_of(1, NULL), tagged = image_of(1, &tags);

	check_choice(&plain, SKBSCOPE_IN, 0, -1);
	check_choice(&plain, SKBSCOPE_OUT, -1, 0);
	check_choice(&plain, SKBSCOPE_INOUT, 0, 0);
	check_choice(&tagged, SKBSCOPE_IN, 0, -1);
	check_choice(&tagged, SKBSCOPE_OUT, -1, 0);
	check_choice(&tagged, SKBSCOPE_INOUT, 0, 0);
}

TEST(of_two_functions_a_direction_has_its_own_or_none)
{
	const struct skbscope_documentation tags = { .ingress = "gamma", .egress = "alpha" };
	const struct skbscope_image image = image_of(3, &tags);

	check_choice(&image, SKBSCOPE_IN, 2, -1);
	check_choice(&image, SKBSCOPE_OUT, -1, 0);
	check_choice(&image, SKBSCOPE_INOUT, 2, 0);
}

static void check_not_chosen(const struct skbscope_image *image,
			     const struct skbscope_session_options *options, const char *message,
			     const char *advice)
{
	struct skbscope_error error = { 0 };
	struct entry_points entry_points;

	CHECK(entry_points_choose(image, options, &entry_points, &error) < 0);
	CHECK_CONTAINS(error.message, message);
	CHECK_CONTAINS(error.hint, advice);
}

TEST(a_direction_that_cannot_be_had_is_told)
{
	const struct skbscope_documentation tags = { .ingress = "gamma" };
	const struct skbscope_image image = image_of(3, &tags);
	const struct skbscope_session_options out = { .directions = SKBSCOPE_OUT },
					      both = { .ingress = "beta",
						       .directions = SKBSCOPE_OUT },
					      word = { .ingress = "in" };

	check_not_chosen(&image, &out, "for outgoing packets: alpha, beta, gamma", "--egress");
	check_not_chosen(&image, &both, "-Q out leaves out the incoming packets", "-Q inout");
	check_not_chosen(&image, &word, "'in'", "-Q in, -Q out or -Q inout");
}

TEST(the_one_function_nobody_calls_goes_to_ingress)
{
	const struct skbscope_tail tails[] = { { "next", 0, "alpha" }, { "next", 3, "gamma" } };
	const struct skbscope_documentation tags = { .tails = tails, .tail_count = 2 };
	struct skbscope_image image = image_of(3, &tags);
	struct entry_points entry_points;
	bool needed[3];

	REQUIRE(entry_points_check_tails(&image, NULL) == 0);
	REQUIRE(entry_points_choose(&image, &defaults, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], 1);
	entry_points_needed(&image, &entry_points, needed);
	CHECK(needed[0] && needed[1] && needed[2]);
}

TEST(several_functions_are_an_error_that_says_what_to_write)
{
	struct skbscope_image image = image_of(3, NULL);
	struct skbscope_error error;
	struct entry_points entry_points;

	CHECK_NUMBER(entry_points_choose(&image, &defaults, &entry_points, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "alpha, beta, gamma");
	CHECK_CONTAINS(error.hint, "@ingress alpha");
	CHECK_CONTAINS(error.hint, "--egress");
}

TEST(a_misspelt_function_suggests_the_near_one)
{
	const struct skbscope_session_options options = { .egress = "gamam" };
	struct skbscope_image image = image_of(3, NULL);
	struct skbscope_error error;
	struct entry_points entry_points;

	CHECK_NUMBER(entry_points_choose(&image, &options, &entry_points, &error), -ENOENT);
	CHECK_CONTAINS(error.message, "'gamam'");
	CHECK_CONTAINS(error.hint, "'gamma'");
}

TEST(no_function_at_all_is_an_error)
{
	struct skbscope_image image = image_of(0, NULL);
	struct skbscope_error error;
	struct entry_points entry_points;

	CHECK_NUMBER(entry_points_choose(&image, &defaults, &entry_points, &error), -ENOENT);
	CHECK_CONTAINS(error.message, "no function");
}

TEST(tails_must_name_what_is_there)
{
	static const struct {
		struct skbscope_tail tail;
		int code;
		const char *words;
	} cases[] = {
		{ { "nowhere", 0, "alpha" }, -ENOENT, "nowhere" },
		{ { "plain", 0, "alpha" }, -EINVAL, "not a table of programs" },
		{ { "next", 4, "alpha" }, -ERANGE, "only 4 slots" },
		{ { "next", 0, "delta" }, -ENOENT, "delta" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct skbscope_documentation tags = { .tails = &cases[i].tail,
							     .tail_count = 1 };
		struct skbscope_image image = image_of(3, &tags);
		struct skbscope_error error;

		CHECK_NUMBER(entry_points_check_tails(&image, &error), cases[i].code);
		CHECK_CONTAINS(error.message, cases[i].words);
		CHECK_CONTAINS(error.message, "@tail");
	}
}

static const struct skbscope_image_program mixed[] = {
	{ .name = "watch_xdp", .context = "xdp_md" },
	{ .name = "count_egress", .context = "__sk_buff" },
	{ .name = "count_ingress" },
	{ .name = "kprobe__tcp_connect", .context = "pt_regs" },
};

TEST(functions_of_other_hooks_are_no_candidates)
{
	struct skbscope_image image = { .path = "x.c", .programs = mixed, .program_count = 2 };
	struct entry_points entry_points;
	struct skbscope_error error;

	REQUIRE(entry_points_choose(&image, &defaults, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], 1);
	image.program_count = 4;
	CHECK_NUMBER(entry_points_choose(&image, &defaults, &entry_points, &error), -EINVAL);
	CHECK_CONTAINS(error.message, ": count_egress, count_ingress");
	CHECK(!strstr(error.message, "watch_xdp"));
	CHECK_CONTAINS(error.hint, "@ingress count_ingress");
	CHECK_CONTAINS(error.hint, "@egress count_egress");
}

TEST(a_function_of_another_hook_is_refused_by_whatever_names_it)
{
	const struct skbscope_documentation tags = { .egress = "kprobe__tcp_connect" };
	const struct skbscope_session_options options = { .ingress = "watch_xdp" };
	struct skbscope_image image = { .path = "x.c", .programs = mixed, .program_count = 4 };
	struct entry_points entry_points;
	struct skbscope_error error;

	CHECK_NUMBER(entry_points_choose(&image, &options, &entry_points, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "'watch_xdp' of 'x.c' is an XDP program");
	CHECK_CONTAINS(error.hint, "TC_ACT_UNSPEC for XDP_PASS");
	image.documentation = &tags;
	CHECK_NUMBER(entry_points_choose(&image, &defaults, &entry_points, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "'kprobe__tcp_connect' of 'x.c' is a probe");
	image = (struct skbscope_image){ .path = "x.c", .programs = mixed, .program_count = 1 };
	CHECK_NUMBER(entry_points_choose(&image, &defaults, &entry_points, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "is an XDP program");
}

TEST(another_files_function_is_attached_only_by_name)
{
	const struct skbscope_image_program both[] = { { .name = "alpha" },
						       { .name = "beta", .path = "y.c" } };
	const struct skbscope_session_options named = { .egress = "beta" };
	struct skbscope_image image = image_of(2, NULL);
	struct entry_points entry_points;
	struct skbscope_error error;

	image.programs = both;
	REQUIRE(entry_points_choose(&image, &defaults, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_INGRESS], 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_EGRESS], -1);
	REQUIRE(entry_points_choose(&image, &named, &entry_points, NULL) == 0);
	CHECK_NUMBER(entry_points.program[SKBSCOPE_EGRESS], 1);
	image.programs = &both[1];
	image.program_count = 1;
	CHECK_NUMBER(entry_points_choose(&image, &defaults, &entry_points, &error), -ENOENT);
	CHECK_CONTAINS(error.hint, "beta");
}
