/* tapferry-load: plays dnstap producers, and a stand-in HTTP collector. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "load/command.h"
#include "load/option.h"

static const char help[] =
	"usage: tapferry-load send --to ADDRESS [OPTION]...\n"
	"       tapferry-load collect --listen ADDRESS:PORT [OPTION]...\n"
	"       tapferry-load ids FILE [--list]\n"
	"\n"
	"  send      play dnstap producers: a capture or generated traffic\n"
	"  collect   stand in for a Splunk HTTP Event Collector\n"
	"  ids       which events were lost, and which came twice\n"
	"\n"
	"tapferry-load send --help and collect --help tell the options.\n";

void command_block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	/* a closed socket or pipe is an error of the write, not our death */
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(command, "send") == 0)
		return command_send(argc - 1, argv + 1);
	if (strcmp(command, "collect") == 0)
		return command_collect(argc - 1, argv + 1);
	if (strcmp(command, "ids") == 0)
		return command_ids(argc - 1, argv + 1);
	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
		fputs(help, stdout);
		return 0;
	}
	if (strcmp(command, "--version") == 0) {
		puts("tapferry-load " PACKAGE_VERSION);
		return 0;
	}
	if (argc > 1)
		fprintf(stderr, "tapferry-load: no such command: %s\n",
			command);
	fputs(help, stderr);
	return EXIT_USAGE;
}
