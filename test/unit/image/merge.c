/* SPDX-License-Identifier: Apache-2.0 */
/* image/merge: what becomes of tables, functions, types and tags of several files. */
#include "image/merge.h"

#include <bpf/btf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/print_record.h"
#include "harness.h"
#include "image/context.h"
#include "image/format.h"
#include "image/image.h"
#include "sample.h"
#include "source/documentation.h"

static const char *const flows[] = { "flows" };

static struct skbscope_image_map *map_of(struct skbscope_image *image, size_t index)
{
	return (struct skbscope_image_map *)&image->maps[index];
}

static struct skbscope_image_program *program_of(struct skbscope_image *image)
{
	return (struct skbscope_image_program *)image->programs;
}

/* The sample by another name, with a function and a table of its own. */
static struct skbscope_image *other_image(void)
{
	struct skbscope_image *image = sample_image();

	image->name = "other";
	image->path = "./other.c";
	program_of(image)->name = "observe";
	return image;
}

struct merged {
	struct skbscope_image *image;
	struct skbscope_error error;
	int result;
};

static void merged_clear(struct merged *merged)
{
	skbscope_image_free(merged->image);
}

static struct merged merge(const struct skbscope_image *first, const struct skbscope_image *second,
			   size_t externs)
{
	const struct image_part parts[] = { { first, NULL, 0 }, { second, flows, externs } };
	struct merged merged = { 0 };

	merged.result = image_merge(parts, 2, &merged.image, &merged.error);
	return merged;
}

#define MERGED(name, first, second)                                                                \
	AUTO(merged_clear) struct merged name = merge(first, second, 1);                           \
	if (name.result < 0)                                                                       \
	fprintf(stderr, "%s\n", name.error.message)

#define TWO(first, second)                                                                         \
	AUTO(image_freep) struct skbscope_image *first = sample_image();                           \
	AUTO(image_freep) struct skbscope_image *second = other_image()

TEST(a_table_that_one_declares_extern_is_the_others)
{
	TWO(first, second);
	MERGED(merged, first, second);

	REQUIRE(merged.image);
	CHECK_TEXT(merged.image->name, "sample");
	CHECK_TEXT(merged.image->path, "./sample.c");
	/* "outer" is pinned to the same place in both: that is one table, too. */
	CHECK_NUMBER(merged.image->map_count, 2);
	CHECK_NUMBER(merged.image->program_count, 2);
	CHECK(!merged.image->programs[0].path);
	CHECK_TEXT(merged.image->programs[1].path, "./other.c");
	CHECK_TEXT(image_path_of(merged.image, &merged.image->programs[0]), "./sample.c");
	CHECK_NUMBER(merged.image->programs[1].relocations[0].map, 1);
}

TEST(the_order_of_files_makes_no_difference_to_whose_a_table_is)
{
	const struct skbscope_image *image;
	TWO(first, second);
	const struct image_part parts[] = { { second, flows, 1 }, { first, NULL, 0 } };
	AUTO(merged_clear) struct merged merged = { 0 };

	map_of(second, 1)->max_entries = 1;
	map_of(second, 0)->pin_path = NULL;
	map_of(second, 0)->name = "second";
	REQUIRE(image_merge(parts, 2, &merged.image, &merged.error) == 0);
	image = merged.image;
	CHECK_TEXT(image->path, "./other.c");
	CHECK_NUMBER(image->map_count, 3);
	CHECK_NUMBER(image->maps[image_find_map(image, "flows")].max_entries, 10240);
	/* A template that is another file's. */
	CHECK_NUMBER(image->maps[image_find_map(image, "second")].inner_map,
		     image_find_map(image, "flows"));
	CHECK_NUMBER(image->maps[image_find_map(image, "outer")].inner_map,
		     image_find_map(image, "flows"));
	for (size_t i = 0; i < 2; i++)
		CHECK_NUMBER(image->programs[i].relocations[0].map, image_find_map(image, "flows"));
}

