/* SPDX-License-Identifier: Apache-2.0 */
/* The page's files, which are part of the executable (cmake/Embed.cmake). */
#ifndef OUTSIDE_ASSETS_H
#define OUTSIDE_ASSETS_H

#include <stddef.h>

struct asset {
	const char *path, *type;
	const unsigned char *data;
	size_t length;
};
extern const struct asset assets[]; /* the last has no path */

#endif
