/* SPDX-License-Identifier: Apache-2.0 */
/* Creating an image's maps in the kernel, or taking them from their pins. */
#ifndef KERNEL_MAPS_H
#define KERNEL_MAPS_H

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

struct map_set {
	int btf;      /* -1: the image has none, or the kernel refused it */
	int verdicts; /* of image/passive.h */
	int *maps;    /* in the image's order */
	size_t count;
};

/* functions is how many the verdict map must have room for. On failure *out
 * holds nothing. */
int maps_create(const struct skbscope_image *image, uint32_t functions, struct map_set *out,
		struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);
void maps_close(struct map_set *set);

uint32_t possible_cpus(void); /* at least 1 */

#endif
