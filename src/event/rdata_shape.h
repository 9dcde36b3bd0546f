/*
 * Rdata_shape: does record data have the parts its type says?
 *
 * libknot's text writer takes that for granted: of an NSEC3 whose salt is
 * longer than its data it reads on behind the data, for a tenth of a second.
 */
#ifndef TAPFERRY_EVENT_RDATA_SHAPE_H
#define TAPFERRY_EVENT_RDATA_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * rdata_shape_fits() - check fixed fields, lengths, bitmaps and parameters
 * @data:     names in it are not compressed
 * @bitmaps:  how many octets at its end are bitmaps of types, when it fits
 *
 * Return: false when a part is missing or cut, or something is left behind the
 * last; true also for types without an inner structure to check.
 */
bool rdata_shape_fits(uint16_t type, struct slice data, size_t *bitmaps);

#endif
