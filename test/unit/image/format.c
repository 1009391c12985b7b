/* SPDX-License-Identifier: Apache-2.0 */
/* image/write, image/read, image/check, image/image. */
#include "image/format.h"

#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/image.h"
#include "sample.h"

static void write_sample(struct skbscope_image *image, struct buffer *out)
{
	CHECK_NUMBER(image_write(image, out), 0);
}

/* What image_read says to an image that was changed in memory first. */
static int read_back(struct skbscope_image *image, struct skbscope_error *error)
{
	AUTO(image_freep) struct skbscope_image *copy = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };

	write_sample(image, &bytes);
	return image_read(bytes.data, bytes.length, &copy, error);
}

static struct skbscope_image_program *program_of(struct skbscope_image *image)
{
	return (struct skbscope_image_program *)image->programs;
}

static struct skbscope_image_map *map_of(struct skbscope_image *image, size_t index)
{
	return (struct skbscope_image_map *)&image->maps[index];
}

static struct bpf_insn *instructions_of(struct skbscope_image *image)
{
	struct skbscope_image_program *program = program_of(image);
	struct bpf_insn *copy = arena_copy(arena_of(image), program->instructions,
					   program->instruction_count, sizeof(*copy));

	program->instructions = copy;
	return copy;
}

#define SAMPLE(image)                                                                              \
	struct skbscope_image *image = sample_image();                                             \
	AUTO(image_freep) struct skbscope_image *image##_owner = image;                            \
	struct skbscope_error error = { 0 };                                                       \
	(void)image##_owner;                                                                       \
	(void)error

TEST(an_image_survives_its_file)
{
	AUTO(image_freep) struct skbscope_image *copy = NULL;
	AUTO(buffer_free) struct buffer first = { 0 }, second = { 0 };
	SAMPLE(image);

	write_sample(image, &first);
	CHECK_NUMBER(image_read(first.data, first.length, &copy, &error), 0);
	CHECK_TEXT(error.message, "");
	REQUIRE(copy);
	CHECK_NUMBER(image_write(copy, &second), 0);
	CHECK_NUMBER(second.length, first.length);
	CHECK(memcmp(first.data, second.data, first.length) == 0);

	CHECK_TEXT(copy->name, "sample");
	CHECK_TEXT(copy->documentation->ingress, "count");
	CHECK_TEXT(copy->documentation->summary, "a bit of everything.");
	CHECK_NUMBER(copy->map_count, 2);
	CHECK_TEXT(copy->maps[0].pin_path, "/sys/fs/bpf/outer");
	CHECK(!copy->maps[1].pin_path);
	CHECK(copy->maps[1].histogram && !copy->maps[0].histogram);
	CHECK_NUMBER(copy->maps[1].inner_map, -1);
	CHECK_NUMBER(copy->programs[0].relocations[0].map, 1);
	CHECK_NUMBER(copy->programs[0].line, 23);
	CHECK_TEXT(copy->events[0].fields[1].type, "u16");
	CHECK_TEXT(copy->includes[0], "/usr/include/linux/bpf.h");
	CHECK(copy->kernel_types);
}

TEST(an_empty_image_is_one)
{
	AUTO(image_freep) struct skbscope_image *copy = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_image *image;
	struct skbscope_error error;

	REQUIRE(image_new(&image) == 0);
	CHECK_NUMBER(image_write(image, &bytes), 0);
	skbscope_image_free(image);
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), 0);
	REQUIRE(copy);
	CHECK_TEXT(copy->documentation->summary, "");
	skbscope_image_free(NULL);
}

TEST(an_image_cut_anywhere_is_refused)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	SAMPLE(image);

	write_sample(image, &bytes);
	for (size_t length = 0; length < bytes.length; length++) {
		struct skbscope_image *copy = NULL;
		char *cut = malloc(length ? length : 1); /* so that a sanitizer sees its end */
		uint64_t claimed = length;

		REQUIRE(cut);
		memcpy(cut, bytes.data, length);
		CHECK(image_read(cut, length, &copy, &error) < 0);
		/* The same with a header that knows of it. */
		if (length >= sizeof(struct image_header))
			memcpy(cut + offsetof(struct image_header, length), &claimed, 8);
		CHECK(image_read(cut, length, &copy, &error) < 0);
		CHECK(!copy);
		CHECK(error.message[0]);
		free(cut);
	}
}

TEST(a_changed_byte_is_refused_or_harmless)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	SAMPLE(image);

	write_sample(image, &bytes);
	for (size_t at = 0; at < bytes.length; at++) {
		for (int bit = 0; bit < 8; bit++) {
			AUTO(image_freep) struct skbscope_image *copy = NULL;

			bytes.data[at] ^= (char)(1 << bit);
			if (image_read(bytes.data, bytes.length, &copy, &error) == 0) {
				struct image_place place;

				for (size_t i = 0; i < copy->program_count; i++)
					image_place(copy, &copy->programs[i], 3, &place);
			}
			bytes.data[at] ^= (char)(1 << bit);
		}
	}
}

TEST(another_version_byte_order_or_length_says_so)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_image *copy = NULL;
	struct image_header *header;
	SAMPLE(image);

	write_sample(image, &bytes);
	header = (struct image_header *)bytes.data;
	header->version++;
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), -EPROTO);
	CHECK_CONTAINS(error.hint, "same release");
	header->version--;
	header->byte_order = __builtin_bswap32(header->byte_order);
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "byte order");
	header->byte_order = IMAGE_BYTE_ORDER;
	header->length++;
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), -EBADMSG);
	header->length--;
	header->magic[0] = 'S';
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "not an image");
	CHECK_NUMBER(image_read("", 0, &copy, &error), -EBADMSG);
	CHECK(!copy);
}

