/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a book of calls, shared by the files that keep it. */
#ifndef CALLS_BOOK_H
#define CALLS_BOOK_H

#include "calls/tables.h"

struct book_table {
	struct book *book;
	enum call_table table;
};

/* Of a client, to compare it with. */
struct past_key {
	char client[46], consumer[20];
};
enum { OF_RATE, OF_SIZE, OF_ERRORS, OF_TOKENS, PAST_NUMBERS };
struct client_past {
	uint64_t second_ns, second_calls; /* of the burst */
	uint64_t period_ns;               /* when the present one began; 0: none yet */
	uint64_t now[PAST_NUMBERS];       /* in it */
	double usual[PAST_NUMBERS];       /* in one before it */
	uint64_t periods;                 /* before it */
	uint8_t said;                     /* of the present one: a bit a number */
};

struct book {
	struct book_rules rules;
	struct arena *arena;
	struct schema_set *schemas[BOOK_TABLES];
	struct book_table tables[BOOK_TABLES];
	struct places places[BOOK_TABLES]; /* of those with rows */
	struct places pasts;
	uint64_t received[BOOK_TABLES], unseen[BOOK_TABLES]; /* of events */
	uint64_t losses; /* a bit a row of what was seen: it is one */
};

struct news {
	book_news *tell;
	void *context;
	uint64_t now_ns;
};

void book_tell(struct book *book, enum call_table table, const void *value, const struct news *to);

/* refusals.c: whether the call was refused, or is suspect. ROUTE is of the calls before it. */
void book_judge(struct book *book, const struct call_record *call, const struct route_value *route,
		const struct news *to);
/* pasts.c */
void book_compare(struct book *book, const struct call_record *call, const struct news *to);
struct client_past *book_past(struct book *book, const struct call_record *call);

#endif
