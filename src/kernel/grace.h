/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting until no CPU runs a program that was taken off its hook. */
#ifndef KERNEL_GRACE_H
#define KERNEL_GRACE_H

/* An RCU grace period of the kernel; 0 when it has passed. */
int grace_period(void);

#endif