TEST(bytes_behind_the_end_are_refused)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_image *copy = NULL;
	SAMPLE(image);

	write_sample(image, &bytes);
	buffer_append(&bytes, "x", 1);
	((struct image_header *)bytes.data)->length++;
	CHECK_NUMBER(image_read(bytes.data, bytes.length, &copy, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "damaged at byte");
}

TEST(a_number_in_an_instruction_is_never_taken_for_a_descriptor)
{
	SAMPLE(image);
	struct bpf_insn *insns = instructions_of(image);

	insns[0].imm = 5;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	insns[0].imm = 0;
	program_of(image)->relocation_count = 0;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "no relocation says which");
	for (unsigned source = 2; source < 16; source++) {
		insns[0].src_reg = source & 15u;
		CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	}
	insns[0].src_reg = 0;
	CHECK_NUMBER(read_back(image, &error), 0);
}

TEST(a_relocation_is_at_a_map_load)
{
	static struct skbscope_relocation relocations[2];
	SAMPLE(image);
	struct skbscope_image_program *program = program_of(image);
	struct bpf_insn *insns = instructions_of(image);

	program->relocations = relocations;
	for (uint32_t at = 1; at < 6; at++) {
		relocations[0] = (struct skbscope_relocation){ at, 1 };
		CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	}
	relocations[0] = (struct skbscope_relocation){ 0, 2 };
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "a map that is not there");
	relocations[0] = relocations[1] = (struct skbscope_relocation){ 0, 1 };
	program->relocation_count = 2;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	program->relocation_count = 1;
	CHECK_NUMBER(read_back(image, &error), 0);
	insns[0].src_reg = 0;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
}

TEST(half_a_load_is_refused)
{
	SAMPLE(image);
	struct bpf_insn *insns = instructions_of(image);

	insns[1].code = BPF_JMP | BPF_EXIT;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	insns[1].code = 0;
	insns[3] = (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW };
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
}

TEST(maps_refer_only_to_maps_that_hold_none)
{
	SAMPLE(image);

	for (int32_t inner = -3; inner < 4; inner++) {
		map_of(image, 0)->inner_map = inner;
		CHECK_NUMBER(read_back(image, &error), inner == 1 || inner == -1 ? 0 : -EBADMSG);
	}
	map_of(image, 0)->inner_map = 1;
	map_of(image, 1)->inner_map = 0;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
}

TEST(names_are_identifiers_and_not_there_twice)
{
	SAMPLE(image);

	map_of(image, 0)->name = "flows";
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "two maps named 'flows'");
	map_of(image, 0)->name = "../flows";
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	map_of(image, 0)->name = "a";
	CHECK_NUMBER(read_back(image, &error), 0);
	program_of(image)->name = "";
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
}

TEST(sizes_have_limits)
{
	SAMPLE(image);

	map_of(image, 1)->value_size = IMAGE_MAX_VALUE + 1;
	CHECK_NUMBER(read_back(image, &error), -EFBIG);
	map_of(image, 1)->value_size = 16;
	map_of(image, 1)->key_size = IMAGE_MAX_KEY + 1;
	CHECK_NUMBER(read_back(image, &error), -EFBIG);
	map_of(image, 1)->key_size = 4;
	map_of(image, 1)->type = 0;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
}

TEST(types_and_records_are_in_bounds)
{
	SAMPLE(image);
	struct bpf_line_info *lines = (struct bpf_line_info *)program_of(image)->lines;
	struct bpf_func_info *functions = (struct bpf_func_info *)program_of(image)->functions;

	map_of(image, 1)->btf_value_type_id = 99;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	map_of(image, 1)->btf_value_type_id = 2;
	lines[2].insn_off = 4;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	lines[2].insn_off = 2;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	lines[2].insn_off = 3;
	lines[2].line_off = 1u << 20;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	lines[2].line_off = lines[1].line_off;
	functions[0].type_id = 1;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	functions[0].type_id = 5;
	CHECK_NUMBER(read_back(image, &error), 0);
	image->btf_size -= 1;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
	image->btf = NULL;
	CHECK_NUMBER(read_back(image, &error), -EBADMSG);
}

TEST(things_are_found_by_name)
{
	SAMPLE(image);

	CHECK_NUMBER(image_find_map(image, "flows"), 1);
	CHECK_NUMBER(image_find_map(image, "flow"), -1);
	CHECK_NUMBER(image_find_program(image, "count"), 0);
	CHECK_NUMBER(image_find_program(image, "flows"), -1);
}

TEST(an_instruction_has_the_line_at_or_before_it)
{
	struct image_place place;
	SAMPLE(image);
	const struct skbscope_image_program *program = program_of(image);

	REQUIRE(image_place(image, program, 0, &place));
	CHECK_TEXT(place.file, "sample.c");
	CHECK_TEXT(place.source, "\treturn 0;");
	CHECK_NUMBER(place.line, 23);
	CHECK_NUMBER(place.column, 2);
	REQUIRE(image_place(image, program, 2, &place));
	CHECK_NUMBER(place.line, 23); /* the record of line 0 says nothing */
	REQUIRE(image_place(image, program, 3, &place));
	CHECK_NUMBER(place.line, 42);
	CHECK(!image_place(image, program, 4, &place));
	program_of(image)->line_count = 0;
	CHECK(!image_place(image, program, 0, &place));
}
