/* SPDX-License-Identifier: Apache-2.0 */
/* What anybody would write around a skeleton: loads it, runs it on packets, and prints what it
 * counted and the answer of the last. */
#include <bpf/bpf.h>
#include <stdio.h>

#include "count.skel.h"

#define PACKETS 23

int main(void)
{
	struct count *skeleton = count__open_and_load();
	unsigned char frame[64] = { [12] = 0x08 };
	unsigned int key = 0;
	unsigned long long packets = 0;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = PACKETS);

	if (!skeleton)
		return 1;
	if (bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.count_packets), &options) < 0 ||
	    bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.packet_count), &key, &packets) < 0)
		return 1;
	printf("%llu %d\n", packets, (int)options.retval);
	count__destroy(skeleton);
	return 0;
}
