/* SPDX-License-Identifier: Apache-2.0 */
/* Exit statuses: the contract with scripts; docs/skbscope.8.scd lists them. */
#ifndef RUN_EXIT_STATUS_H
#define RUN_EXIT_STATUS_H

enum exit_status {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_MISUSE = 2,
	EXIT_NOT_COMPILED = 3,
	EXIT_REFUSED = 4, /* by the verifier */
	EXIT_LOST = 6,    /* with --fail-on-loss */
};

#endif
