/* SPDX-License-Identifier: Apache-2.0 */
/* A document that a person asked for, in a file of its own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/document.h"

static bool is_json(const char *path)
{
	const size_t length = strlen(path);

	return length > 5 && strcmp(path + length - 5, ".json") == 0;
}

/* One that is there already stays as it is. */
void document_to_file(const char *path, const struct shown *shown,
		      const struct skbscope_render_options *options, struct signals *signals,
		      struct buffer *answer)
{
	AUTO(closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_error error = { 0 };
	int r;

	if (fd < 0) {
		buffer_printf(answer, "cannot write to '%s': %s", path,
			      errno == EEXIST ? "it is there already" : strerror(errno));
		return;
	}
	r = document_render(render_format_find(is_json(path) ? "json" : "table"), shown, options,
			    signals, &text, &error);
	if (r == 0) {
		r = write_all(fd, buffer_text(&text), text.length);
		if (r < 0)
			fail_errno(&error, r, SKBSCOPE_STAGE_RENDER, "cannot write");
	}
	if (r < 0)
		buffer_printf(answer, "'%s' is not whole: %s", path, error.message);
	else
		buffer_printf(answer, "written to %s", path);
}
