/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a constant that a number of a packet, as it lies there, is compared with was meant
 * in host order: turned around, it means nothing that anybody asks for. */
#ifndef IMAGE_BYTE_ORDER_H
#define IMAGE_BYTE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

bool byte_order_is_protocol(int32_t constant); /* ETH_P_… */
bool byte_order_is_port(int32_t constant);     /* a well-known one */

#endif
