/* SPDX-License-Identifier: Apache-2.0 */
/* image/elf, with libbpf as its reader; net/export has the kernel, tc and bpftool. */
#include "image/elf.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "harness.h"
#include "image/assemble.h"
#include "image/image.h"
#include "image/passive.h"
#include "sample.h"

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

struct made {
	struct skbscope_image *image;
	struct buffer bytes;
	struct bpf_object *object;
	struct skbscope_error error;
	int result;
};

static void made_clear(struct made *made)
{
	bpf_object__close(made->object);
	buffer_free(&made->bytes);
	skbscope_image_free(made->image);
}

static void make(struct made *made, bool second, bool enforce)
{
	const struct elf_function function = { made->image->programs, FILTER_INCOMING, second };
	const struct elf_request request = { .image = made->image,
					     .functions = &function,
					     .function_count = 1,
					     .enforce = enforce };
	AUTO(closep) int fd = memfd_create("object", MFD_CLOEXEC);

	libbpf_set_print(silent);
	made->result = elf_write(&request, fd, &made->error);
	if (made->result < 0)
		return;
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read_descriptor(fd, 1 << 20, &made->bytes) == 0);
	made->object = bpf_object__open_mem(made->bytes.data, made->bytes.length, NULL);
	CHECK(made->object);
}

TEST(libbpf_finds_maps_as_they_were_declared)
{
	AUTO(made_clear) struct made made = { .image = sample_image() };
	const struct bpf_map *flows, *outer, *verdicts;

	make(&made, false, false);
	REQUIRE(made.object);
	flows = bpf_object__find_map_by_name(made.object, "flows");
	outer = bpf_object__find_map_by_name(made.object, "outer");
	verdicts = bpf_object__find_map_by_name(made.object, ELF_VERDICTS);
	REQUIRE(flows && outer && verdicts);
	CHECK_NUMBER(bpf_map__type(flows), BPF_MAP_TYPE_HASH);
	CHECK_NUMBER(bpf_map__key_size(flows), 4);
	CHECK_NUMBER(bpf_map__value_size(flows), 16);
	CHECK_NUMBER(bpf_map__max_entries(flows), 10240);
	CHECK_NUMBER(bpf_map__map_flags(flows), BPF_F_NO_PREALLOC);
	CHECK(bpf_map__btf_key_type_id(flows) && bpf_map__btf_value_type_id(flows));
	CHECK_NUMBER(bpf_map__type(outer), BPF_MAP_TYPE_ARRAY_OF_MAPS);
	CHECK_TEXT(bpf_map__pin_path(outer), "/sys/fs/bpf/outer");
	CHECK(bpf_map__inner_map((struct bpf_map *)outer));
	CHECK_NUMBER(bpf_map__type(verdicts), BPF_MAP_TYPE_PERCPU_ARRAY);
	CHECK_NUMBER(bpf_map__max_entries(verdicts), PASSIVE_SLOTS);
}

TEST(a_function_is_where_tc_looks_for_it)
{
	for (int second = 0; second < 2; second++) {
		AUTO(made_clear) struct made made = { .image = sample_image() };
		const struct bpf_program *program;

		make(&made, second, false);
		REQUIRE(made.object);
		program = bpf_object__find_program_by_name(made.object, "count");
		REQUIRE(program);
		CHECK_TEXT(bpf_program__section_name(program),
			   second ? ELF_SECTION_SECOND : ELF_SECTION);
		CHECK_NUMBER(bpf_program__type(program), BPF_PROG_TYPE_SCHED_CLS);
		/* What stands in front of the epilogue is as it was. */
		CHECK(bpf_program__insn_cnt(program) > made.image->programs[0].instruction_count);
		CHECK_NUMBER(bpf_program__insns(program)[2].code,
			     made.image->programs[0].instructions[2].code);
	}
}

TEST(a_function_that_changes_packets_goes_along_only_if_enforced)
{
	static const struct bpf_insn code[] = { STORE_IMM(BPF_W, 1, 8, 1), MOV_IMM(0, 0), EXIT };

	for (int enforce = 0; enforce < 2; enforce++) {
		AUTO(made_clear) struct made made = { .image = sample_image() };
		struct skbscope_image_program *program =
			(struct skbscope_image_program *)made.image->programs;

		program->instructions = code;
		program->instruction_count = 3;
		program->relocation_count = program->line_count = 0;
		make(&made, false, enforce);
		CHECK_NUMBER(made.result, enforce ? 0 : -EPERM);
		CHECK((made.object != NULL) == enforce);
	}
}

TEST(a_table_of_the_name_of_ours_is_refused)
{
	AUTO(made_clear) struct made made = { .image = sample_image() };

	((struct skbscope_image_map *)made.image->maps)[1].name = ELF_VERDICTS;
	make(&made, false, false);
	CHECK_NUMBER(made.result, -EEXIST);
}

TEST(a_full_disk_is_told)
{
	AUTO(made_clear) struct made made = { .image = sample_image() };
	const struct elf_function function = { made.image->programs, FILTER_INCOMING, false };
	const struct elf_request request = { .image = made.image,
					     .functions = &function,
					     .function_count = 1 };
	AUTO(closep) int fd = open("/dev/full", O_RDWR | O_CLOEXEC);

	CHECK(elf_write(&request, fd, &made.error) < 0);
	CHECK_CONTAINS(made.error.message, "cannot write the object");
}
