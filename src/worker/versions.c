/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Neither library can be asked: libbcc has no version function, LLVM's came with
 * LLVM 16. But the files they were mapped from have it in their names.
 */
#include "worker/versions.h"

#include <ctype.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct search {
	const char *prefix;
	char *out;
	size_t size;
};

/* libbcc.so.0.26.0, libLLVM-14.so.1, libLLVM.so.19.1 */
static void copy_version(const char *name, struct search *search)
{
	size_t length;

	while (*name && !isdigit((unsigned char)*name))
		name++;
	length = strspn(name, "0123456789.");
	while (length && name[length - 1] == '.')
		length--;
	snprintf(search->out, search->size, "%.*s", (int)length, name);
}

static int match(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;
	AUTO(freep) char *real = realpath(info->dlpi_name, NULL);
	const char *name = real ? strrchr(real, '/') : NULL;

	(void)size;
	if (!name || strncmp(name + 1, search->prefix, strlen(search->prefix)) != 0)
		return 0;
	copy_version(name + 1 + strlen(search->prefix), search);
	return 1;
}

void library_version(const char *prefix, char *out, size_t size)
{
	struct search search = { prefix, out, size };

	out[0] = '\0';
	dl_iterate_phdr(match, &search);
}
