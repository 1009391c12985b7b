/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tcpdump expression that chooses packets, as pcap-filter(7) has it. It means the same
 * as to "tcpdump -r": a VLAN tag that the network card took off is put back.
 */
#ifndef SKBSCOPE_FILTER_H
#define SKBSCOPE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct skbscope_filter;

struct skbscope_filter_options {
	size_t size; /* sizeof this struct */
	const char *expression;
	/* What it is for: interfaces whose packets begin with an Ethernet header, and, by
	 * number, those whose packets begin with the IP header. Borrowed. */
	bool ethernet;
	const uint32_t *bare_interfaces;
	size_t bare_interface_count;
	uint32_t timeout_ms; /* by the wall clock; 0: 30000 */
	/* As in skbscope_compile_options: what was compiled before is taken from there. NULL:
	 * there is no cache. Borrowed. */
	const char *cache_directory;
};

/* libpcap compiles it in the compiler's process, without privilege and without a network:
 * host names are not looked up. *out is written only on success. */
SKBSCOPE_API int skbscope_filter_compile(const struct skbscope_filter_options *options,
					 struct skbscope_filter **out,
					 struct skbscope_error *error);
SKBSCOPE_API void skbscope_filter_free(struct skbscope_filter *filter); /* accepts NULL */

#ifdef __cplusplus
}
#endif

#endif
