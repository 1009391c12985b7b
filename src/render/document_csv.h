/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document as CSV: one of its lists, an item a line; a list inside an item is one field. Where
 * there is no list, the facts are one line.
 */
#ifndef RENDER_DOCUMENT_CSV_H
#define RENDER_DOCUMENT_CSV_H

#include <skbscope/error.h>
#include <stdio.h>

#include "base/buffer.h"

#define DOCUMENT_LISTS_MAX 8

struct document_csv {
	struct document_list {
		const char *key; /* NULL: the document itself */
		struct buffer head, rows;
		size_t count;
	} lists[DOCUMENT_LISTS_MAX]; /* the first has the facts that are in none */
	size_t list_count;
	struct document_list *list; /* that is being filled; NULL: none */
	unsigned int depth;         /* lists inside its item */
	const char *inner_key;      /* of the first of these */
	struct buffer inner;        /* what they have */
	bool failed;                /* too many */
};

void document_csv_begin_list(struct document_csv *csv, const char *key);
void document_csv_end_list(struct document_csv *csv);
void document_csv_begin_object(struct document_csv *csv);
void document_csv_end_object(struct document_csv *csv);
void document_csv_fact(struct document_csv *csv, const char *key, const char *text); /* or NULL */
/* The list of that name, or the only one. Frees. -ENOMEM, -EIO with errno, or -EINVAL with error.
 */
int document_csv_end(struct document_csv *csv, const char *name, FILE *stream,
		     struct skbscope_error *error);

#endif
