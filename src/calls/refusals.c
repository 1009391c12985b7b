/* SPDX-License-Identifier: Apache-2.0 */
/* Who was refused, and who behaves like one who should be. */
#include <stdio.h>
#include <string.h>

#include "calls/book.h"

#define SECOND_NS UINT64_C(1000000000)

static void note(struct book *book, const struct call_record *call, const char *reason,
		 const struct news *to)
{
	struct refused_key key = { 0 };
	struct refused_value *refused;
	struct offender offender = { .status = call->status };
	bool is_new;

	memcpy(key.client, call->client, sizeof(key.client));
	memcpy(key.consumer, call->consumer, sizeof(key.consumer));
	RECORD_TEXT(&key, reason, reason, sizeof(key.reason));
	refused = places_take(&book->places[TABLE_REFUSED], &key, &is_new);
	refused->calls++;
	refused->status = call->status;
	memcpy(refused->route, call->route, sizeof(refused->route));
	if (!refused->first_seen)
		refused->first_seen = call->start_ns;
	refused->last_seen = call->start_ns;
	if (!is_new)
		return;
	memcpy(offender.client, key.client, sizeof(offender.client));
	memcpy(offender.consumer, key.consumer, sizeof(offender.consumer));
	memcpy(offender.reason, key.reason, sizeof(offender.reason));
	memcpy(offender.route, call->route, sizeof(offender.route));
	book_tell(book, TABLE_OFFENDERS, &offender, to);
}

/* With the call that is one too many, and all after it within the second. */
static bool is_burst(struct book *book, const struct call_record *call)
{
	struct client_past *past = book_past(book, call);

	if (!past)
		return false;
	if (call->start_ns - past->second_ns >= SECOND_NS) {
		past->second_ns = call->start_ns;
		past->second_calls = 0;
	}
	return ++past->second_calls > book->rules.burst;
}

void book_judge(struct book *book, const struct call_record *call, const struct route_value *route,
		const struct news *to)
{
	const bool is_other = places_is_other(&book->places[TABLE_ROUTES], route);
	char status[REASON_ROOM];

	if (record_is_refused(call)) {
		snprintf(status, sizeof(status), "%u", call->status);
		note(book, call, status, to);
	}
	/* Where another version of the route takes none is nothing to be said. */
	if (call->credentials == 0 && route->credentials && !is_other)
		note(book, call, "no credentials", to);
	if (call->status == 404 && !route->known && !is_other)
		note(book, call, "unknown route", to);
	if (*call->smuggling)
		note(book, call, "ambiguous request", to);
	if (is_burst(book, call))
		note(book, call, "burst", to);
}