TEST(types_and_lines_of_each_file_stay_its_own)
{
	TWO(first, second);
	MERGED(merged, first, second);
	struct image_place place;
	struct btf *btf;

	REQUIRE(merged.image);
	btf = btf__new(merged.image->btf, merged.image->btf_size);
	REQUIRE(btf);
	for (size_t i = 0; i < 2; i++) {
		const struct skbscope_image_program *program = &merged.image->programs[i];
		const struct btf_type *type = btf__type_by_id(btf, program->functions->type_id);

		CHECK(btf_is_func(type));
		CHECK_TEXT(btf__name_by_offset(btf, type->name_off), "count");
		REQUIRE(image_place(merged.image, program, 0, &place));
		CHECK_TEXT(place.file, "sample.c");
		CHECK_TEXT(place.source, "\treturn 0;");
		CHECK_NUMBER(place.line, 23);
	}
	CHECK(merged.image->programs[0].functions->type_id <
	      merged.image->programs[1].functions->type_id);
	btf__free(btf);
}

TEST(a_table_without_types_takes_those_of_its_users)
{
	TWO(first, second);
	AUTO(merged_clear) struct merged merged = { 0 };

	first->btf = NULL;
	first->btf_size = 0;
	program_of(first)->function_count = program_of(first)->line_count = 0;
	map_of(first, 1)->btf_key_type_id = map_of(first, 1)->btf_value_type_id = 0;
	merged = merge(first, second, 1);
	REQUIRE(merged.image);
	CHECK(merged.image->maps[1].btf_key_type_id && merged.image->maps[1].btf_value_type_id);
}

TEST(what_was_merged_is_an_image_as_any)
{
	AUTO(image_freep) struct skbscope_image *copy = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_error error;
	TWO(first, second);
	MERGED(merged, first, second);

	REQUIRE(merged.image);
	/* Nothing of it lies in what it was made of. */
	skbscope_image_free(TAKE(first));
	skbscope_image_free(TAKE(second));
	REQUIRE(image_write(merged.image, &bytes) == 0);
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), 0);
}

TEST(headers_that_both_read_are_told_once)
{
	TWO(first, second);
	MERGED(merged, first, second);

	REQUIRE(merged.image);
	CHECK_NUMBER(merged.image->include_count, 1);
	CHECK_NUMBER(merged.image->event_count, 2);
}

/* The sample's "flows" is its ring, and it prints at line 7 of its header. */
static void make_print(struct skbscope_image *image)
{
	const uint64_t place = print_place(0, 0, 7);
	const struct bpf_insn instructions[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD },
		{ 0 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .imm = (int32_t)(uint32_t)place },
		{ .imm = (int32_t)(place >> 32) },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	map_of(image, 1)->name = PRINT_TABLE;
	map_of(image, 1)->type = BPF_MAP_TYPE_RINGBUF;
	program_of(image)->instructions =
		arena_copy(arena_of(image), instructions, 5, sizeof(*instructions));
	program_of(image)->instruction_count = 5;
}

TEST(prints_of_all_files_go_to_one_ring_and_know_their_function_and_header)
{
	const char *header = "/usr/include/other.h";
	TWO(first, second);

	make_print(first);
	make_print(second);
	second->includes = &header;
	MERGED(merged, first, second);
	REQUIRE(merged.image);
	CHECK_NUMBER(merged.image->map_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct bpf_insn *at = &merged.image->programs[i].instructions[2];

		CHECK(((uint32_t)at[0].imm | (uint64_t)(uint32_t)at[1].imm << 32) ==
		      print_place(i, i, 7));
		CHECK_NUMBER(merged.image->programs[i].relocations[0].map, 1);
	}
	CHECK_TEXT(merged.image->includes[1], header);
}

static void check_refused(const struct skbscope_image *first, const struct skbscope_image *second,
			  size_t externs, const char *words, const char *advice)
{
	AUTO(merged_clear) struct merged merged = merge(first, second, externs);

	CHECK(merged.result < 0);
	CHECK(!merged.image);
	CHECK_NUMBER(merged.error.stage, SKBSCOPE_STAGE_COMPILE);
	CHECK_CONTAINS(merged.error.message, words);
	CHECK_CONTAINS(merged.error.hint, advice);
}

