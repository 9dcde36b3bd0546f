/* What is known of an open connection, and how it is closed from outside. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "intake/registry.h"
#include "lib/intake_rig.h"
#include "lib/suite.h"

static struct rig rig;

static void set_up(void)
{
	rcu_register_thread();
	rig_init(&rig);
}

static void tear_down(void)
{
	rcu_unregister_thread();
}

/* A dnstap message without DNS that says who sent it. */
static bool send_origin(int fd, const char *identity, const char *version)
{
	struct script s = SCRIPT_NULL;
	uint8_t payload[1024];
	size_t n = 0, len;

	len = strlen(identity);
	payload[n++] = 1 << 3 | 2;
	payload[n++] = (uint8_t)(len & 0x7f) | 0x80;
	payload[n++] = (uint8_t)(len >> 7);
	memcpy(payload + n, identity, len);
	n += len;
	len = strlen(version);
	payload[n++] = 2 << 3 | 2;
	payload[n++] = (uint8_t)len;
	memcpy(payload + n, version, len);
	n += len;
	payload[n++] = 14 << 3 | 2; /* message of type CLIENT_QUERY */
	payload[n++] = 2;
	payload[n++] = 1 << 3;
	payload[n++] = 5;
	payload[n++] = 15 << 3; /* type: MESSAGE */
	payload[n++] = 1;
	script_u32(&s, (uint32_t)n);
	script_add(&s, payload, n);
	bool good = peer_write(fd, s.data, s.len, 0);

	script_free(&s);
	return good;
}

static bool send_script(int fd, struct script *s)
{
	bool good = peer_write(fd, s->data, s->len, 0);

	script_free(s);
	return good;
}

static struct conn_info info_of(uint64_t id)
{
	struct conn_info info = { 0 };

	ck_assert(registry_find(intake_registry(rig.intake), id, &info));
	return info;
}

START_TEST(a_connection_tells_what_it_brought_and_from_whom)
{
	struct script s = SCRIPT_NULL;
	struct conn_info info, early;
	uint64_t begun = clock_mono_ns(&clock_system);
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, (enum rig_door)_i);
	ck_assert(peer_open(fd));
	script_event(&s, 1);
	script_rubbish(&s, 10);
	ck_assert(send_script(fd, &s));
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, 2));
	early = info_of(1);
	ck_assert_uint_eq(early.identity_len, 0);
	ck_assert_uint_eq(early.messages, 2);
	ck_assert_uint_eq(early.errors, 1);
	ck_assert(send_origin(fd, "ns1.example", "testd 1.0"));
	ck_assert(send_origin(fd, "somebody else", "9.9"));
	ck_assert(rig_wait_events(&rig, 3));
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, 4));
	info = info_of(1);
	ck_assert_uint_eq(info.id, 1);
	ck_assert_uint_eq(info.listener, (unsigned)_i);
	ck_assert_int_eq(info.is_unix, _i == RIG_UNIX);
	ck_assert_str_eq(conn_state_text(info.state), "streaming");
	ck_assert_ptr_null(info.tls_version);
	ck_assert_uint_eq(info.messages, 4);
	ck_assert_uint_eq(info.octets, rig_stat(&rig, INTAKE_RECEIVED_BYTES));
	/* the first who said it is who it is */
	ck_assert_uint_eq(info.identity_len, 11);
	ck_assert_mem_eq(info.identity, "ns1.example", 11);
	ck_assert_uint_eq(info.version_len, 9);
	ck_assert_mem_eq(info.version, "testd 1.0", 9);
	ck_assert_uint_ge(info.connected_ns, begun);
	ck_assert_uint_ge(info.quiet_ns + CONN_TICK_NS, begun);
	ck_assert_uint_le(info.quiet_ns, clock_mono_ns(&clock_system));
	if (_i == RIG_UNIX) {
		ck_assert_int_eq(info.pid, getpid());
		ck_assert_uint_eq(info.uid, getuid());
	} else {
		ck_assert_int_eq(strncmp(info.peer_text, "127.0.0.1:", 10), 0);
	}
	close(fd);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(an_origin_is_bounded)
{
	char identity[300];
	struct conn_info info;
	int fd;

	memset(identity, 'i', sizeof(identity) - 1);
	identity[sizeof(identity) - 1] = '\0';
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	ck_assert(send_origin(fd, identity, ""));
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, 1));
	info = info_of(1);
	ck_assert_uint_eq(info.identity_len, ORIGIN_TEXT_MAX);
	ck_assert_uint_eq(info.version_len, 0);
	close(fd);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(peers_are_closed_by_id_and_by_network)
{
	struct registry *r;
	struct buf why = BUF_NULL;
	struct conn_info info;
	struct cidr here, elsewhere;
	int local, remote, by_id;

	ck_assert_int_eq(cidr_parse(&here, "127.0.0.0/8", &why), 0);
	ck_assert_int_eq(cidr_parse(&elsewhere, "192.0.2.0/24", &why), 0);
	rig_start(&rig);
	r = intake_registry(rig.intake);
	local = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(local));
	remote = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(remote));
	by_id = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(by_id));
	ck_assert_uint_eq(registry_close_network(r, &elsewhere), 0);
	ck_assert(registry_close(r, 3));
	ck_assert(peer_is_ended(by_id));
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 1));
	ck_assert(!registry_find(r, 3, &info));
	ck_assert(!registry_close(r, 3));
	ck_assert_uint_eq(registry_close_network(r, &here), 1);
	ck_assert(peer_is_ended(remote));
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 2));
	ck_assert_uint_eq(intake_connections(rig.intake), 1);
	close(local);
	close(remote);
	close(by_id);
	rig_end(&rig, 1000);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("info");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_connection_tells_what_it_brought_and_from_whom,
		RIG_UNIX, RIG_TCP + 1);
	tcase_add_test(t, an_origin_is_bounded);
	tcase_add_test(t, peers_are_closed_by_id_and_by_network);
	return suite_run("info", t);
}
