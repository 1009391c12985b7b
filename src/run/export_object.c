/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ELF object: which functions go along, what cannot, and that the kernel was asked. The
 * object itself is image/elf.h's.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <skbscope/session.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/audit.h"
#include "image/elf.h"
#include "image/image.h"
#include "kernel/entry_points.h"
#include "run/attach.h"
#include "run/export.h"
#include "run/facts.h"
#include "run/filter.h"
#include "run/report.h"
#include "run/written_file.h"

#define STAGE SKBSCOPE_STAGE_USAGE

struct object {
	const struct export_settings *settings;
	const struct program *program;
	const struct skbscope_image *image;
	struct skbscope_filter *filter;
	struct skbscope_session_options options;
	struct entry_points entries;
	struct elf_function *functions;
	size_t function_count;
	bool verified;
};

static void object_clear(struct object *object)
{
	skbscope_filter_free(TAKE(object->filter));
	free(TAKE(object->functions));
}

/* Offsets in the structs of one kernel, which nobody looks at where the object is loaded. */
static int require_portable(const struct skbscope_image *image, struct skbscope_error *error)
{
	if (image->kernel_types)
		return hint(
			error,
			fail(error, ENOTSUP, STAGE,
			     "'%s' takes structs from this machine's kernel, and on another one "
			     "they may lie otherwise",
			     image->name),
			"export a .skb, which is checked where it is run; or include the "
			"uapi headers alone (--headers uapi)");
	if (image->headers == SKBSCOPE_HEADERS_KERNEL)
		return hint(
			error,
			fail(error, ENOTSUP, STAGE,
			     "'%s' was compiled with this kernel's own headers (%s), and another "
			     "kernel's may say otherwise",
			     image->name, image->headers_path),
			"export a .skb, which is checked where it is run; or include the "
			"uapi headers alone (--headers uapi)");
	return 0;
}

static void add(struct object *object, int program, enum filter_direction direction, bool second)
{
	if (program < 0)
		return;
	object->functions[object->function_count++] =
		(struct elf_function){ &object->image->programs[program], direction, second };
}

/* As a session loads them. tc attaches the first function of a section: so the two directions
 * are in two, unless one function is for both. */
static int choose_functions(struct object *object, struct skbscope_error *error)
{
	const struct skbscope_image *image = object->image;
	AUTO(freep) bool *needed = calloc(image->program_count + 1, sizeof(*needed));
	int in, out, r;

	object->functions = calloc(image->program_count + 1, sizeof(*object->functions));
	if (!needed || !object->functions)
		return fail_memory(error, STAGE);
	r = entry_points_choose(image, &object->options, &object->entries, error);
	if (r == 0)
		r = entry_points_check_tails(image, error);
	if (r < 0)
		return r;
	in = object->entries.program[SKBSCOPE_INGRESS];
	out = object->entries.program[SKBSCOPE_EGRESS];
	if (in == out) {
		add(object, in, FILTER_BOTH, false);
	} else {
		add(object, in, FILTER_INCOMING, false);
		add(object, out, FILTER_OUTGOING, in >= 0);
	}
	entry_points_needed(image, &object->entries, needed);
	for (size_t i = 0; i < image->program_count; i++)
		if (needed[i] && (int)i != in && (int)i != out)
			add(object, (int)i, FILTER_NO_ENTRY, false);
	return 0;
}

/* What is asked of the kernel is forgotten: a table that would be pinned is not, here. */
static int ask_kernel(const struct object *object, struct skbscope_error *error)
{
	const struct skbscope_image *image = object->image;
	struct skbscope_image asked = *image;
	AUTO(freep)
	struct skbscope_image_map *maps = calloc(image->map_count + 1, sizeof(*maps));
	struct skbscope_session *session = NULL;
	int r;

	if (!maps)
		return fail_memory(error, STAGE);
	memcpy(maps, image->maps, image->map_count * sizeof(*maps));
	for (size_t i = 0; i < image->map_count; i++)
		maps[i].pin_path = NULL;
	asked.maps = maps;
	r = skbscope_session_open(&asked, &object->options, &session, object->program->diagnostics,
				  error);
	skbscope_session_close(session);
	return r;
}

/* Of a passive program the kernel is the second judge, and may not abstain. */
static int verify(struct object *object, struct skbscope_error *error)
{
	struct skbscope_error reason = { 0 };
	int r = ask_kernel(object, &reason);

	object->verified = r == 0;
	if (r == 0)
		return 0;
	if ((r == -EPERM || r == -EACCES) && reason.stage == SKBSCOPE_STAGE_LOAD) {
		if (object->options.enforce)
			return 0;
		return hint(
			error,
			fail(error, r, STAGE,
			     "that '%s' is passive takes this machine's kernel to say, which may "
			     "not be asked: %s",
			     object->image->name, reason.message),
			"run it as root; or pass --enforce, for an object that is not passive");
	}
	if (error)
		*error = reason;
	return r;
}

