/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tcpdump expression in front of a function. Classic BPF of one or both link layers
 * becomes code that a packet passes before the function sees it.
 */
#ifndef IMAGE_FILTER_H
#define IMAGE_FILTER_H

#include "image/classic.h"

/* For interfaces whose packets begin with an Ethernet header, and for those whose packets
 * begin with the IP header; by the interface's number where there are both. */
struct skbscope_filter {
	char *expression;
	struct classic ethernet, bare;
	uint32_t *bare_interfaces;
	size_t bare_interface_count;
};

/* What is known of the direction of the packets that a function gets. */
enum filter_direction { FILTER_NO_ENTRY, FILTER_INCOMING, FILTER_OUTGOING, FILTER_BOTH };

#endif
