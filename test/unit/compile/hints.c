/* SPDX-License-Identifier: Apache-2.0 */
/* compile/hints_homes: every type that the display knows has its header told. */
#include "compile/hints.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "harness.h"

static void check_home(const char *type, const char *header)
{
	AUTO(buffer_free) struct buffer remedy = { 0 };
	char message[256];
	const struct hint_question question = { .message = message, .program = "" };

	snprintf(message, sizeof(message), "unknown type name '%s'", type);
	if (!hints_of_homes(&question, &remedy))
		fprintf(stderr, "'%s':\n", type);
	CHECK_CONTAINS(buffer_text(&remedy), header);
}

TEST(each_type_of_types_h_is_known_to_be_there)
{
	FILE *file = fopen(TEST_DIR "/../programs/include/skbscope/types.h", "re");
	char line[512], name[64];
	int count = 0;

	REQUIRE(file);
	while (fgets(line, sizeof(line), file)) {
		char *end = strstr(line, "_t;"), *begin = end;

		if (!end || (line[0] != 't' && line[0] != '}'))
			continue;
		while (begin > line && begin[-1] != ' ')
			begin--;
		snprintf(name, sizeof(name), "%.*s_t", (int)(end - begin), begin);
		check_home(name, "#include <skbscope/types.h>");
		count++;
	}
	fclose(file);
	CHECK(count > 20);
}

TEST(structs_of_the_kernel_are)
{
	check_home("struct sock", "#include <net/sock.h>");
	check_home("struct vxlanhdr", "#include <net/vxlan.h>");
}
