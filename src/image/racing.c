/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit finds line by line, for the table. */
#include "image/racing.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/audit.h"
#include "image/context.h"

static int add_function(const struct skbscope_image *image,
			const struct skbscope_image_program *program, bool *races)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	size_t count = 0;
	int r = audit_program(image, program, &findings, &count);

	for (size_t i = 0; i < count && r == 0; i++)
		if ((findings[i].kind == AUDIT_RACY_INCREMENT ||
		     findings[i].kind == AUDIT_FIRST_COUNT) &&
		    findings[i].map >= 0 && (size_t)findings[i].map < image->map_count)
			races[findings[i].map] = true;
	return r;
}

int racing_tables(const struct skbscope_image *image, struct buffer *out)
{
	AUTO(freep) bool *races = calloc(image->map_count + 1, sizeof(*races));
	size_t left = 0, told = 0;
	struct foreign foreign;
	int r = races ? 0 : -ENOMEM;

	for (size_t i = 0; i < image->program_count && r == 0; i++)
		if (!context_is_foreign(&image->programs[i], &foreign))
			r = add_function(image, &image->programs[i], races);
	for (size_t i = 0; i < image->map_count && r == 0; i++)
		left += races[i];
	for (size_t i = 0; i < image->map_count && r == 0; i++) {
		if (!races[i])
			continue;
		left--;
		buffer_printf(out, "%s'%s'",
			      told++ == 0 ? ""
			      : left      ? ", "
					  : " and ",
			      image->maps[i].name);
	}
	return r < 0 || out->failed ? -ENOMEM : 0;
}
