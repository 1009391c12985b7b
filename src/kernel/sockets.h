/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCP and UDP sockets of the calling thread's network namespace, as sock_diag knows them,
 * and finding those that an address and a port belong to.
 */
#ifndef KERNEL_SOCKETS_H
#define KERNEL_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "model/ends.h"

#define SOCKETS_MAX (1u << 16) /* more are not looked at */

struct sockets;

/* 0, or a negative errno. */
int sockets_list(struct sockets **out);
void sockets_freep(struct sockets **sockets); /* for AUTO() too */

/* Inode numbers of the sockets that packets between these ends belong to, at most ROOM.
 * A connection before one who listens. */
size_t sockets_find(const struct sockets *sockets, const struct ends *ends, size_t count,
		    uint32_t *inodes, size_t room);

#endif
