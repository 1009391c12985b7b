/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/feed_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/netns.h"
#include "kernel/tc.h"
#include "kernel/tcx.h"

static int set_up(const char *name)
{
	AUTO(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_flags = IFF_UP | IFF_NOARP };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int attach(int program, uint32_t ifindex, struct feed_tap *out)
{
	AUTO(tc_closep) struct tc *tc = NULL;
	const struct tc_filter filter = {
		.ifindex = ifindex,
		.parent = tc_parent(SKBSCOPE_INGRESS),
		.handle = 1,
		.priority = 1,
		.name = "skbscope:feeder",
	};
	int r;

	out->link = tcx_attach(program, ifindex, SKBSCOPE_INGRESS, true);
	if (out->link >= 0)
		return 0;
	r = tc_open(&tc);
	if (r == 0)
		r = tc_clsact_add(tc, ifindex);
	return r == 0 ? tc_filter_add(tc, &filter, program) : r;
}

static int open_here(int program, struct feed_tap *out)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int r;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "recording");
	out->tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (out->tap < 0 || ioctl(out->tap, TUNSETIFF, &request) < 0)
		return -errno;
	r = attach(program, if_nametoindex(request.ifr_name), out);
	return r == 0 ? set_up(request.ifr_name) : r;
}

int feed_tap_open(int program, struct feed_tap *out)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	struct feed_tap tap = FEED_TAP_INIT;
	int r;

	visit.home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (visit.home < 0)
		return -errno;
	if (unshare(CLONE_NEWNET) < 0) {
		r = -errno;
		closep(&visit.home);
		return r;
	}
	r = open_here(program, &tap);
	if (r < 0)
		feed_tap_close(&tap);
	else
		*out = tap;
	return r;
}

void feed_tap_close(struct feed_tap *tap)
{
	closep(&tap->link);
	closep(&tap->tap);
}

int feed_tap_write(const struct feed_tap *tap, const void *frame, size_t length)
{
	ssize_t r = write(tap->tap, frame, length);

	return r < 0 ? -errno : 0;
}
