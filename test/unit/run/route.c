/* SPDX-License-Identifier: Apache-2.0 */
/* Which interface is meant when none is named. */
#include "harness.h"

#include "run/route.h"

#define IPV4_HEAD                                                                                  \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

TEST(the_default_route_with_the_lowest_metric_wins)
{
	char name[IF_NAMESIZE] = "";

	CHECK(route_default_ipv4(IPV4_HEAD
				 "wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
				 "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
				 "eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
				 name));
	CHECK_TEXT(name, "eth0");
}

TEST(an_unreachable_default_route_does_not_count)
{
	char name[IF_NAMESIZE] = "";

	CHECK(!route_default_ipv4(
		IPV4_HEAD "*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n", name));
	CHECK(!route_default_ipv4(IPV4_HEAD, name));
	CHECK(!route_default_ipv4("", name));
}

TEST(half_a_default_is_none)
{
	char name[IF_NAMESIZE] = "";

	/* 0.0.0.0/1, as VPNs add it */
	CHECK(!route_default_ipv4(
		IPV4_HEAD "tun0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n", name));
}

#define ZERO "00000000000000000000000000000000"

TEST(ipv6_has_its_default_and_the_kernels_own_entry_on_lo_is_none)
{
	char name[IF_NAMESIZE] = "";

	CHECK(route_default_ipv6(
		ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000001 00000000 "
		     "00000003 eth6\n" ZERO " 00 " ZERO " 00 " ZERO
		     " ffffffff 00000001 00000000 00200200 lo\n",
		name));
	CHECK_TEXT(name, "eth6");
	CHECK(!route_default_ipv6(
		ZERO " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200 lo\n", name));
}

TEST(this_machine_has_an_interface_to_start_with)
{
	char name[IF_NAMESIZE] = "";

	route_default_interface(name);
	CHECK(if_nametoindex(name) > 0);
}
