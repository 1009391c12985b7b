/* SPDX-License-Identifier: Apache-2.0 */
/* What a compiler process says programs are compiled in: flags of the driver, and headers. */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/surroundings.h"

#define READ(entries, out, error)                                                                  \
	surroundings_read(entries, sizeof(entries) - 1, "/tree", out, error)

static bool has(const struct surroundings *found, size_t at, const char *flag)
{
	return at < found->flag_count && strcmp(found->flags[at], flag) == 0;
}

TEST(arguments_become_flags_with_absolute_names)
{
	AUTO(surroundings_clear) struct surroundings found = { 0 };

	CHECK(READ("a-cc1\0a-triple\0ax86_64\0a-emit-llvm\0a-include\0a./linux/kconfig.h\0a-I\0a.\0"
		   "a-Iinclude\0a-D\0aA=\"b c\"\0a-Wno-x\0a-fcolor-diagnostics\0a-fms-extensions\0",
		   &found, NULL) == 0);
	CHECK(has(&found, 0, "-target") && has(&found, 1, "x86_64"));
	CHECK(has(&found, 2, "-include") && has(&found, 3, "/tree/linux/kconfig.h"));
	CHECK(has(&found, 4, "-I") && has(&found, 5, "/tree"));
	CHECK(has(&found, 6, "-I") && has(&found, 7, "/tree/include"));
	CHECK(has(&found, 8, "-D") && has(&found, 9, "A=\"b c\""));
	CHECK(has(&found, 10, "-Wno-x") && has(&found, 11, "-fms-extensions"));
	CHECK(found.flag_count == 12);
}

TEST(headers_have_their_texts)
{
	AUTO(surroundings_clear) struct surroundings found = { 0 };

	CHECK(READ("h/virtual/include/a.h\0tint a;\n\0h/virtual/b.h\0t\0", &found, NULL) == 0);
	CHECK(found.header_count == 2 &&
	      strcmp(found.headers[0].name, "/virtual/include/a.h") == 0);
	CHECK(strcmp(found.headers[0].text, "int a;\n") == 0 && found.headers[1].text[0] == '\0');
}

static bool refused(const char *entries, size_t length)
{
	AUTO(surroundings_clear) struct surroundings found = { 0 };
	struct skbscope_error error = { 0 };

	return surroundings_read(entries, length, "/tree", &found, &error) == -EBADMSG &&
	       error.message[0];
}

#define REFUSED(entries) refused(entries, sizeof(entries) - 1)

TEST(names_do_not_lead_elsewhere)
{
	CHECK(REFUSED("h/etc/passwd\0t\0"));
	CHECK(REFUSED("h/virtual/../etc/passwd\0t\0"));
	CHECK(REFUSED("h/virtual/a/..\0t\0"));
	CHECK(REFUSED("h/virtual//etc\0t\0"));
	CHECK(REFUSED("h/virtual/\0t\0"));
	CHECK(REFUSED("h/virtual/a/\0t\0"));
	CHECK(REFUSED("h\0t\0"));
}

TEST(damaged_answers_are_refused)
{
	CHECK(refused("", 0));
	CHECK(REFUSED("a-I"));
	CHECK(REFUSED("ttext without a name\0"));
	CHECK(REFUSED("h/virtual/a.h\0h\0"));
	CHECK(REFUSED("xwhat\0"));
	CHECK(REFUSED("\0"));
}

TEST(a_value_that_is_missing_is_none)
{
	AUTO(surroundings_clear) struct surroundings found = { 0 };

	CHECK(READ("a-D\0", &found, NULL) == 0);
	CHECK(has(&found, 0, "-D") && has(&found, 1, "") && found.flag_count == 2);
}
