/* SPDX-License-Identifier: Apache-2.0 */
#include "run/listen.h"

#include "harness.h"

static bool is(const char *text, const char *expected, bool loopback)
{
	char shown[LISTEN_TEXT_MAX];
	union listen_address address;

	if (listen_parse(text, &address, NULL) < 0)
		return false;
	listen_text(&address, shown);
	return strcmp(shown, expected) == 0 && listen_is_loopback(&address) == loopback;
}

TEST(without_an_address_it_is_this_machine_alone)
{
	CHECK(is("9464", "127.0.0.1:9464", true));
	CHECK(is("0", "127.0.0.1:0", true));
	CHECK(is("65535", "127.0.0.1:65535", true));
}

TEST(an_address_is_written_out)
{
	CHECK(is("127.0.0.2:1", "127.0.0.2:1", true));
	CHECK(is("0.0.0.0:9464", "0.0.0.0:9464", false));
	CHECK(is("[::1]:9464", "[::1]:9464", true));
	CHECK(is("[::]:9464", "[::]:9464", false));
	CHECK(is("[2001:db8::1]:9464", "[2001:db8::1]:9464", false));
}

TEST(anything_else_is_no_place)
{
	static const char *const words[] = {
		"",      ":",       ":80",     "x",     "80x",          "080",
		"65536", "-1",      "+1",      " 1",    "localhost:80", "::1:80",
		"[::1]", "[::1]80", "[::1:80", "[]:80", "[1.2.3.4]:80", "1.2.3:80",
		"*:80",  "1.2.3.4:"
	};
	union listen_address address;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (listen_parse(words[i], &address, NULL) == 0) {
			printf("'%s'\n", words[i]);
			CHECK(false);
		}
}
