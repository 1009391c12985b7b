/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process around the commands: descriptors 0 to 2 that are really open, a
 * SIGPIPE that is an error and not a death, and stdout checked at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "run/people.h"
#include "run/report.h"

/* A closed stdout would become the number of the next file or map that is
 * opened, and be written to. Reading end of /dev/null: every write fails. */
static void occupy_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) < 0)
			_exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	int status, lost;

	occupy_standard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	people_open();
	status = cli_main(argc, argv);
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	lost = report_stdout_lost();
	return status ? status : lost;
}
