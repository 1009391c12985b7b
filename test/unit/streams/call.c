/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/call.h"

#include "harness.h"

static const struct call_member *find(const char *name)
{
	for (size_t i = 0; i < call_member_count; i++)
		if (strcmp(call_members[i].name, name) == 0)
			return &call_members[i];
	return NULL;
}

TEST(a_call_that_nothing_is_known_of_has_no_zeros)
{
	struct call call;

	call_init(&call);
	for (size_t i = 0; i < call_member_count; i++) {
		const struct call_member *member = &call_members[i];

		if (member->kind == CALL_TEXT || member->kind == CALL_NAME)
			CHECK(!call_text(&call, member));
		else if (member->kind >= CALL_NUMBER)
			CHECK_NUMBER(call_number(&call, member), CALL_UNKNOWN);
	}
}

TEST(members_have_names_of_their_own_and_say_what_they_are)
{
	for (size_t i = 0; i < call_member_count; i++) {
		CHECK(find(call_members[i].name) == &call_members[i]);
		CHECK(call_members[i].what && strlen(call_members[i].what) < 48);
	}
}

TEST(each_member_is_read_from_its_own_place)
{
	struct call call;

	call_init(&call);
	call.status = 429;
	call.model_asked = "m";
	call.version_source = VERSION_IN_QUERY;
	call.loss = CALL_MALFORMED;
	call.smuggling = CALL_ENCODING_NOT_CHUNKED;
	CHECK_NUMBER(call_number(&call, find("status")), 429);
	CHECK_TEXT(call_text(&call, find("model_asked")), "m");
	CHECK_TEXT(call_text(&call, find("version_source")), "query");
	CHECK_TEXT(call_text(&call, find("loss")), "malformed");
	CHECK_TEXT(call_text(&call, find("smuggling")), "transfer-encoding without chunked");
	call.loss = 99;
	CHECK(!call_text(&call, find("loss")));
}
