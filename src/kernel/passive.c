/* SPDX-License-Identifier: Apache-2.0 */
/* Refusing functions that change packets. */
#include "kernel/passive.h"

#include <errno.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "image/image.h"
#include "kernel/prologue.h"

#define NO_INSTRUCTION UINT32_MAX

static int refuse(const struct skbscope_image *image, const struct skbscope_image_program *program,
		  uint32_t instruction, const char *does, const char *advice,
		  struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	struct skbscope_diagnostic diagnostic = { .severity = SKBSCOPE_SEVERITY_ERROR,
						  .hint = advice };
	AUTO(buffer_free) struct buffer message = { 0 };
	struct image_place place = { 0 };
	bool known = image_place(image, program, instruction, &place);

	diagnostic.file = known ? place.file : image_path_of(image, program);
	diagnostic.line = known ? place.line : program->line;
	diagnostic.column = place.column;
	diagnostic.source = place.source;
	buffer_printf(&message, "'%s' %s", program->name, does);
	diagnostic.message = buffer_text(&message);
	if (diagnostics)
		skbscope_diagnostics_add(diagnostics, &diagnostic);
	return hint(error,
		    fail(error, EPERM, SKBSCOPE_STAGE_USAGE, "%s:%u: the function '%s' %s",
			 diagnostic.file, diagnostic.line, program->name, does),
		    "%s", advice);
}

static int changes_packets(const struct skbscope_image *image,
			   const struct skbscope_image_program *program, uint32_t instruction,
			   const char *does, struct skbscope_diagnostics *diagnostics,
			   struct skbscope_error *error)
{
	return refuse(image, program, instruction, does,
		      "skbscope is passive by default; pass --enforce to allow this", diagnostics,
		      error);
}

static const char *describe(const struct audit_finding *finding, char *out, size_t size)
{
	const char *what = finding->what ? finding->what : "";

	switch (finding->kind) {
	case AUDIT_MUTATING_HELPER:
		snprintf(out, size, "calls %s, which changes packets or where they go", what);
		break;
	case AUDIT_METADATA_WRITE:
		snprintf(out, size, "writes to the packet's metadata%s%s", *what ? ", skb->" : "",
			 what);
		break;
	case AUDIT_PACKET_WRITE:
		snprintf(out, size, "writes into packets");
		break;
	default:
		snprintf(out, size, "writes through a pointer that may lead into packets");
		break;
	}
	return out;
}

int passive_require(const struct skbscope_image *image,
		    const struct skbscope_image_program *program, struct audit_finding **findings,
		    size_t *count, struct skbscope_diagnostics *diagnostics,
		    struct skbscope_error *error)
{
	AUTO(freep) struct audit_finding *found = NULL;
	char does[128];
	int r = audit_program(image, program, &found, count);

	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_LOAD, "cannot examine '%s'",
				  program->name);
	for (size_t i = 0; i < *count; i++)
		if (audit_changes_packets(&found[i]))
			return changes_packets(image, program, found[i].instruction,
					       describe(&found[i], does, sizeof(does)), diagnostics,
					       error);
	*findings = TAKE(found);
	return 0;
}

int passive_require_loaded(const struct skbscope_image *image,
			   const struct skbscope_image_program *program, int program_fd,
			   struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	int r = prologue_query(program_fd);

	if (r == 0)
		return 0;
	if (r > 0)
		return changes_packets(image, program, NO_INSTRUCTION,
				       "writes into packets, as the kernel's verifier found",
				       diagnostics, error);
	if (r == -EACCES)
		return refuse(image, program, NO_INSTRUCTION,
			      "cannot be shown to be passive: the kernel hides the instructions "
			      "it made of it",
			      "set net.core.bpf_jit_harden to 1 or kernel.kptr_restrict to 1 "
			      "(the latter takes CAP_SYSLOG); or pass --enforce",
			      diagnostics, error);
	return fail_errno(error, r, SKBSCOPE_STAGE_LOAD,
			  "cannot read the instructions that the kernel made of '%s'",
			  program->name);
}
