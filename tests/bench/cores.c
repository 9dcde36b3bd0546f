/*
 * cores: how far apart two of the machine's cores are.
 *
 *	cores
 *
 * Two threads, each on a core of its own, hand a cache line to and fro.  Prints
 * "cores_apart VALUE ns": a round trip, the least of some rounds, so that other
 * programs' work hardly shows.  Cores with a cache in common are some 50 ns
 * apart, those of two chips or sockets some 300 ns; the host of a virtual
 * machine can move it from the one to the other at any time, and what one core
 * makes for another then costs more, whoever makes it.
 *
 * Takes some milliseconds.  Ends with 77 where there is one core only.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	ROUNDS = 20,
	TRIPS = 2000, /* in a round: about 0.1 ms */
};

static struct {
	_Alignas(128) atomic_uint step; /* odd: the other's turn */
} line;

static cpu_set_t all;

static void give(unsigned step)
{
	atomic_store_explicit(&line.step, step, memory_order_release);
}

static void await(unsigned step)
{
	while (atomic_load_explicit(&line.step, memory_order_acquire) != step)
		;
}

/* On the index-th core that we may use; false: there is none. */
static bool pin(unsigned index)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && index-- == 0)
			CPU_SET(cpu, &one);
	return CPU_COUNT(&one) == 1 &&
	       sched_setaffinity(0, sizeof(one), &one) == 0;
}

static void *other(void *arg)
{
	(void)arg;
	if (!pin(1))
		exit(77);
	for (unsigned i = 0; i < ROUNDS * TRIPS; i++) {
		await(2 * i + 1);
		give(2 * i + 2);
	}
	return NULL;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
	double least = 0;
	pthread_t thread;

	if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2)
		return 77;
	if (pthread_create(&thread, NULL, other, NULL) != 0 || !pin(0))
		return 1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		double begun = now_ns(), took;

		for (unsigned trip = 0; trip < TRIPS; trip++) {
			unsigned step = 2 * (i * TRIPS + trip) + 1;

			give(step);
			await(step + 1);
		}
		took = now_ns() - begun;
		if (i == 0 || took < least)
			least = took;
	}
	pthread_join(thread, NULL);
	printf("cores_apart %.0f ns\n", least / TRIPS);
	return 0;
}
