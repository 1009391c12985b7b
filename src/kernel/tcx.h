/* SPDX-License-Identifier: Apache-2.0 */
/* tcx: a BPF link between a program and a direction of an interface. */
#ifndef KERNEL_TCX_H
#define KERNEL_TCX_H

#include <stdbool.h>
#include <stdint.h>

#include <skbscope/snapshot.h>

/* The link's descriptor, or a negative errno: -EOPNOTSUPP where the kernel has
 * no tcx. The interface is looked up in the calling thread's namespace. first
 * puts the program in front of those already there, else it goes behind them. */
int tcx_attach(int program, uint32_t ifindex, enum skbscope_direction direction, bool first);

/* Another program in the place of the one that is there, atomically for packets.
 * -ENODEV once the interface is gone, -EBUSY if another program than FROM is there. */
int tcx_replace(int link, int from, int to, uint32_t from_id);

/* Attached, but running a program of another id. */
bool tcx_is_foreign(int link, uint32_t program_id);

/* False once the interface is gone. */
bool tcx_is_attached(int link);

#endif
