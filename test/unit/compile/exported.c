/* SPDX-License-Identifier: Apache-2.0 */
/* compile/exported: what a file says of its machine is held against this one. */
#include "compile/exported.h"

#include <errno.h>

#include "../image/sample.h"
#include "base/cleanup.h"
#include "harness.h"
#include "image/image.h"

static const struct machine here = {
	.name = "x86_64", .release = "6.1.0-56", .cpus = 4, .has_types = true, .types = { 23 }
};

static struct skbscope_image *map_of_cpus(uint32_t cpus)
{
	struct skbscope_image *image = sample_image();
	struct skbscope_image_map *map = (struct skbscope_image_map *)&image->maps[1];

	image->kernel_types = false;
	map->type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	map->max_entries = cpus;
	map->value_size = 4;
	map->btf_key_type_id = map->btf_value_type_id = 0;
	return image;
}

TEST(a_file_says_what_it_was_given)
{
	AUTO(image_freep) struct skbscope_image *image = sample_image();
	AUTO(image_freep) struct skbscope_image *copy = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	const struct exported exported = { here, "HZ" };
	struct skbscope_error error = { 0 };
	struct exported read;

	REQUIRE(exported_write(&exported, image, &bytes) == 0);
	REQUIRE(exported_read(bytes.data, bytes.length, &read, &copy, &error) == 0);
	CHECK_TEXT(read.machine.name, "x86_64");
	CHECK_TEXT(read.machine.release, "6.1.0-56");
	CHECK_NUMBER(read.machine.cpus, 4);
	CHECK(memcmp(read.machine.types, here.types, sizeof(here.types)) == 0);
	CHECK_TEXT(read.facts, "HZ");
	CHECK_TEXT(copy->name, "sample");
	CHECK_NUMBER(exported_require(&read, copy, &here, &error), 0);
}

TEST(every_byte_counts)
{
	AUTO(image_freep) struct skbscope_image *image = sample_image();
	AUTO(buffer_free) struct buffer bytes = { 0 };
	const struct exported exported = { here, "" };
	size_t accepted = 0;

	REQUIRE(exported_write(&exported, image, &bytes) == 0);
	for (size_t i = 0; i < bytes.length; i++) {
		AUTO(image_freep) struct skbscope_image *copy = NULL;
		struct skbscope_error error = { 0 };
		struct exported read;

		bytes.data[i] ^= 1;
		accepted += exported_read(bytes.data, bytes.length, &read, &copy, &error) == 0;
		CHECK(error.message[0]);
		bytes.data[i] ^= 1;
	}
	CHECK_NUMBER(accepted, 0);
}

static int require(const struct machine *there, const struct skbscope_image *image,
		   struct skbscope_error *error)
{
	const struct exported exported = { *there, "" };

	return exported_require(&exported, image, &here, error);
}

TEST(structs_are_right_on_kernels_with_the_same_types)
{
	AUTO(image_freep) struct skbscope_image *image = sample_image();
	struct skbscope_error error = { 0 };
	struct machine there = here;

	there.release = "6.1.0-57";
	CHECK_NUMBER(require(&there, image, &error), 0);
	there.types[0]++;
	CHECK_NUMBER(require(&there, image, &error), -ENOTSUP);
	CHECK_CONTAINS(error.message, "with structs of Linux 6.1.0-57 (x86_64)");
	image->kernel_types = false;
	CHECK_NUMBER(require(&there, image, &error), 0);
}

TEST(a_kernels_own_headers_are_right_on_that_release)
{
	AUTO(image_freep) struct skbscope_image *image = map_of_cpus(4);
	struct skbscope_error error = { 0 };
	struct machine there = here;

	image->headers = SKBSCOPE_HEADERS_KERNEL;
	CHECK_NUMBER(require(&there, image, &error), 0);
	there.release = "6.1.0-57";
	CHECK_NUMBER(require(&there, image, &error), -ENOTSUP);
}

TEST(a_buffer_of_others_needs_a_place_for_each_cpu)
{
	AUTO(image_freep) struct skbscope_image *few = map_of_cpus(3);
	AUTO(image_freep) struct skbscope_image *enough = map_of_cpus(4);
	struct skbscope_error error = { 0 };

	CHECK_NUMBER(require(&here, enough, &error), 0);
	CHECK_NUMBER(require(&here, few, &error), -ENOTSUP);
	CHECK_CONTAINS(error.message, "'flows' has a place for each of 3 CPUs");
}
