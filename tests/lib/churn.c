/*
 * churn CONNECTIONS UNIX-PATH TCP-PORT TLS-PORT - peers that come and go
 *
 * So many connections, some at a time, from as many addresses of 127.0.0.0/8
 * as there are: whole streams, half ones, none at all, and rubbish where TLS is
 * spoken.  Prints how many streams were finished with their event, which is one
 * each.
 */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "sync/thread.h"

enum { THREADS = 4, EACH_ADDRESS = 64 };

static struct script whole, half, ready;
static struct sockaddr_un local = { .sun_family = AF_UNIX };
static struct sockaddr_in tcp, tls;
static uint32_t connections;
static _Atomic uint32_t next, finished;

static int connect_from(const struct sockaddr_in *to, uint32_t number)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* a port is taken when it is known to whom */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	from.sin_addr.s_addr = htonl(
		(INADDR_LOOPBACK & 0xff000000U) + 256 + number / EACH_ADDRESS);
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
		connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static int connect_local(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&local, sizeof(local)) != 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static void come_and_go(uint32_t number)
{
	uint32_t manner = number % 8;
	int fd = manner < 4    ? connect_local()
		 : manner == 7 ? connect_from(&tls, number)
			       : connect_from(&tcp, number);

	switch (manner) {
	case 0:
	case 4: /* everything, to the FINISH */
		if (peer_write(fd, ready.data, ready.len, 0) &&
			peer_read_control(fd) == 1 &&
			peer_write(fd, whole.data, whole.len, 0) &&
			peer_read_control(fd) == 5)
			atomic_fetch_add(&finished, 1);
		break;
	case 1:
	case 5: /* in the middle of a frame */
		peer_write(fd, half.data, half.len, 0);
		break;
	case 2:
	case 6: /* says nothing */
		break;
	case 3: /* waits for no answer */
		peer_write(fd, ready.data, ready.len, 0);
		break;
	case 7: /* no TLS */
		peer_write(fd, "\x16\x03\x01\x00\x05rubbish", 12, 0);
		break;
	}
	close(fd);
}

static void churn(void *arg)
{
	uint32_t number;

	(void)arg;
	while ((number = atomic_fetch_add(&next, 1)) < connections)
		come_and_go(number);
}

static struct sockaddr_in port(const char *text)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(text)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

int main(int argc, char **argv)
{
	struct thread threads[THREADS];

	if (argc != 5)
		return 2;
	connections = (uint32_t)strtoul(argv[1], NULL, 10);
	snprintf(local.sun_path, sizeof(local.sun_path), "%s", argv[2]);
	tcp = port(argv[3]);
	tls = port(argv[4]);
	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	whole = script_stream(1);
	script_control(&half, SCRIPT_START, SCRIPT_TYPE);
	script_u32(&half, 4000); /* above what needs no limits.frame_memory */
	for (unsigned i = 0; i < 2000 / 4; i++)
		script_u32(&half, i);
	for (unsigned i = 0; i < THREADS; i++)
		if (thread_start(&threads[i], "churn", churn, NULL) != 0)
			return 1;
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(&threads[i]);
	printf("finished=%u\n", atomic_load(&finished));
	script_free(&ready);
	script_free(&whole);
	script_free(&half);
	return 0;
}
