/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/route.h"

#include "base/cleanup.h"
#include "harness.h"
#include "streams/dialect.h"

static const struct {
	const char *path, *route, *version;
} examples[] = {
	{ "/", "/", "" },
	{ "", "/", "" },
	{ "*", "*", "" },
	{ "/users", "/users", "" },
	{ "/users/", "/users", "" },
	{ "//users///me", "/users/me", "" },
	{ "/v1/users/1234", "/v1/users/:id", "v1" },
	{ "/api/v2.1/users", "/api/v2.1/users", "v2.1" },
	{ "/v1beta2/x", "/v1beta2/x", "v1beta2" },
	{ "/V3/x", "/V3/x", "V3" },
	{ "/api/2/issue", "/api/2/issue", "2" },
	{ "/api/2.0/mlflow/runs/get", "/api/2.0/mlflow/runs/get", "2.0" },
	{ "/admin/api/2024-10/products.json", "/admin/api/2024-10/products.json", "2024-10" },
	{ "/vienna/vx1/v", "/vienna/vx1/v", "" },
	{ "/o/550e8400-e29b-41d4-a716-446655440000", "/o/:id", "" },
	{ "/commit/0123456789abcdef", "/commit/:id", "" },
	{ "/face/deadbeef", "/face/deadbeef", "" },
	{ "/c/cus_9s6XKzkNRiz8i3", "/c/:id", "" },
	{ "/f/report-2024", "/f/report-2024", "" },
	{ "/u/a%40b.example", "/u/:id", "" },
	{ "/u/a@b.example", "/u/:id", "" },
	{ "/d/2024-10-21", "/d/:id", "" },
	{ "/ip/192.0.2.1", "/ip/:id", "" },
	{ "/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/*", "" },
	{ "/a/b/c/d/e/f", "/a/b/c/d/e/f", "" },
	{ "/x;jsessionid=secret/y;a=b", "/x/y", "" },
	{ "/v1beta/models/gemini-2.0:generateContent", "/v1beta/models/model:generateContent",
	  "v1beta" },
	{ "/openai/deployments/my-gpt/chat/completions",
	  "/openai/deployments/model/chat/completions", "" },
	{ "/gateway/my-chat/mlflow/invocations", "/gateway/model/mlflow/invocations", "" },
	{ "/v1/models/gpt-4o", "/v1/models/model", "v1" },
	{ "/v1/threads/thread_abc123def456GHI/runs", "/v1/threads/:id/runs", "v1" },
};

TEST(paths_have_routes_and_versions)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		AUTO(buffer_free) struct buffer route = { 0 };
		struct span path = span_of(examples[i].path), version = route_version(path);
		int failures = test_failures;

		route_of(path, dialect_of(path).model, &route);
		CHECK_TEXT(buffer_text(&route), examples[i].route);
		CHECK(version.length ? span_is(version, examples[i].version)
				     : !examples[i].version[0]);
		if (test_failures != failures)
			fprintf(stderr, "in: %s\n", examples[i].path);
	}
}

static bool is(struct span span, const char *text)
{
	return span.length ? span_is(span, text) : !text[0];
}

TEST(targets_have_parts)
{
	static const struct {
		const char *target, *host, *path, *query;
	} targets[] = {
		{ "/a/b?c=d", "", "/a/b", "c=d" },
		{ "/a?b?c#d", "", "/a", "b?c" },
		{ "http://x.example/a?b", "x.example", "/a", "b" },
		{ "http://user:planted@secret@x.example:80/a", "x.example:80", "/a", "" },
		{ "https://x.example?b", "x.example", "", "b" },
		{ "//user:planted@secret@x/a?b", "", "x/a", "b" },
		{ "//x/a@b", "", "//x/a@b", "" },
		{ "/a?u=http://y/z", "", "/a", "u=http://y/z" },
		{ "*", "", "*", "" },
		{ "", "", "", "" },
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		struct target target = target_split(span_of(targets[i].target));

		CHECK(is(target.host, targets[i].host));
		CHECK(is(target.path, targets[i].path));
		CHECK(is(target.query, targets[i].query));
	}
}

TEST(queries_have_values)
{
	static const char *const names[] = { "api-version", "ver", NULL };
	static const struct {
		const char *query, *value;
	} queries[] = {
		{ "api-version=1", "1" },
		{ "a=b&API-Version=2024-10-21&ver=2", "2024-10-21" },
		{ "ver=3&api-version=1", "3" },
		{ "xver=3&ver", "" },
		{ "&&=&ver=&", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
		CHECK(is(query_value(span_of(queries[i].query), names), queries[i].value));
	CHECK(version_is_plain(span_of("2024-10-21-preview")));
	CHECK(!version_is_plain(span_of("1;rm -rf")));
	CHECK(!version_is_plain(span_of("012345678901234567890123456789012")));
}
