/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several types a client would rather have (RFC 9110, 12.5.1). */
#ifndef OUTSIDE_ACCEPT_H
#define OUTSIDE_ACCEPT_H

#include <stddef.h>

/* header: the value of Accept, NULL where there was none. The place of the type that is wanted
 * most; of several wanted alike the first, and 0 where none is. */
size_t accept_choose(const char *header, const char *const *types, size_t count);

#endif
