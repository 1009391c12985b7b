/* SPDX-License-Identifier: Apache-2.0 */
/* A network for the labs: the interface lab0, and a peer in a namespace of its own, from which
 * steady traffic comes. */
#ifndef CLI_LAB_NET_H
#define CLI_LAB_NET_H

#include <skbscope/error.h>
#include <stdbool.h>

#define LAB_NAMESPACE "skbscope-lab"
#define LAB_INTERFACE "lab0"
#define LAB_PEER "peer0"

int lab_net_up(bool quiet, struct skbscope_error *error);
/* Nothing is left of it. One that is not up is fine. */
int lab_net_down(bool quiet, struct skbscope_error *error);
/* Many packets at once, from two CPUs. */
int lab_net_burst(struct skbscope_error *error);

#endif
