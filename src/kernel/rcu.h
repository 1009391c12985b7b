/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting until no CPU runs a program that was taken off its hook. */
#ifndef KERNEL_RCU_H
#define KERNEL_RCU_H

/* An RCU grace period of the kernel; 0 when it has passed. */
int rcu_wait(void);

#endif
