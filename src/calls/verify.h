/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a chain of lines, in one file or several, is what was written. */
#ifndef CALLS_VERIFY_H
#define CALLS_VERIFY_H

#include <stdio.h>

#include "calls/chain.h"

struct verify {
	struct chain chain;
	/* A sentence about what is wrong; NUMBER is the line of the file, 0: the whole of it. */
	void (*problem)(void *context, const char *file, uint64_t number, const char *text);
	void *context;
	uint64_t expected; /* a line of which the hash is known; 0: none */
	char expected_hash[CHAIN_HEX + 1];
	/* What was found. */
	uint64_t first, last; /* numbers of the chain; 0: none */
	uint64_t lines, problems, seams, lost, losses;
	bool closed;         /* by the last line */
	bool met;            /* the expected line */
	uint64_t file_first; /* of the file that is read */
};

/* KEY may be NULL. */
void verify_open(struct verify *verify, const uint8_t *key);
/* "SEQ:HASH"; false: it is no such thing. */
bool verify_expect(struct verify *verify, const char *text);
/* The number that a file begins with; 0: it is none of a chain. The file is rewound. */
uint64_t verify_first(FILE *file);
/* Whether one line of the file fits the key, or another could not be asked. The file is rewound. */
bool verify_key_fits(const struct verify *verify, FILE *file);
/* Instead of the files, where none of them fits. */
void verify_no_key(struct verify *verify, const char *name);
/* The files in the order of their first lines. 0; -EIO. */
int verify_file(struct verify *verify, FILE *file, const char *name);
/* What can only be said behind the last line. */
void verify_end(struct verify *verify, const char *name);

#endif
