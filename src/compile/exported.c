/* SPDX-License-Identifier: Apache-2.0 */
/* The file, and the comparison of two machines. */
#include "compile/exported.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/events.h"
#include "image/image.h"

#define STAGE SKBSCOPE_STAGE_READ
#define MAGIC "skbexprt"
#define VERSION 1u
#define BYTE_ORDER_HERE 0x01020304u
#define TYPES_PATH "/sys/kernel/btf/vmlinux"
#define TYPES_MAX (64u << 20)

struct header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	uint64_t length;                    /* of the whole file */
	uint8_t checksum[CACHE_HASH_BYTES]; /* of what is behind the header */
};

int machine_here(bool with_types, struct machine *out, struct skbscope_error *error)
{
	static struct utsname system;
	AUTO(buffer_free) struct buffer types = { 0 };
	const int cpus = libbpf_num_possible_cpus();

	if (uname(&system) < 0)
		return fail_errno(error, errno, STAGE, "cannot ask for the kernel's release");
	*out = (struct machine){
		.name = system.machine,
		.release = system.release,
		.cpus = cpus > 0 ? (uint32_t)cpus : 1,
	};
	if (with_types && read_file(TYPES_PATH, TYPES_MAX, &types) == 0) {
		cache_hash(types.data, types.length, out->types);
		out->has_types = true;
	}
	return 0;
}

int exported_write(const struct exported *exported, const struct skbscope_image *image,
		   struct buffer *out)
{
	struct header header = {
		.magic = MAGIC,
		.version = VERSION,
		.byte_order = BYTE_ORDER_HERE,
	};
	struct bytes_writer writer = { .out = out };
	int r;

	buffer_clear(out);
	bytes_put(&writer, &header, sizeof(header));
	bytes_put_string(&writer, exported->machine.name);
	bytes_put_string(&writer, exported->machine.release);
	bytes_put_u32(&writer, exported->machine.cpus);
	bytes_put_u32(&writer, exported->machine.has_types);
	bytes_put(&writer, exported->machine.types, sizeof(exported->machine.types));
	bytes_put_string(&writer, exported->facts);
	r = bytes_written(&writer);
	if (r == 0)
		r = image_write(image, out);
	if (r < 0)
		return r;
	header.length = out->length;
	cache_hash(out->data + sizeof(header), out->length - sizeof(header), header.checksum);
	memcpy(out->data, &header, sizeof(header));
	return 0;
}

static int read_header(struct bytes_reader *bytes, size_t length, struct skbscope_error *error)
{
	uint8_t checksum[CACHE_HASH_BYTES];
	struct header header;

	bytes_get_into(bytes, &header, sizeof(header));
	if (bytes->bad || memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0)
		return hint(error, fail(error, EBADMSG, STAGE, "it is no exported program"),
			    "skbscope export PROGRAM FILE.skb makes one");
	if (header.byte_order != BYTE_ORDER_HERE)
		return fail(error, EBADMSG, STAGE,
			    "it is from a machine of the other byte order, whose programs have "
			    "constants turned around; export it on one of this order");
	if (header.version != VERSION)
		return hint(error,
			    fail(error, EPROTO, STAGE,
				 "it is of format version %u, and this skbscope reads %u",
				 header.version, VERSION),
			    "export it by a skbscope of this release");
	if (header.length != length)
		return fail(error, EBADMSG, STAGE, "it should be %llu bytes long and is %zu",
			    (unsigned long long)header.length, length);
	cache_hash(bytes->next, length - sizeof(header), checksum);
	if (memcmp(checksum, header.checksum, sizeof(checksum)) != 0)
		return fail(error, EBADMSG, STAGE, "it is damaged: its checksum is another one");
	return 0;
}

/* What is said of a machine is shown to people. */
static const char *get_words(struct bytes_reader *bytes)
{
	const char *words = bytes_get_string(bytes);

	for (const char *c = words; c && *c; c++)
		if (*c < ' ' || *c > '~')
			bytes->bad = true;
	if (!words || strlen(words) > 255)
		bytes->bad = true;
	return bytes->bad ? "" : words;
}

static void read_exported(struct bytes_reader *bytes, struct exported *out)
{
	uint32_t has_types;

	out->machine.name = get_words(bytes);
	out->machine.release = get_words(bytes);
	out->machine.cpus = bytes_get_u32(bytes);
	has_types = bytes_get_u32(bytes);
	out->machine.has_types = has_types == 1;
	bytes_get_into(bytes, out->machine.types, sizeof(out->machine.types));
	out->facts = get_words(bytes);
	if (has_types > 1)
		bytes->bad = true;
}

int exported_read(const char *data, size_t length, struct exported *out,
		  struct skbscope_image **image, struct skbscope_error *error)
{
	struct bytes_reader bytes = { data, data + length, false };
	struct exported read = { 0 };
	int r = read_header(&bytes, length, error);

	if (r < 0)
		return r;
	read_exported(&bytes, &read);
	if (bytes.bad)
		return fail(error, EBADMSG, STAGE, "it is damaged in front of the program");
	r = image_read(bytes.next, (size_t)(bytes.end - bytes.next), image, error);
	if (r < 0) {
		if (error)
			error->stage = STAGE;
		return r;
	}
	*out = read;
	return 0;
}

static int other_kernel(const struct exported *exported, const struct machine *here,
			const char *needs, struct skbscope_error *error)
{
	const struct machine *there = &exported->machine;

	return hint(
		error,
		fail(error, ENOTSUP, STAGE,
		     "it was compiled %s of Linux %s (%s), and this is Linux %s (%s), where they "
		     "may lie otherwise",
		     needs, there->release, there->name, here->release, here->name),
		"export it on a machine with this kernel, or run its source here");
}

/* A buffer for each CPU, whose readers are others: it is made as the image says. */
static int require_cpus(const struct exported *exported, const struct skbscope_image *image,
			const struct machine *here, struct skbscope_error *error)
{
	for (size_t i = 0; i < image->map_count; i++) {
		const struct skbscope_image_map *map = &image->maps[i];

		if (map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && map->max_entries < here->cpus &&
		    events_buffer_of(map, true) == EVENTS_NONE)
			return fail(
				error, ENOTSUP, STAGE,
				"its table '%s' has a place for each of %u CPUs, and this machine "
				"has %u; export it on one that has as many (%s had %u)",
				map->name, map->max_entries, here->cpus, exported->machine.release,
				exported->machine.cpus);
	}
	return 0;
}

int exported_require(const struct exported *exported, const struct skbscope_image *image,
		     const struct machine *here, struct skbscope_error *error)
{
	const struct machine *there = &exported->machine;

	if (image->kernel_types && (!there->has_types || !here->has_types ||
				    memcmp(there->types, here->types, sizeof(here->types)) != 0))
		return other_kernel(exported, here, "with structs", error);
	if (image->headers == SKBSCOPE_HEADERS_KERNEL &&
	    (strcmp(there->release, here->release) != 0 || strcmp(there->name, here->name) != 0))
		return other_kernel(exported, here, "with the own headers", error);
	return require_cpus(exported, image, here, error);
}
