/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client against its own past: in periods of equal length, what it has done in the present one
 * against the mean of those before. It is said once a period, as soon as it is so many times the
 * usual, and only of a client that has been here for some periods.
 */
#include <stdio.h>
#include <string.h>

#include "calls/book.h"

#define PERIODS_MIN 3u /* before there is a past */
#define WEIGHT 0.2     /* of the latest period in what is usual */

static const struct {
	const char *name;
	double least; /* fewer are never too many */
} numbers[PAST_NUMBERS] = {
	[OF_RATE] = { "rate", 20 },
	[OF_SIZE] = { "size", 1 << 20 },
	[OF_ERRORS] = { "errors", 5 },
	[OF_TOKENS] = { "tokens", 10000 },
};

struct client_past *book_past(struct book *book, const struct call_record *call)
{
	struct past_key key = { 0 };
	struct client_past *past;
	bool is_new;

	memcpy(key.client, call->client, sizeof(key.client));
	memcpy(key.consumer, call->consumer, sizeof(key.consumer));
	past = places_take(&book->pasts, &key, &is_new);
	return places_is_other(&book->pasts, past) ? NULL : past;
}

/* Periods in which nothing came count, too, as far as they still have a say. */
static void end_periods(struct client_past *past, uint64_t length_ns, uint64_t now_ns)
{
	uint64_t ended = (now_ns - past->period_ns) / length_ns;

	past->period_ns += ended * length_ns;
	for (uint64_t i = 0; i < ended && i < 32; i++) {
		for (size_t n = 0; n < PAST_NUMBERS; n++) {
			const double now = i ? 0 : (double)past->now[n];

			past->usual[n] =
				past->periods ? past->usual[n] * (1 - WEIGHT) + now * WEIGHT : now;
		}
		past->periods++;
	}
	memset(past->now, 0, sizeof(past->now));
	past->said = 0;
}

static void say(struct book *book, const struct call_record *call, const struct client_past *past,
		size_t number, const struct news *to)
{
	struct anomaly anomaly = { .value = past->now[number],
				   .usual = (uint64_t)past->usual[number] };

	memcpy(anomaly.client, call->client, sizeof(anomaly.client));
	memcpy(anomaly.consumer, call->consumer, sizeof(anomaly.consumer));
	snprintf(anomaly.of, sizeof(anomaly.of), "%s", numbers[number].name);
	snprintf(anomaly.rule, sizeof(anomaly.rule),
		 "over %llu times the mean of %llu periods of %llu s",
		 (unsigned long long)book->rules.anomaly_factor, (unsigned long long)past->periods,
		 (unsigned long long)(book->rules.anomaly_ns / 1000000000u));
	book_tell(book, TABLE_ANOMALIES, &anomaly, to);
}

void book_compare(struct book *book, const struct call_record *call, const struct news *to)
{
	const uint64_t more[PAST_NUMBERS] = {
		[OF_RATE] = 1,
		[OF_SIZE] =
			record_amount(call->request_bytes) + record_amount(call->response_bytes),
		[OF_ERRORS] = call->status >= 400 && call->status != RECORD_NO_STATUS,
		[OF_TOKENS] = record_amount(call->tokens_in) + record_amount(call->tokens_out),
	};
	struct client_past *past = book_past(book, call);

	if (!past)
		return;
	if (!past->period_ns)
		past->period_ns = call->start_ns ? call->start_ns : 1;
	/* Calls are told when they end: one that began before is of the present period. */
	if (call->start_ns > past->period_ns &&
	    call->start_ns - past->period_ns >= book->rules.anomaly_ns)
		end_periods(past, book->rules.anomaly_ns, call->start_ns);
	for (size_t n = 0; n < PAST_NUMBERS; n++) {
		const double most = past->usual[n] * (double)book->rules.anomaly_factor;

		past->now[n] += more[n];
		if (past->periods < PERIODS_MIN || past->said >> n & 1 ||
		    (double)past->now[n] < numbers[n].least || (double)past->now[n] <= most)
			continue;
		past->said |= (uint8_t)(1u << n);
		say(book, call, past, n, to);
	}
}
