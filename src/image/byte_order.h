/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a constant was meant in the other byte order than the number of a packet that it is
 * compared with: turned around, it means nothing that anybody asks for. */
#ifndef IMAGE_BYTE_ORDER_H
#define IMAGE_BYTE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

bool byte_order_is_protocol(int32_t constant); /* ETH_P_… */
bool byte_order_is_port(int32_t constant);     /* a well-known one */
bool byte_order_is_address(int32_t constant);  /* 10.…, 127.… */
bool byte_order_is_turned(int32_t constant);   /* one of the first two, in network order */

#endif