TEST(what_does_not_fit_together_is_refused_with_both_names)
{
	TWO(first, second);

	check_refused(first, second, 0, "'./sample.c' and './other.c' both declare a table 'flows'",
		      "extern");
	map_of(second, 1)->key_size = 8;
	check_refused(first, second, 1, "keys of 8 and values of 16 bytes", "same types");
	map_of(second, 1)->key_size = 4;
	map_of(first, 1)->name = "streams";
	check_refused(first, second, 1, "no file of the program declares it", "--with");
	map_of(first, 1)->name = "flows";
	program_of(second)->name = "count";
	check_refused(first, second, 1, "both have a function 'count'", "rename");
	program_of(second)->name = "observe";
	map_of(second, 0)->pin_path = NULL;
	check_refused(first, second, 1, "both declare a table 'outer'", "rename");
	map_of(second, 0)->pin_path = "/sys/fs/bpf/outer";
	second->license = "Proprietary";
	check_refused(first, second, 1, "\"Proprietary\": one program has one", "");
	second->license = "Dual BSD/GPL";
	AUTO(merged_clear) struct merged merged = merge(first, second, 1);

	CHECK_NUMBER(merged.result, 0);
	CHECK_TEXT(merged.image->license, "GPL");
}

static const struct skbscope_documentation *comment_of(struct skbscope_image *image,
						       const char *comment)
{
	struct skbscope_documentation *out =
		ARENA_NEW(arena_of(image), struct skbscope_documentation);

	image->comment = comment;
	if (!out || documentation_parse(comment, arena_of(image), out, NULL) < 0)
		abort();
	image->documentation = out;
	return out;
}

TEST(entries_are_the_first_files_and_tails_everyones)
{
	const struct skbscope_documentation *doc;
	TWO(first, second);

	comment_of(first, "/* one\n@ingress count\n@tail t[1] observe\n@sort flows address\n"
			  "@param A=1 first */");
	comment_of(second, "/* two\n@ingress observe\n@egress observe\n@enforce yes\n"
			   "@tail t[1] observe\n@tail t[2] observe\n@sort flows next\n"
			   "@hide outer\n@param A=2 second\n@param B=3 third */");
	MERGED(merged, first, second);
	REQUIRE(merged.image);
	doc = merged.image->documentation;
	CHECK_TEXT(doc->summary, "one");
	CHECK_TEXT(doc->ingress, "count");
	CHECK(!doc->egress && !doc->enforce);
	CHECK_NUMBER(doc->tail_count, 2);
	CHECK_NUMBER(doc->sort_count, 1);
	CHECK_TEXT(doc->sorts[0].argument, "address");
	CHECK_NUMBER(doc->hidden_count, 1);
	CHECK_NUMBER(doc->parameter_count, 2);
	CHECK_TEXT(doc->parameters[0].value, "1");

	comment_of(second, "/* two\n@tail t[1] count */");
	check_refused(first, second, 1, "'observe' in one file and 'count' in another", "");
}

/* A worker that was taken over may answer anything that is an image. */
TEST(a_changed_part_is_refused_or_harmless)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	size_t merges = 0;
	TWO(first, second);

	REQUIRE(image_write(second, &bytes) == 0);
	for (size_t bit = 0; bit < bytes.length * 8; bit++) {
		AUTO(image_freep) struct skbscope_image *changed = NULL;
		AUTO(image_freep) struct skbscope_image *copy = NULL;
		AUTO(buffer_free) struct buffer again = { 0 };
		struct skbscope_error error;

		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
		if (image_read(bytes.data, bytes.length, &changed, &error) == 0) {
			AUTO(merged_clear) struct merged merged = merge(first, changed, 1);

			merges += merged.result == 0;
			CHECK(merged.result == 0 || merged.error.message[0]);
			if (merged.image) {
				CHECK_NUMBER(image_write(merged.image, &again), 0);
				CHECK_NUMBER(image_read(again.data, again.length, &copy, &error),
					     0);
			}
		}
		bytes.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	CHECK(merges > 0);
}

TEST(a_part_that_was_not_checked_is_refused)
{
	static const struct skbscope_relocation beyond[] = { { 0, 2 } };
	TWO(first, second);
	AUTO(merged_clear) struct merged merged = { 0 };

	program_of(second)->relocations = beyond;
	merged = merge(first, second, 1);
	CHECK_NUMBER(merged.result, -EBADMSG);
	CHECK_NUMBER(merged.error.stage, SKBSCOPE_STAGE_WORKER);
}
