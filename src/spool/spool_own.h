/*
 * The spool's own: what its files share and nobody else needs.
 *
 * spool.c writes, reads back and removes; spool_start.c finds what an earlier
 * run left.
 */
#ifndef TAPFERRY_SPOOL_SPOOL_OWN_H
#define TAPFERRY_SPOOL_SPOOL_OWN_H

#include "spool/directory.h"
#include "spool/pack.h"
#include "spool/spool.h"

struct spool {
	const struct spool_settings *settings;
	struct spool_usage *usage;
	struct directory directory;
	struct packer packer;
	struct slice envelope;             /* of the packer's identity */
	struct cds_list_head all, waiting; /* both oldest first */
	struct cds_list_head unreadable;   /* of waiting: the next to try */
	uint64_t next;                     /* number of the next file */
	uint64_t last_size;                /* of the file written last */
	uint8_t *buffer;
	size_t buffer_cap;
};

/* Into the list of all, by its number. */
void spool_list(struct spool *s, struct spool_file *f);

/* A file that cannot be used, out of the way. */
void spool_set_aside(struct spool *s, uint64_t number, const char *why);

/*
 * spool_adopt_all() - lists what is there; the next file gets a higher number
 * Return: 0 or -errno.
 */
int spool_adopt_all(struct spool *s, struct spool_found *found);

#endif
