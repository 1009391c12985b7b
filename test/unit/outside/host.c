/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/host.h"

#include "harness.h"

static bool ours(const char *host)
{
	return host_is_ours(host, "web1.example.com");
}

TEST(addresses_are_ours_with_any_port)
{
	CHECK(ours("127.0.0.1"));
	CHECK(ours("127.0.0.1:9464"));
	CHECK(ours("192.0.2.1:1"));
	CHECK(ours("[::1]"));
	CHECK(ours("[2001:db8::1]:65535"));
}

TEST(names_without_a_dot_and_the_own_one_are)
{
	CHECK(ours("localhost"));
	CHECK(ours("localhost:9464"));
	CHECK(ours("router_2"));
	CHECK(ours("web1.example.com:9464"));
	CHECK(ours("WEB1.example.COM"));
}

TEST(names_that_somebody_may_own_are_not)
{
	CHECK(!ours("evil.example"));
	CHECK(!ours("evil.example:9464"));
	CHECK(!ours("localhost.evil.example"));
	CHECK(!ours("127.0.0.1.evil.example"));
	CHECK(!ours("web1.example.com.evil.example"));
	CHECK(!ours("xweb1.example.com"));
	CHECK(!ours("localhost."));
	CHECK(!host_is_ours("evil.example", ""));
}

TEST(what_is_no_host_is_not)
{
	char longer[400];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK(!ours(NULL));
	CHECK(!ours(""));
	CHECK(!ours(":9464"));
	CHECK(!ours(longer));
	CHECK(!ours("localhost:"
		    "123456"));
	CHECK(!ours("localhost:x"));
	CHECK(!ours("local host"));
	CHECK(!ours("user@localhost"));
	CHECK(!ours("["));
	CHECK(!ours("[]"));
	CHECK(!ours("[::1"));
	CHECK(!ours("[::1]x"));
	CHECK(!ours("[::1].evil.example"));
	CHECK(!ours("::1"));
	CHECK(!host_is_ours("", ""));
	CHECK(!host_is_ours(":80", ""));
}
