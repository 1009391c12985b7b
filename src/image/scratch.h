/* SPDX-License-Identifier: Apache-2.0 */
/* Where skb->cb lies, and its copy in the frame of a passive function. */
#ifndef IMAGE_SCRATCH_H
#define IMAGE_SCRATCH_H

#include <linux/bpf.h>
#include <stddef.h>

enum {
	SCRATCH_FIELD = offsetof(struct __sk_buff, cb),
	SCRATCH_BYTES = sizeof(((struct __sk_buff *)NULL)->cb),
	SCRATCH_PLACE = -512, /* from r10; as aligned as the field */
};

#endif
