/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that people write as they are spoken of, and that lie in packets the other way. */
#include "image/byte_order.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stddef.h>

static bool is_one_of(const uint16_t *list, size_t count, int32_t constant)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == constant)
			return true;
	return false;
}

bool byte_order_is_turned(int32_t constant)
{
	const uint16_t turned = ntohs((uint16_t)constant);

	return constant >= 0 && constant <= UINT16_MAX &&
	       (byte_order_is_protocol(turned) || byte_order_is_port(turned));
}

/* Of 10.0.0.0/8 or 127.0.0.0/8; turned around, it may be of a private network as it lies there. */
bool byte_order_is_address(int32_t constant)
{
	const uint32_t turned = ntohl((uint32_t)constant);
	const uint8_t first = (uint8_t)(turned >> 24), second = (uint8_t)(turned >> 16);

	return (constant >> 24 == 10 || constant >> 24 == 127) && (uint32_t)constant != turned &&
	       first != 10 && first != 127 && !(first == 192 && second == 168) &&
	       !(first == 172 && second >> 4 == 1);
}

bool byte_order_is_protocol(int32_t constant)
{
	static const uint16_t protocols[] = {
		ETH_P_IP,      ETH_P_IPV6,    ETH_P_ARP,   ETH_P_RARP,
		ETH_P_8021Q,   ETH_P_8021AD,  ETH_P_QINQ1, ETH_P_MPLS_UC,
		ETH_P_MPLS_MC, ETH_P_PPP_SES, ETH_P_LLDP,  ETH_P_PPP_DISC,
		ETH_P_MACSEC,  ETH_P_1588,    ETH_P_TEB,   ETH_P_PAE,
	};

	return constant != ntohs((uint16_t)constant) &&
	       is_one_of(protocols, sizeof(protocols) / sizeof(*protocols), constant);
}

/* As they are assigned, and what is common besides. None is, turned around, another of them, nor
 * a protocol or a flag of a header (8 is IPv4, 0x40 is don't fragment). */
bool byte_order_is_port(int32_t constant)
{
	static const uint16_t ports[] = {
		20,   21,   22,   23,   25,   53,    67,    68,    69,    80,    88,   110,  111,
		123,  137,  138,  139,  143,  161,   162,   179,   389,   443,   445,  465,  500,
		514,  515,  520,  546,  547,  554,   587,   631,   636,   853,   873,  989,  990,
		993,  995,  1080, 1194, 1433, 1521,  1701,  1723,  1812,  1813,  1883, 1900, 2049,
		2181, 2375, 2379, 2380, 3000, 3128,  3260,  3306,  3389,  3478,  4433, 4443, 4500,
		4789, 5000, 5060, 5061, 5201, 5353,  5432,  5555,  5672,  5900,  6081, 6379, 6443,
		6653, 7000, 8000, 8008, 8080, 8081,  8088,  8443,  8472,  8883,  8888, 9000, 9042,
		9090, 9092, 9100, 9200, 9999, 11211, 25565, 27017, 50051, 51820,
	};

	return constant != ntohs((uint16_t)constant) &&
	       is_one_of(ports, sizeof(ports) / sizeof(*ports), constant);
}