static bool prints(const struct object *object)
{
	bool found = false;

	for (size_t i = 0; i < object->function_count; i++) {
		AUTO(freep) struct audit_finding *uses = NULL;
		size_t count = 0;

		if (audit_uses(object->image, object->functions[i].program, &uses, &count) < 0)
			return true;
		for (size_t u = 0; u < count; u++)
			found |= uses[u].kind == AUDIT_PRINTS;
	}
	return found;
}

static bool has_tails(const struct skbscope_image *image)
{
	return image->documentation && image->documentation->tail_count;
}

/* The loader's words; names in bpffs have no dot, so it is the file's stem there. */
static void say_pinned(const struct object *object, struct buffer *out)
{
	const char *file = object->settings->file, *slash = strrchr(file, '/');
	const char *stem = slash ? slash + 1 : file;
	const int length = (int)(strlen(stem) - strlen(".o"));

	buffer_printf(
		out,
		"%s; load it once, as in\n"
		"    bpftool prog loadall %s /sys/fs/bpf/%.*s pinmaps /sys/fs/bpf/%.*s-maps\n",
		has_tails(object->image)
			? "tc does not load functions that are tail-called"
			: "for two hooks tc would load it twice, each with tables of its own",
		file, length, stem, length, stem);
	for (int i = SKBSCOPE_INGRESS; i <= SKBSCOPE_EGRESS; i++) {
		const int entry = object->entries.program[i];

		if (entry >= 0)
			buffer_printf(out,
				      "    tc filter add dev IFACE %s bpf da object-pinned "
				      "/sys/fs/bpf/%.*s/%s\n",
				      i == SKBSCOPE_INGRESS ? "ingress" : "egress", length, stem,
				      object->image->programs[entry].name);
	}
}

static void say_how_to_load(const struct object *object, struct buffer *out)
{
	const int *entries = object->entries.program;
	const bool in = entries[SKBSCOPE_INGRESS] >= 0;

	buffer_string(out, "\n");
	if (has_tails(object->image) || (in && entries[SKBSCOPE_EGRESS] >= 0))
		say_pinned(object, out);
	else
		buffer_printf(out,
			      "    tc filter add dev IFACE %s bpf da obj %s sec " ELF_SECTION "\n",
			      in ? "ingress" : "egress", object->settings->file);
}

static void say_pins(const struct object *object, struct buffer *out)
{
	for (size_t i = 0; i < object->image->map_count; i++) {
		const struct skbscope_image_map *map = &object->image->maps[i];

		if (map->pin_path)
			buffer_printf(out,
				      "'%s' is pinned by its name, where the loader pins (tc: "
				      "/sys/fs/bpf/tc/globals), not at %s\n",
				      map->name, map->pin_path);
	}
}

static void say_facts(const struct object *object, struct buffer *out)
{
	AUTO(buffer_free) struct buffer facts = { 0 };

	facts_find(object->program, &facts);
	if (facts.length)
		buffer_printf(out, "its %s are this machine's, wherever it is loaded\n",
			      buffer_text(&facts));
}

static void say(const struct object *object)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (object->settings->talk.quiet)
		return;
	buffer_printf(&text, "%s: written to %s, %s%s", object->image->name, object->settings->file,
		      object->options.enforce ? "ENFORCED" : "passive",
		      object->verified ? ", verified by this machine's kernel"
				       : ", not verified: this user may not ask the kernel");
	filter_say(object->filter, false, &text);
	say_how_to_load(object, &text);
	if (prints(object))
		buffer_string(&text, "what it prints goes to the kernel's trace: "
				     "cat /sys/kernel/tracing/trace_pipe\n");
	say_pins(object, &text);
	say_facts(object, &text);
	if (!text.failed && text.length) {
		text.data[text.length - 1] = '\0';
		report_say("%s", text.data);
	}
}

static int write_object(const struct object *object, struct skbscope_error *error)
{
	const struct elf_request request = {
		.image = object->image,
		.functions = object->functions,
		.function_count = object->function_count,
		.enforce = object->options.enforce,
		.filter = object->filter,
	};
	AUTO(written_file_clear) struct written_file file = WRITTEN_FILE_INIT;
	int r = written_file_open(&file, object->settings->file, error);

	if (r == 0)
		r = elf_write(&request, file.fd, error);
	return r < 0 ? r : written_file_finish(&file, error);
}

int export_object(const struct export_settings *settings, const struct program *program,
		  struct skbscope_error *error)
{
	const struct traffic_settings *traffic = &settings->traffic;
	struct targets nowhere = { 0 };
	AUTO(object_clear)
	struct object object = { .settings = settings,
				 .program = program,
				 .image = program->image };
	int r = require_portable(object.image, error);

	if (r == 0)
		r = filter_make(traffic, &settings->compiling, &nowhere, &object.filter, error);
	object.options = session_options(traffic, object.filter);
	if (r == 0)
		r = choose_functions(&object, error);
	if (r == 0)
		r = verify(&object, error);
	if (r == 0)
		r = write_object(&object, error);
	if (r == 0)
		say(&object);
	return r;
}
