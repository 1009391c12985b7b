/* SPDX-License-Identifier: Apache-2.0 */
/* Without libFuzzer: each file of the given folders once. */
#include <dirent.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "fuzz.h"

static size_t replay(const char *folder)
{
	AUTO(closedirp) DIR *directory = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory))) {
		AUTO(buffer_free) struct buffer content = { 0 };
		uint8_t *copy;
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		PROMISE(read_file(path, 64u << 20, &content) == 0);
		copy = (uint8_t *)fuzz_string((const uint8_t *)buffer_text(&content),
					      content.length);
		LLVMFuzzerTestOneInput(copy, content.length);
		free(copy);
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%zu seeds\n", count);
	return count == 0;
}
