/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command without transparent huge pages, its descendants included: where the kernel
 * gives them to everybody, memory in use comes and goes by 2 MiB.
 *
 *   small_pages COMMAND…
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2 || prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		return 2;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
