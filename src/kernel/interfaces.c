/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces over rtnetlink: the names that ioctls do not know, and kinship. */
#include "kernel/interfaces.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "kernel/tc.h"

#define NAME_MAX_BYTES 128 /* of alternative names, with their NUL */

static int see_attribute(const struct nlattr *attribute, void *data)
{
	struct interface *out = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(out->name, sizeof(out->name), "%s", mnl_attr_get_str(attribute));
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			out->master = mnl_attr_get_u32(attribute);
		break;
	case IFLA_LINK:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) < 0)
			break;
		out->link = mnl_attr_get_u32(attribute);
		out->beneath = out->link != out->ifindex ? out->link : 0;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int see_namespace(const struct nlattr *attribute, void *data)
{
	struct interface *out = data;

	if (mnl_attr_get_type(attribute) == IFLA_LINK_NETNSID)
		out->beneath = 0; /* a number of another namespace */
	return MNL_CB_OK;
}

static int see_link(const struct nlmsghdr *header, void *data)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
	struct interface *out = data;

	if (header->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*message))
		return MNL_CB_OK;
	out->ifindex = out->link = (uint32_t)message->ifi_index;
	out->type = message->ifi_type;
	mnl_attr_parse(header, sizeof(*message), see_attribute, out);
	mnl_attr_parse(header, sizeof(*message), see_namespace, out);
	return MNL_CB_STOP;
}

static int ask(struct tc *tc, uint16_t attribute, const char *name, struct interface *out)
{
	struct nlmsghdr *request = tc_request(tc, RTM_GETLINK, 0);
	int r;

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(request, attribute, name);
	memset(out, 0, sizeof(*out));
	r = tc_exchange(tc, request, see_link, out);
	if (r < 0)
		return r;
	return out->ifindex ? 0 : -ENODEV;
}

int interface_find(const char *name, struct interface *out)
{
	AUTO(tc_closep) struct tc *tc = NULL;
	char wanted[NAME_MAX_BYTES];
	size_t length = strcspn(name, "@");
	int r;

	if (!length || length >= sizeof(wanted))
		return -ENODEV;
	memcpy(wanted, name, length);
	wanted[length] = '\0';
	r = tc_open(&tc);
	if (r < 0)
		return r;
	r = length < IF_NAMESIZE ? ask(tc, IFLA_IFNAME, wanted, out) : -ENODEV;
	/* Kernels before 5.5 know no alternative names, and say EINVAL. */
	if (r == -ENODEV && ask(tc, IFLA_ALT_IFNAME, wanted, out) == 0)
		r = 0;
	return r;
}

int interfaces_watch(void)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	AUTO(closep)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

bool interface_is_ethernet(const struct interface *interface)
{
	return interface->type == ARPHRD_ETHER || interface->type == ARPHRD_LOOPBACK;
}

bool interface_is_bare(const struct interface *interface)
{
	switch (interface->type) {
	case ARPHRD_NONE:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
		return true;
	default:
		return false;
	}
}
