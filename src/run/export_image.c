/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled here, run there: writing an image to a file, and reading one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "compile/exported.h"
#include "image/image.h"
#include "run/facts.h"
#include "run/program_image.h"
#include "run/report.h"
#include "run/written_file.h"

#define STAGE SKBSCOPE_STAGE_USAGE

bool program_is_image(const char *name)
{
	return name && text_ends_with(name, ".skb");
}

int program_image_has_no_source(const char *path, const char *asked, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, STAGE,
			 "%s takes the program's source, and '%s' is what was compiled of it",
			 asked, path),
		    "name the C file that skbscope export was given");
}

/* What the file cannot be told, since it is said where it is run. */
static int refuse_running(const struct traffic_settings *traffic, struct skbscope_error *error)
{
	const char *asked = traffic->filter.count ? "a filter"
			    : traffic->enforce    ? "--enforce"
			    : traffic->direction  ? "-Q"
			    : traffic->ingress    ? "--ingress"
			    : traffic->egress     ? "--egress"
						  : NULL;

	if (!asked)
		return 0;
	return hint(
		error,
		fail(error, EINVAL, STAGE, "%s is not kept in a .skb: it is said where that is run",
		     asked),
		"skbscope run FILE.skb takes what skbscope run takes; only an object (NAME.o) has "
		"it inside");
}

int export_image(const struct export_settings *settings, const struct program *program,
		 struct skbscope_error *error)
{
	AUTO(written_file_clear) struct written_file file = WRITTEN_FILE_INIT;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(buffer_free) struct buffer facts = { 0 };
	struct exported exported = { 0 };
	int r = refuse_running(&settings->traffic, error);

	if (r == 0)
		r = machine_here(program->image->kernel_types, &exported.machine, error);
	if (r < 0)
		return r;
	facts_find(program, &facts);
	exported.facts = buffer_text(&facts);
	r = exported_write(&exported, program->image, &bytes);
	if (r < 0 || facts.failed)
		return fail_errno(error, r < 0 ? r : ENOMEM, STAGE, "cannot write '%s'",
				  settings->file);
	r = written_file_open(&file, settings->file, error);
	if (r < 0)
		return r;
	r = write_all(file.fd, bytes.data, bytes.length);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_RENDER, "cannot write '%s'",
				  settings->file);
	r = written_file_finish(&file, error);
	if (r == 0 && !settings->talk.quiet)
		report_say("%s: written to %s, %zu bytes%s\n    skbscope run %s -i IFACE",
			   program->image->name, settings->file, bytes.length,
			   program->image->kernel_types ? ", for this kernel alone" : "",
			   settings->file);
	return r;
}

static int refuse_compiling(const struct compile_settings *settings, const char *path,
			    struct skbscope_error *error)
{
	const char *asked = settings->defines.count               ? "-D"
			    : settings->include_directories.count ? "-I"
			    : settings->with.count                ? "--with"
			    : settings->headers                   ? "--headers"
								  : NULL;

	if (!asked)
		return 0;
	return hint(error,
		    fail(error, EINVAL, STAGE, "%s is for compiling, and '%s' is compiled", asked,
			 path),
		    "say it to skbscope export, where the source is");
}

/* Documentation and tags, as the source had them. */
static int make_source(const char *path, struct program *program, struct skbscope_error *error)
{
	const char *comment = program->image->comment;
	const char *text = comment[0] ? comment : ";";

	return skbscope_source_from_text(path, text, strlen(text), &program->source, error);
}

static int note_facts(const struct exported *exported, const struct machine *here,
		      struct program *program)
{
	const struct machine *there = &exported->machine;
	AUTO(buffer_free) struct buffer message = { 0 };
	struct skbscope_diagnostic warning = { .severity = SKBSCOPE_SEVERITY_WARNING };

	if (!exported->facts[0] ||
	    (there->cpus == here->cpus && strcmp(there->release, here->release) == 0))
		return 0;
	buffer_printf(
		&message,
		"%s: its %s are those of the machine that compiled it (Linux %s, %u CPUs), and "
		"this is Linux %s with %u",
		program->source->path, exported->facts, there->release, there->cpus, here->release,
		here->cpus);
	warning.message = buffer_text(&message);
	return skbscope_diagnostics_add(program->diagnostics, &warning);
}

static int prefix(const char *path, int r, struct skbscope_error *error)
{
	char message[sizeof(error->message)];

	if (r < 0 && error) {
		memcpy(message, error->message, sizeof(message));
		snprintf(error->message, sizeof(error->message), "'%.250s': %.700s", path, message);
	}
	return r;
}

int program_image_read(const struct compile_settings *settings, const char *path,
		       struct program *program, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(closep) int fd = -1;
	struct exported exported;
	struct machine here;
	int r = refuse_compiling(settings, path, error);

	if (r < 0)
		return r;
	fd = open_regular(path, true);
	if (fd < 0)
		return fail_errno(error, fd, SKBSCOPE_STAGE_READ, "cannot open '%s'", path);
	r = read_descriptor(fd, EXPORTED_MAX_BYTES, &bytes);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read '%s'", path);
	r = exported_read(buffer_text(&bytes), bytes.length, &exported, &program->image, error);
	if (r == 0)
		r = machine_here(program->image->kernel_types, &here, error);
	if (r == 0)
		r = exported_require(&exported, program->image, &here, error);
	if (r < 0)
		return prefix(path, r, error);
	r = make_source(path, program, error);
	if (r == 0 && note_facts(&exported, &here, program) < 0)
		r = fail_memory(error, SKBSCOPE_STAGE_READ);
	program->is_image = r == 0;
	return r;
}
