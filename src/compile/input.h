/* SPDX-License-Identifier: Apache-2.0 */
/* One of the files that went into an image, or a name that was looked for in vain. */
#ifndef COMPILE_INPUT_H
#define COMPILE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/cache_key.h"

#define HASHED_MAX_BYTES (32u << 20) /* of all of them: more would keep us waiting */

enum input_role {
	INPUT_PROGRAM,
	INPUT_READ,
	INPUT_MISSED,  /* looked for, and not there or out of the compiler's reach */
	INPUT_LIBRARY, /* of the compiler itself: counts by its identity, not its content */
};

/* While all of it is the same, so is the content; only who can set the clock back can
 * make it lie. Permissions are part of it: the compiler has to be able to read the file. */
struct input_identity {
	uint64_t device, inode, size, modified_ns, changed_ns;
	uint32_t mode, user, group, zero; /* mode 0: not there */
};

struct input {
	enum input_role role;
	bool users;   /* one that people edit: no header tree's, no part of the compiler */
	bool known;   /* this is what the compiler saw: it cannot have changed in between */
	bool settled; /* the identity stands for the content */
	const char *path;
	struct input_identity identity;
	uint8_t hash[CACHE_HASH_BYTES]; /* of the content; zero if it is no regular file */
};

struct input_identity input_identify(const char *path);
bool input_is_hashed(const struct input *input);
/* Takes down what it is now, and whether it can have changed since a time of clock_file_ns().
 * known: the same path, taken before; may be NULL. *left: bytes that may be hashed yet. */
void input_take(struct input *input, uint64_t since_ns, const struct input *known, size_t *left);
/* Whether it is as it was. *refreshed is set where a file was only touched and its new
 * identity was taken down; now_ns is clock_file_ns(). */
bool input_holds(struct input *input, uint64_t now_ns, bool *refreshed);

#endif
